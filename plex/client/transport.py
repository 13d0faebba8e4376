"""Plex's HTTP and XML, one request at a time. This module translates all errors into ours."""

import copy
import re
from collections.abc import Callable, Mapping
from typing import Any
from xml.etree import ElementTree

import errors
from errors import PLEX
from net.plain import AnySession, session_for
from net.response import SPEAKS_PLAINLY, Fate, NoAnswer, Response, TooLarge, Unusable
from net.retry import Answer, Chances, ask_part, question_chances, retry, write_chances
from plex.client import status
from plex.client.listing import Page
from plex.client.section import LIBRARIES

# Characters that XML does not allow in any form. Plex passes them on in the names of files.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# A page of a listing has 2 MB at most, a batch of full items less. After a larger answer the client asks
# for less at a time.
MAX_BYTES = 6 << 20


class Declared(ValueError):
    """XML with a document type. Its entities may grow without bounds, or name files of this machine."""


def document(xml: bytes) -> "ElementTree.Element | None":
    """Returns the root, None for an empty answer. Raises `Declared` for a document type, and ParseError
    for an answer that is not XML."""
    text = xml.decode("utf-8", "replace")
    try:
        return _parsed(text)
    except ElementTree.ParseError:
        # Without the illegal characters it is another text, which needs the same check.
        return _parsed(_ILLEGAL.sub("", text))


def _parsed(text: str) -> "ElementTree.Element | None":
    # These occur only as a declaration: inside texts `<` is `&lt;`.
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise Declared("a document type declaration")
    return ElementTree.fromstring(text) if text.strip() else None


# A constant identifier: each new one would be a "new device" and send the owner an e-mail.
IDENTITY = {
    "X-Plex-Client-Identifier": "stash2plex",
    "X-Plex-Product": "Stash2Plex",
    "X-Plex-Device-Name": "Stash2Plex",
    "X-Plex-Provides": "controller",
    "X-Plex-Language": "en",
    "Accept": "*/*",
}
GOOD = (200, 201, 204)


class BadStatus(Exception):
    """Plex answered with a status other than success."""


PAGE = re.compile(rb"\s*<(!doctype\s+html|html)\b", re.IGNORECASE)
# Errors of an answer that is not as expected, and of a request that got none.
FOREIGN = (
    BadStatus,
    NoAnswer,
    Unusable,
    ElementTree.ParseError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)


class Line:
    """Requests to the server at `url`, as an origin without a slash at its end. Keeps the last answer."""

    def __init__(self, url: str, session: AnySession) -> None:
        self.url, self._session = url, session
        self._last: Response | None = None
        self.was_up = False  # whether Plex has sent a good answer before

    def twin(self) -> "Line":
        """Returns the same line for another thread."""
        line = Line(self.url, self._session.twin())
        line.was_up = self.was_up
        return line

    def ask(
        self, key: str, headers: Mapping[str, str], method: str = "GET", data: "bytes | None" = None
    ) -> bytes:
        """Returns the body of an answer with a good status. Raises BadStatus for another status."""
        self._last = None
        url = f"{self.url.rstrip('/')}{key}"
        answer = self._last = self._session.request(
            method, url, headers, data=data, limit=MAX_BYTES
        )
        if answer.status_code not in GOOD:
            raise BadStatus(answer.status_code)
        self.was_up = True
        return answer.content

    def fault(self, error: Exception) -> errors.Stash2PlexError:
        """Returns what an error of the last request means for Plex."""
        return _of_answer(error, self._last, self.url, self.was_up)


