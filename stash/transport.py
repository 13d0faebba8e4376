"""Stash's HTTP and GraphQL, one question at a time. This module translates all errors into ours."""

import copy
import re
import time
from collections.abc import Callable, Mapping
from typing import Any

import errors
from errors import STASH
from net.plain import AnySession, session_for
from net.response import SPEAKS_PLAINLY, NoAnswer, Response, TooLarge, Unusable, is_loopback
from net.retry import ask_part, question_chances
from stash import light, stdio

OLDEST = "0.30"  # the first Stash with all fields that we ask for
_IS_UP = "query Version { version { version } }"  # a Stash that answers this is up
# How GraphQL servers say, without a code, that a query does not fit their schema.
_UNKNOWN = r"Cannot query field|Unknown (argument|type) \"|is not defined by type"
_MISFITS = ("GRAPHQL_VALIDATION_FAILED", "GRAPHQL_PARSE_FAILED")


class Line:
    """GraphQL over a session. `stashapi_line` has the same methods."""

    def __init__(self, base: str, session: AnySession) -> None:
        self._base, self._session = base, session

    def twin(self) -> "Line":
        return Line(self._base, self._session.twin())

    def post(self, query: str, variables: dict[str, Any], credentials: dict[str, str]) -> Response:
        body = light.dumps({"query": query, "variables": variables}).encode()
        headers = {"Content-Type": "application/json", "Accept": "application/json"} | credentials
        return self._session.request("POST", f"{self._base}/graphql", headers, data=body)

    def image(self, path: str, credentials: dict[str, str], limit: int) -> Response:
        headers = {"Accept": "image/*"} | credentials
        return self._session.request("GET", self._base + path, headers, limit=limit)


def _line_to(base: str, connect: float, read: float, verify: bool) -> Line:
    session = session_for(base, connect, read, verify)
    if not base.startswith("https:"):
        return Line(base, session)
    from stash.stashapi_line import StashapiLine

    return StashapiLine(base, session)


