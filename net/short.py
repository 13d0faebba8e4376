"""The short way through requests: what is the same in every request to a server is made once."""

from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict

from net.deadline import Deadline, timed

# Options that say nothing about the request itself.
_BESIDES = frozenset(("headers", "timeout", "stream", "allow_redirects"))


class Adapter(HTTPAdapter):
    """For one server, and for one request at a time, which ends with `deadline`. Its answers are not
    searched for cookies, which are set by hand."""

    _pool: "tuple[Any, Any] | None" = None

    def __init__(self, deadline: Deadline, **options: Any) -> None:
        self._deadline = deadline
        super().__init__(**options)

    def get_connection_with_tls_context(
        self, request: Any, verify: Any, proxies: Any = None, cert: Any = None
    ) -> Any:
        place = request.url.split("/", 3)[:3], verify, bool(proxies), cert
        if self._pool is None or self._pool[0] != place:
            found = super().get_connection_with_tls_context(request, verify, proxies, cert)
            found.ConnectionCls = timed(found.ConnectionCls, self._deadline)
            self._pool = place, found
        return self._pool[1]

    def request_url(self, request: Any, proxies: Any) -> str:
        rest = request.url.split("/", 3)[3:]
        if proxies or not rest or "#" in rest[0]:
            return super().request_url(request, proxies)
        return f"/{rest[0]}"

    def close(self) -> None:
        self._pool = None
        super().close()

    def build_response(self, request: Any, raw: Any) -> requests.Response:
        found = requests.Response()
        found.status_code, found.reason = raw.status, raw.reason
        found.headers = CaseInsensitiveDict(raw.headers)
        found.raw, found.url, found.request = raw, request.url, request
        return found


class Known:
    """What requests has found good: the address of a server, and the headers of a request to it."""

    def __init__(self) -> None:
        self._origin = ""
        self._headers: dict[str, Any] = {}

    def learn(self, sent: requests.PreparedRequest, headers: dict[str, Any]) -> None:
        """This one went out as it was given, with these headers of the session and of its own."""
        scheme, _, host = str(sent.url).split("/", 3)[:3]
        self._origin, self._headers = f"{scheme}//{host}/", headers

    def prepared(
        self, method: str, url: str, headers: dict[str, Any], options: dict[str, Any]
    ) -> "requests.PreparedRequest | None":
        """The request, if it differs from a good one in nothing but its method and its path."""
        if not url.startswith(self._origin) or not self._origin or headers != self._headers:
            return None
        if not url.isascii() or any(options[name] for name in options.keys() - _BESIDES):
            return None
        found = requests.PreparedRequest()
        found.method, found.url = method, url
        length = {} if method in ("GET", "HEAD") else {"Content-Length": "0"}
        found.headers = CaseInsensitiveDict({**headers, **length})
        return found