class Transport:
    """Sends requests to one Plex that has answered: `machine`, `version` and `name` identify it."""

    def __init__(self, line: Line, token: str, sleep: Callable[[float], None]) -> None:
        self._line, self._sleep = line, sleep
        self.is_paused = False
        self._headers, root = self._greeted(token)
        self.machine: str = root.get("machineIdentifier")
        self.version: str = root.get("version") or ""
        self.name: str = root.get("friendlyName") or ""

    def beside(self) -> "Transport":
        """Returns the same Plex for another thread, with its own connection."""
        twin = copy.copy(self)
        twin._line = self._line.twin()
        return twin

    def get(
        self, key: str, headers: "dict[str, str] | None" = None, chances: Chances = question_chances
    ) -> Any:
        """Returns the container that Plex sends. Asks again after a passing fault. Raises Busy when Plex
        gives no whole answer to this question, but answers other questions."""
        is_part = key != LIBRARIES
        return self._again(lambda: _full(self._ask(key, headers=headers)), chances, is_part)

    def page(self, key: str, headers: dict[str, str], chances: Chances = question_chances) -> Page:
        """Returns a page of a listing, not parsed if possible. Asks again like `get`."""

        def read() -> Page:
            return Page(self._bytes(key, headers), self._container)

        return self._again(lambda: self._plex(read), chances)

    def _again(self, ask: Callable[[], Answer], chances: Chances, is_part: bool = True) -> Answer:
        if not is_part:
            return retry(ask, chances, self._sleep)
        return ask_part(ask, chances, self._sleep, lambda: self._ask(LIBRARIES))

    def _bytes(self, key: str, headers: dict[str, str]) -> bytes:
        return self._line.ask(key, self._headers | headers)

    def _container(self, xml: bytes) -> Any:
        """Returns the root of the XML of a listing."""
        return self._plex(lambda: _full(document(xml)))

    def body(self, key: str) -> bytes:
        """Returns an answer that is no XML, such as an image."""
        return self._again(lambda: self._plex(lambda: self._bytes(key, {})), question_chances)

    def touch(self, key: str) -> None:
        """Sends a GET that makes Plex do something, and ignores the answer."""
        self._refuse_while_paused()
        retry(lambda: self._ask(key), question_chances, self._sleep)

    def put(self, key: str) -> None:
        """Changes something. Raises Lost when Plex may have done it, but the answer is missing."""
        retry(lambda: self._write(key, "PUT"), write_chances, self._sleep)

    def delete(self, key: str) -> None:
        """Removes something. Raises like `put`."""
        retry(lambda: self._write(key, "DELETE"), write_chances, self._sleep)

    def post(self, key: str, data: bytes) -> None:
        """Changes something by a body. Sends it again only to a Plex that was still starting."""
        retry(
            lambda: self._write(key, "POST", data=data),
            lambda error: write_chances(error) if error.cause == "starting" else 0,
            self._sleep,
        )

    def _refuse_while_paused(self) -> None:
        if self.is_paused:
            raise paused()

    def _write(self, key: str, method: str, data: "bytes | None" = None) -> None:
        self._refuse_while_paused()
        try:
            self._ask(key, method=method, data=data)
        except errors.Stash2PlexError as error:
            if error.cause not in ("gateway", "unreadable"):
                raise
            # Neither a yes nor a no of Plex: only a look shows what Plex did.
            raise errors.Lost(str(error)).of(PLEX, error.cause) from None

    def _ask(
        self,
        key: str,
        headers: "dict[str, str] | None" = None,
        method: str = "GET",
        data: "bytes | None" = None,
    ) -> Any:
        """Returns the root of the answer; None for an empty answer."""
        given = self._headers | (headers or {})
        return self._plex(lambda: document(self._line.ask(key, given, method, data)))

    def _plex(self, call: Callable[[], Answer]) -> Answer:
        """Returns what `call` returns, if that comes from Plex: well-formed HTML is XML, too."""
        try:
            answer = call()
        except FOREIGN as error:
            raise self._line.fault(error) from None
        if isinstance(answer, ElementTree.Element) and answer.tag != "MediaContainer":
            raise status.not_plex(self._line.url)
        return answer

    def _greeted(self, token: str) -> "tuple[dict[str, str], Any]":
        """Asks Plex for its identity. A Plex that is up always answers this, so no failure here is the
        fault of a job."""

        def greet() -> "tuple[dict[str, str], Any]":
            headers, root = self._plex(lambda: _greeting(self._line, token))
            if root is None or not root.get("machineIdentifier"):
                raise status.not_plex(self._line.url)
            return headers, root

        try:
            return retry(greet, question_chances, self._sleep)
        except (errors.Gone, errors.Busy, errors.Rejected) as error:
            raise _not_up(self._line.url, error) from None