class Transport:
    """Asks Stash, with errors of ours and a cookie that stays valid.

    It sends questions, and whole settings of the plugin. Both may be sent again after a passing fault.
    """

    def __init__(
        self,
        connection: Mapping[str, Any],
        connect: float,
        read: float,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        host, port = light.address(dict(connection))
        self.base = f"{connection.get('Scheme') or 'http'}://{_bracketed(host)}:{port}"
        # On this machine Stash's self-signed certificate is safe. A Stash that started us is here; only a
        # terminal brings an API key.
        verify = "ApiKey" in connection and not is_loopback(host)
        self._line = _line_to(self.base, connect, read, verify)
        self._sleep = sleep
        self._key = str(connection.get("ApiKey") or "")
        cookie = connection.get("SessionCookie")
        self._cookie = str((cookie.get("Value") if isinstance(cookie, Mapping) else "") or "")
        self._renewed = ""

    def beside(self) -> "Transport":
        """Returns the same client for another thread, with its own connection and its own cookie."""
        twin = copy.copy(self)
        twin._line, twin._renewed = self._line.twin(), ""
        return twin

    def _credentials(self) -> dict[str, str]:
        if self._key:
            return {"ApiKey": self._key}
        return {"Cookie": f"session={self._cookie}"} if self._cookie else {}

    def _adopt_cookie(self, response: Response) -> None:
        """Takes the new cookie that Stash sends with each answer: the first is valid for an hour."""
        for header in response.headers.get("set-cookie", "").split(", "):
            name, _, rest = header.partition("=")
            if name == "session" and rest.partition(";")[0]:
                stdio.hide(rest.partition(";")[0], instead_of=self._renewed)
                self._cookie = self._renewed = rest.partition(";")[0]

    def ask(self, query: str, variables: "Mapping[str, Any] | None" = None) -> Any:
        """Returns the `data` of one GraphQL call. Raises Unreachable, Lost, Refused, Busy or SetupError."""
        return self._again(lambda: self._data(query, variables))

    def image(self, path: str, limit: int) -> "tuple[str, bytes]":
        """Returns (content type, bytes) of a path on this Stash; ("", b"") without an image there, or
        with more than `limit` bytes."""
        try:
            return self._again(lambda: self._image(path, limit))
        except TooLarge:
            return "", b""

    def _again(self, ask: Callable[[], Any]) -> Any:
        return ask_part(
            lambda: self._once(ask), question_chances, self._sleep,
            lambda: self._once(lambda: self._data(_IS_UP)),
        )  # fmt: skip

    def _once(self, ask: Callable[[], Any]) -> Any:
        try:
            return ask()
        except TooLarge:
            raise
        except (NoAnswer, Unusable) as error:
            raise meaning(error, self.base) from None

    def _data(self, query: str, variables: "Mapping[str, Any] | None" = None) -> Any:
        response = self._line.post(query, dict(variables or {}), self._credentials())
        self._adopt_cookie(response)
        self._refuse_strangers(response)
        return _data(response)

    def _image(self, path: str, limit: int) -> "tuple[str, bytes]":
        response = self._line.image(path, self._credentials(), limit)
        self._adopt_cookie(response)
        if response.status_code in (301, 302, 303, 307):  # Stash redirects to its login page
            raise errors.Refused(self._unwelcome()).of(STASH)
        if response.status_code == 404:
            return "", b""
        self._refuse_strangers(response)
        if response.status_code != 200:
            words = f"Stash answered {response.status_code} to a request for a cover"
            raise errors.Busy(words).of(STASH)
        return response.headers.get("content-type", ""), response.content

    def _refuse_strangers(self, response: Response) -> None:
        """Raises for an answer that refuses us, or that is not Stash's."""
        status = response.status_code
        if status == 401:
            raise errors.Refused(self._unwelcome()).of(STASH)
        if status == 403:  # Stash's guard against access from the internet without a password
            words = f"Stash at {self.base} refuses to answer (403): {_line(response.text)}"
            raise errors.Refused(words).of(STASH)
        if status in (502, 503, 504) or (status == 200 and _is_page(response)):
            what = "a web page" if status == 200 else status
            words = f"what answers at {self.base} is not Stash, or Stash is not up ({what})"
            raise errors.Unreachable(words).of(STASH, "gateway")

    def _unwelcome(self) -> str:
        """Returns the meaning of a 401, which depends on our credentials."""
        if self._key:
            return f"Stash at {self.base} does not accept the API key (401)"
        if self._cookie:
            return "Stash does not accept our session any more (401)"
        return f"Stash at {self.base} asks for an API key (401): name a file that holds it"


def _data(response: Response) -> Any:
    try:
        content = light.loads(response.content)
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise _bad_answer(response)
    if content.get("errors"):
        raise _graphql_error(response.status_code, content["errors"])
    if response.status_code != 200 or not isinstance(content.get("data"), dict):
        raise _bad_answer(response)
    return content["data"]


def meaning(error: "NoAnswer | Unusable", base: str) -> errors.Stash2PlexError:
    """Returns what an error of a session means for Stash at `base`."""
    if isinstance(error, Unusable):
        words = f"Stash's address or key cannot be sent to a server ({error})"
        return errors.SetupError(words).of(STASH)
    reason = error.fate
    if reason.cause == "tls" and reason.words != SPEAKS_PLAINLY:
        words = f"Stash's certificate at {base} is not one that this machine trusts"
    else:
        words = f"Stash does not answer at {base} ({reason.words})"
    kind = errors.Lost if reason.sent else errors.Unreachable
    return kind(words).of(STASH, reason.cause)


def _graphql_error(status: int, rows: Any) -> errors.Stash2PlexError:
    """The error of a resolver may be over in a moment. A query that does not fit never fits later."""
    first = rows[0] if isinstance(rows, list) and rows else {}
    given = first if isinstance(first, dict) else {"message": first}
    message = _line(str(given.get("message")))
    extensions = given.get("extensions")
    code = extensions.get("code") if isinstance(extensions, dict) else ""
    if status in (400, 422) or code in _MISFITS or re.search(_UNKNOWN, message):
        return errors.SetupError(
            f"this Stash does not know all that the plugin asks for ({message}); Stash {OLDEST} or "
            "newer is needed"
        ).of(STASH)
    if "database is locked" in message:
        return errors.Busy("Stash's database is busy").of(STASH)
    return errors.Busy(f"Stash could not answer a query: {message}").of(STASH)


def _line(text: str) -> str:
    return " ".join(text.split())[:300]


def _bad_answer(response: Response) -> errors.Busy:
    kind = response.headers.get("content-type", "no content type").partition(";")[0]
    cause = "unreadable" if response.status_code == 200 else "busy"
    words = f"Stash sent no GraphQL answer ({response.status_code}, {kind})"
    return errors.Busy(words).of(STASH, cause)


def _is_page(response: Response) -> bool:
    return response.headers.get("content-type", "").strip().lower().startswith("text/html")


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


_IMAGES = ("image/jpeg", "image/png", "image/webp", "image/gif")


def _kind_of_image(data: bytes) -> str:
    """Returns the content type of an image that Plex can show, or ''."""
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return "image/gif" if data[:6] in (b"GIF87a", b"GIF89a") else ""


def is_cover(content_type: str, data: bytes) -> bool:
    """Whether Stash sent a cover: both the content type and the bytes are those of an image. For a
    scene without a cover Stash sends a drawing (SVG)."""
    return content_type.partition(";")[0].strip().lower() in _IMAGES and bool(_kind_of_image(data))
