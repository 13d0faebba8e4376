"""Plex's HTTP and XML, one request at a time. The only file that imports plexapi.

plexapi does headers, token and status codes. This module translates all errors into ours.
"""

import copy
import re
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import requests

import errors
from errors import PLEX
from net.retry import Answer, Chances, ask_part, question_chances, retry, write_chances
from net.session import SPEAKS_PLAINLY, UNUSABLE, Session, TooLarge, fate
from plex.client.listing import Page
from plex.client.markup import MAX_BYTES, Declared, document
from plex.client.plexapi_config import only_our_settings
from plex.client.section import LIBRARIES
from plex.client.status import in_front, is_in_front, not_plex, of_status, overloaded

with only_our_settings():
    import plexapi
    from plexapi import exceptions
    from plexapi.server import PlexServer

# A constant identifier: the default is the MAC of the machine, and each new container would be a "new
# device" and send the owner an e-mail.
IDENTITY = {
    "X-Plex-Client-Identifier": "stash2plex",
    "X-Plex-Product": "Stash2Plex",
    "X-Plex-Device-Name": "Stash2Plex",
}
GOOD = (200, 201, 204)
PAGE = re.compile(rb"\s*<(!doctype\s+html|html)\b", re.IGNORECASE)
# Errors that plexapi raises for answers that it does not expect.
FOREIGN = (
    exceptions.PlexApiException,
    requests.exceptions.RequestException,
    ElementTree.ParseError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)


class PlexSession(Session):
    """Keeps the last answer: plexapi's errors contain little of it."""

    last: "requests.Response | None" = None
    was_up = False  # whether Plex has sent a good answer before

    def request(self, method: Any, url: Any, **options: Any) -> requests.Response:  # type: ignore[override]
        self.last = None
        response = self.last = super().request(method, url, limit=MAX_BYTES, **options)
        response.encoding = "utf-8"
        if response.status_code in GOOD:
            self.was_up = True
        return response

    def fault(self, error: Exception, url: str) -> errors.Stash2PlexError:
        """Returns what an error of this session means for Plex at `url`."""
        return _of_answer(error, self.last, url, self.was_up)


class Server(PlexServer):
    """plexapi's server, with our parser for its answers."""

    def query(  # type: ignore[override]
        self, key: str, method: Any = None, headers: Any = None, **options: Any
    ) -> Any:
        """Like plexapi's, but raises `Declared` for an answer that must not be parsed."""
        options.pop("timeout", None)  # the session has its own
        method = method or self._session.get
        answer = method(self.url(key), headers=self._headers(**headers or {}), **options)
        return document(good(answer))


def good(answer: requests.Response) -> bytes:
    """Returns the body of an answer with a good status. Raises BadRequest for another status."""
    if answer.status_code not in GOOD:
        raise exceptions.BadRequest(f"({answer.status_code})")
    body: bytes = answer.content
    return body


class Transport:
    """Sends requests to one Plex that has answered: `machine`, `version` and `name` identify it."""

    def __init__(
        self, url: str, token: str, session: PlexSession, sleep: Callable[[float], None]
    ) -> None:
        plexapi.BASE_HEADERS.update(IDENTITY)
        self._url, self._session, self._sleep = url, session, sleep
        self.is_paused = False
        self._server = self._greeted(token)
        self.machine: str = self._server.machineIdentifier
        self.version: str = self._server.version or ""
        self.name: str = self._server.friendlyName or ""

    def beside(self) -> "Transport":
        """Returns the same Plex for another thread, with its own connection."""
        twin = copy.copy(self)
        twin._session, twin._server = self._session.twin(), copy.copy(self._server)
        twin._session.was_up = self._session.was_up
        twin._server._session = twin._session
        return twin

    def get(
        self, key: str, headers: "dict[str, str] | None" = None, chances: Chances = question_chances
    ) -> Any:
        """Returns the container that Plex sends. Asks again after a passing fault. Raises Busy when Plex
        gives no whole answer to this question, and answers others."""

        def ask() -> Any:
            return _full(self._ask(key, headers=headers))

        return self._again(ask, chances, is_part=key != LIBRARIES)

    def page(
        self, key: str, headers: "dict[str, str]", chances: Chances = question_chances
    ) -> Page:
        """Returns a page of a listing, not parsed if possible. Asks again like `get`."""

        def ask() -> Page:
            page: Page = self._plex(lambda: Page(self._bytes(key, headers), self._container))
            return page

        return self._again(ask, chances)

    def _again(self, ask: Callable[[], Answer], chances: Chances, is_part: bool = True) -> Answer:
        def answer() -> Answer:
            return retry(ask, chances, self._sleep)

        return ask_part(answer, lambda: self._ask(LIBRARIES)) if is_part else answer()

    def _bytes(self, key: str, headers: "dict[str, str]") -> bytes:
        sent = self._server._headers(**headers)
        return good(self._session.get(self._server.url(key), headers=sent))

    def _container(self, xml: bytes) -> Any:
        """Returns the root of the XML of a listing."""
        return self._plex(lambda: _full(document(xml)))

    def touch(self, key: str) -> None:
        """Sends a GET that makes Plex do something, and ignores the answer."""
        self._refuse_while_paused()
        retry(lambda: self._ask(key), question_chances, self._sleep)

    def put(self, key: str) -> None:
        """Changes something. Raises Lost when Plex may have done it, but the answer is missing."""
        retry(lambda: self._write(key, self._session.put), write_chances, self._sleep)

    def delete(self, key: str) -> None:
        """Removes something. Raises like `put`."""
        retry(lambda: self._write(key, self._session.delete), write_chances, self._sleep)

    def post(self, key: str, data: bytes) -> None:
        """Changes something by a body. Sends it again only to a Plex that was still starting."""
        retry(
            lambda: self._write(key, self._session.post, data=data),
            lambda error: write_chances(error) if error.cause == "starting" else 0,
            self._sleep,
        )

    def _refuse_while_paused(self) -> None:
        if self.is_paused:
            raise paused()

    def _write(self, key: str, method: Any, **options: Any) -> None:
        self._refuse_while_paused()
        try:
            self._ask(key, method, **options)
        except errors.Stash2PlexError as error:
            if error.cause not in ("gateway", "unreadable"):
                raise
            # Neither a yes nor a no of Plex: only a look shows what Plex did.
            raise errors.Lost(str(error)).of(PLEX, error.cause) from None

    def _ask(self, key: str, method: Any = None, **options: Any) -> Any:
        return self._plex(lambda: self._server.query(key, method=method, **options))

    def _plex(self, call: Callable[[], Any]) -> Any:
        """Returns what `call` returns, if that comes from Plex: well-formed HTML is XML, too."""
        try:
            answer = call()
        except FOREIGN as error:
            raise self._session.fault(error, self._url) from None
        if isinstance(answer, ElementTree.Element) and answer.tag != "MediaContainer":
            raise not_plex(self._url)
        return answer

    def _greeted(self, token: str) -> Server:
        """Asks Plex for its identity. A Plex that is up always answers this, so no failure here is the
        fault of a job."""

        def greet() -> Server:
            server: Server = self._plex(lambda: Server(self._url, token, session=self._session))
            # After an empty answer plexapi does not have the attribute.
            if not getattr(server, "machineIdentifier", ""):
                raise not_plex(self._url)
            return server

        try:
            return retry(greet, question_chances, self._sleep)
        except (errors.Gone, errors.Busy, errors.Rejected) as error:
            raise _not_up(self._url, error) from None