def _greeting(line: Line, token: str) -> "tuple[dict[str, str], Any]":
    if line.url.startswith("https:"):
        from plex.client.plexapi_greeting import greeted

        return greeted(line, token, IDENTITY)
    headers = IDENTITY | {"X-Plex-Token": token} if token else IDENTITY
    return headers, document(line.ask("/", headers))


def paused() -> errors.SetupError:
    """Returns the error for a write while the setting is on."""
    return errors.SetupError(
        "nothing is written to Plex while the setting “Pause” is on: switch it off first"
    )


def _full(container: Any) -> Any:
    if container is None:
        raise status.unreadable("Plex sent an empty answer instead of a list")
    return container


def probe(url: str, connect_timeout: float, read_timeout: float, verify: bool = True) -> str:
    """Sends one request without a token. Returns the `machineIdentifier` of a Plex that is up, raises
    Unreachable if none is.

    Never sends it again. `cause` of the error is one of `errors.CAUSES`.
    """
    session = session_for(url, connect_timeout, read_timeout, verify)
    line = Line(url, session)
    try:
        root = document(line.ask("/identity", IDENTITY))
        if root is None:
            raise ElementTree.ParseError("no element found")
    except FOREIGN as error:
        raise _not_up(url, line.fault(error)) from None
    finally:
        session.close()
    machine: str = root.get("machineIdentifier") or ""
    if root.tag != "MediaContainer" or not machine:
        raise status.not_plex(url)
    return machine


def _of_answer(
    error: Exception, answer: "Response | None", url: str, was_up: bool = False
) -> errors.Stash2PlexError:
    """Returns the meaning of the error, from the answer if there is one."""
    meant: errors.Stash2PlexError
    if answer is None:
        return meaning(error, url)
    if status.wants_tls(url, answer.status_code, answer.headers, answer.text):
        meant = status.without_tls(answer.status_code, url)
    elif status.is_in_front(answer.status_code, answer.headers):
        meant = status.in_front(answer.status_code, url)
    elif answer.status_code == 503 and was_up:
        meant = status.overloaded()
    elif answer.status_code not in GOOD:
        meant = status.of_status(answer.status_code, answer.text, url)
    elif PAGE.match(answer.content):
        meant = status.not_plex(url)
    else:
        meant = meaning(error, url)
    wait = answer.headers.get("retry-after", "")
    meant.after = float(wait) if wait.isascii() and wait.isdigit() else meant.after
    return meant


def meaning(error: Exception, url: str) -> errors.Stash2PlexError:
    """Returns what an error of a session or of a parser means for Plex at `url`."""
    if isinstance(error, Unusable):
        return errors.SetupError(f"“Plex URL” or “Plex Token” cannot be sent to a server ({error})")
    if isinstance(error, NoAnswer) and not isinstance(error, TooLarge):
        return _unanswered(error.fate, url)
    return _unreadable(error)


def _not_up(url: str, error: errors.Stash2PlexError) -> errors.Stash2PlexError:
    """Returns an error about the server, since here every failure is the server's."""
    if isinstance(error, (errors.Unreachable, errors.SetupError)):
        return error
    why = "404" if isinstance(error, errors.Gone) else str(error)
    words = f"what answers at {url} is not Plex, or the Plex behind it is down ({why})"
    cause = error.cause if isinstance(error, errors.Busy) else "gateway"
    return errors.Unreachable(words).of(PLEX, cause)


def _unanswered(reason: Fate, url: str) -> errors.Unreachable:
    if reason.cause == "tls" and reason.words != SPEAKS_PLAINLY:
        words = (
            f"Plex's certificate at {url} does not fit its address: use its plex.direct name, "
            "or http, or the setting “Insecure TLS”"
        )
    else:
        words = f"Plex does not answer at {url} ({reason.words})"
    kind = errors.Lost if reason.sent else errors.Unreachable
    return kind(words).of(PLEX, reason.cause)


def _unreadable(error: Exception) -> errors.Busy:
    if isinstance(error, Declared):
        what = "with a document type declaration, which Plex never sends: it cannot be read safely"
    elif isinstance(error, TooLarge):
        what = f"of more than {MAX_BYTES >> 20} MB"
    else:
        what = f"that cannot be read ({type(error).__name__})"
    return status.unreadable(f"Plex sent an answer {what}")
