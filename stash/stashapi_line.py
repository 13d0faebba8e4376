"""GraphQL over TLS by stashapi. The only file that imports stashapi.

StashInterface introspects the whole schema in every process, so only its transport (`GQLWrapper`) is used.
"""

import logging
from typing import Any

from stashapi.classes import GQLWrapper

from net.response import Response
from stash.transport import Line


class _Wrapper(GQLWrapper):
    """stashapi's wrapper, which hands the answer on as it came."""

    def _handle_GQL_response(self, response: Response) -> Response:
        return response


class StashapiLine(Line):
    """See `Line`."""

    def __init__(self, base: str, session: Any) -> None:
        super().__init__(base, session)
        self._wrapper = _Wrapper()
        session.headers.update(self._wrapper.s.headers)
        self._wrapper.s, self._wrapper.url = session, f"{base}/graphql"
        self._wrapper.log, self._wrapper.fragments = logging.getLogger("stashapi"), {}

    def twin(self) -> "StashapiLine":
        return StashapiLine(self._base, self._session.twin())

    def post(self, query: str, variables: dict[str, Any], credentials: dict[str, str]) -> Response:
        self._wrapper.s.headers.update(credentials)
        response: Response = self._wrapper._GQL(query, variables)
        return response