def paused() -> errors.SetupError:
    """Returns the error for a write while the setting is on."""
    return errors.SetupError(
        "nothing is written to Plex while the setting “Pause” is on: switch it off first"
    )


def _full(container: Any) -> Any:
    if container is None:
        words = "Plex sent an empty answer instead of a list"
        raise errors.Busy(words).of(PLEX, "unreadable")
    return container


def probe(url: str, connect_timeout: float, read_timeout: float, verify: bool = True) -> None:
    """Sends one request without a token. Returns if Plex is up, raises Unreachable if it is not.

    Never sends it again. `cause` of the error is one of `errors.CAUSES`.
    """
    with PlexSession(connect_timeout, read_timeout, verify=verify) as session:
        try:
            root = document(good(session.get(f"{url.rstrip('/')}/identity", headers=IDENTITY)))
            if root is None:
                raise ElementTree.ParseError("no element found")
        except FOREIGN as error:
            raise _not_up(url, session.fault(error, url)) from None
    if root.tag != "MediaContainer" or not root.get("machineIdentifier"):
        raise not_plex(url)


def _of_answer(
    error: Exception, answer: "requests.Response | None", url: str, was_up: bool = False
) -> errors.Stash2PlexError:
    """Returns the meaning of the error, from the answer if there is one."""
    meant: errors.Stash2PlexError
    if answer is None:
        return meaning(error, url)
    if is_in_front(answer.status_code, answer.headers):
        meant = in_front(answer.status_code, url)
    elif answer.status_code == 503 and was_up:
        meant = overloaded()
    elif answer.status_code not in GOOD:  # plexapi fails for an unknown status
        meant = of_status(answer.status_code, answer.text, url)
    elif PAGE.match(answer.content):
        meant = not_plex(url)
    else:
        meant = meaning(error, url)
    wait = answer.headers.get("Retry-After", "")
    meant.after = float(wait) if wait.isascii() and wait.isdigit() else meant.after
    return meant


def meaning(error: Exception, url: str) -> errors.Stash2PlexError:
    """Returns what an error of plexapi, of requests or of a parser means for Plex at `url`."""
    if isinstance(error, exceptions.Unauthorized):
        return of_status(401, "", url)
    if isinstance(error, exceptions.NotFound):
        return of_status(404, "", url)
    if isinstance(error, exceptions.BadRequest):
        # Only the message has the status, beside the whole address.
        match = re.match(r"\((\d{3})\)", str(error))
        return of_status(int(match.group(1)) if match else 400, str(error), url)
    if isinstance(error, UNUSABLE):
        return errors.SetupError(
            f"“Plex URL” or “Plex Token” cannot be sent to a server ({type(error).__name__})"
        )
    kinds = requests.exceptions.InvalidJSONError, requests.exceptions.HTTPError, TooLarge
    if isinstance(error, kinds):
        return _unreadable(error)
    if isinstance(error, requests.exceptions.RequestException):
        return _unanswered(error, url)
    return _unreadable(error)


def _not_up(url: str, error: errors.Stash2PlexError) -> errors.Stash2PlexError:
    """Returns an error about the server: here every failure is the server's. Errors that name the server
    stay as they are."""
    if isinstance(error, (errors.Unreachable, errors.SetupError)):
        return error
    why = "404" if isinstance(error, errors.Gone) else str(error)
    return errors.Unreachable(
        f"what answers at {url} is not Plex, or the Plex behind it is down ({why})"
    ).of(PLEX, error.cause if isinstance(error, errors.Busy) else "gateway")


def _unanswered(error: requests.exceptions.RequestException, url: str) -> errors.Unreachable:
    reason = fate(error)
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
    return errors.Busy(f"Plex sent an answer {what}").of(PLEX, "unreadable")
