"""Plex over HTTP: the only file that imports plexapi. Its errors are translated into ours.

plexapi is used for the connection (headers, token, status codes, XML): its item objects cost ten
times the raw XML, and objects from a listing hold two genres of twenty without saying so.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode
from xml.etree.ElementTree import ParseError

import plexapi
import requests
from plexapi import exceptions
from plexapi.server import PlexServer

import errors
from net.session import Session
from plex import index, item, wire

PAGE = 1000
NEWEST = 100
BATCH = 20  # full items per read: 25 keys take Plex under a second, 50 may take twelve
MOVIES = 1  # Plex's number for items of movie-type libraries, Other Videos included
# A constant name: the default is the machine's MAC, so that each new container
# would be a "new device" and send the owner an e-mail.
IDENTITY = {
    "X-Plex-Client-Identifier": "stash2plex",
    "X-Plex-Product": "Stash2Plex",
    "X-Plex-Device-Name": "Stash2Plex",
}
STARTING = "still starting up"


class _Slow(errors.Unreachable):
    """The answer did not come in time."""


class Section(NamedTuple):
    """A movie-type library; `roots` are its folders as Plex sees them."""

    id: int
    title: str
    agent: str
    stamp: str
    roots: tuple[str, ...]


class PlexClient:
    """What the product asks of one Plex server. Writes are serial: nothing here is concurrent."""

    def __init__(self, url: str, token: str, session: requests.Session) -> None:
        plexapi.BASE_HEADERS.update(IDENTITY)
        self._url = url
        self._libraries: tuple[str, ...] = ()
        self._server = self._greeted(lambda: PlexServer(url, token, session=session))
        # An empty answer leaves plexapi without the attribute.
        self.machine: str = getattr(self._server, "machineIdentifier", "") or ""
        if not self.machine:
            raise self._not_plex()
        self.version: str = self._server.version or ""
        self.name: str = self._server.friendlyName or ""

    def only(self, libraries: Sequence[str]) -> "PlexClient":
        """Look only at these libraries (titles, any case); none named means all."""
        self._libraries = tuple(name.casefold() for name in libraries)
        return self

    def sections(self) -> list[Section]:
        """The movie-type libraries that we look after; SetupError when a named one is missing."""
        container = self._get("/library/sections")
        return self._chosen([_section(d) for d in container if d.get("type") == "movie"])

    def _chosen(self, found: list[Section]) -> list[Section]:
        if not self._libraries:
            return found
        titles = {one.title.casefold() for one in found}
        for name in self._libraries:
            if name not in titles:
                known = ", ".join(one.title for one in found) or "none"
                raise errors.SetupError(
                    f"Plex has no movie-type library “{name}” (plex_library); it has: {known}"
                )
        return [one for one in found if one.title.casefold() in self._libraries]

    def listing(self, section: int) -> Iterator[list[item.Part]]:
        """All files of a section, a page at a time."""
        start, previous = 0, None
        while True:
            container = self._get(
                f"/library/sections/{section}/all?type={MOVIES}",
                {"X-Plex-Container-Start": str(start), "X-Plex-Container-Size": str(PAGE)},
            )
            videos = container.findall("Video")
            first = videos[0].get("ratingKey") if videos else None
            if videos and first == previous:
                raise errors.Busy("Plex sent the same page of a listing twice")
            previous = first
            if videos:
                yield list(item.parts(container))
            start += len(videos)
            # Without a total the window covered everything; a page may be smaller than asked.
            total = item.number(container.get("totalSize"))
            ended = len(videos) < PAGE if total is None else start >= total
            if ended or not videos:
                return

    def newest(self, section: int) -> list[item.Part]:
        """The files of the items that were added last."""
        container = self._get(
            f"/library/sections/{section}/all?type={MOVIES}&sort=addedAt%3Adesc",
            {"X-Plex-Container-Start": "0", "X-Plex-Container-Size": str(NEWEST)},
        )
        return list(item.parts(container))

    def items(self, rating_keys: Sequence[int]) -> dict[int, item.Item]:
        """Full items by rating key; those that no longer exist are left out."""
        found: dict[int, item.Item] = {}
        for at in range(0, len(rating_keys), BATCH):
            for one in self._batch(rating_keys[at : at + BATCH]):
                found[one.rating_key] = one
        return found

    def _batch(self, rating_keys: Sequence[int]) -> list[item.Item]:
        """One read; one by one when a single bad item stalls it or makes it fail."""
        try:
            return self._read(rating_keys)
        except (_Slow, errors.Busy):
            if len(rating_keys) == 1:
                raise
        found: list[item.Item] = []
        failed = 0
        for key in rating_keys:
            try:
                found += self._read([key])
            except errors.Busy:  # as good as not there, if the others are
                failed += 1
                if failed > 1 and not found:
                    raise
        return found

    def _read(self, rating_keys: Sequence[int]) -> list[item.Item]:
        try:
            container = self._get(f"/library/metadata/{','.join(map(str, rating_keys))}")
        except errors.Gone:
            return []
        return list(item.items(container))

    def edit(self, section: int, rating_key: int, parameters: Sequence[wire.Parameter]) -> None:
        """Change one item: all `parameters` in one request if it stays short enough."""
        if rating_key <= 0 or not parameters:
            # Without an id the edit would hit every item of the library.
            raise ValueError("an edit needs the rating key of one item and something to change")
        for some in wire.requests_for(parameters):
            put = self._put_long if wire.is_long(some) else self._put_edit
            put(section, rating_key, some)

    def _put_edit(self, section: int, rating_key: int, some: Sequence[wire.Parameter]) -> None:
        pairs = [("type", str(MOVIES)), ("id", str(rating_key)), *some]
        self._put(f"/library/sections/{section}/all?{urlencode(pairs, quote_via=quote)}")

    def _put_long(self, section: int, rating_key: int, some: Sequence[wire.Parameter]) -> None:
        """What stands in front of Plex may answer 414 to a long address, or just hang up."""
        for fitting in (some, wire.shorter(some)):
            if fitting is None:
                raise errors.Rejected(
                    "Plex does not take an edit this long: a list has too many names (max_tags)"
                )
            try:
                return self._put_edit(section, rating_key, fitting)
            except (errors.Rejected, errors.Unreachable):
                self._get("/identity")  # Unreachable if it was not the length
        raise errors.Rejected("Plex does not take this edit, not even with its text cut short")

    def rate(self, rating_key: int, rating: "float | None") -> None:
        """Set the token owner's rating, 0..10; None takes it away."""
        value = "-1" if rating is None else f"{rating:g}"
        query = urlencode(
            {"key": rating_key, "identifier": "com.plexapp.plugins.library", "rating": value}
        )
        self._put(f"/:/rate?{query}")

    def posters(self, rating_key: int) -> dict[str, bool]:
        """The item's posters by Plex's key of them, and whether each is the one shown."""
        container = self._get(f"/library/metadata/{rating_key}/posters")
        return {p.get("ratingKey", ""): p.get("selected") == "1" for p in container.iter("Photo")}

    def upload_poster(self, rating_key: int, image: bytes) -> None:
        """Give Plex the bytes; it shows them at once and keeps them for ever."""
        self._ask(f"/library/metadata/{rating_key}/posters", self._server._session.post, data=image)

    def select_poster(self, rating_key: int, key: str) -> None:
        """Show a poster that Plex has already."""
        self._put(
            f"/library/metadata/{rating_key}/poster?{urlencode({'url': key}, quote_via=quote)}"
        )

    def scan(self, section: int, folder: str) -> None:
        """Ask Plex to look into one folder (as Plex sees it)."""
        self._ask(f"/library/sections/{section}/refresh?{urlencode({'path': folder})}")

    def _get(self, key: str, headers: "dict[str, str] | None" = None) -> Any:
        container = self._ask(key, headers=headers)
        if container is None:
            raise errors.Busy("Plex sent an empty answer where a list was due")
        return container

    def _put(self, key: str) -> None:
        self._ask(key, self._server._session.put)

    def _ask(self, key: str, method: Any = None, **options: Any) -> Any:
        answer = self._translated(lambda: self._server.query(key, method=method, **options))
        if answer is not None and answer.tag != "MediaContainer":
            raise self._not_plex()
        return answer

    def _not_plex(self) -> errors.Unreachable:
        """Well-formed HTML reads like a container without items."""
        return errors.Unreachable(
            f"what answers at {self._url} is not Plex (the login page of a proxy?)"
        )

    def _greeted(self, greet: Callable[[], PlexServer]) -> PlexServer:
        """A Plex that is up always answers its front door: any failure there is no job's fault."""
        try:
            return self._translated(greet)
        except (errors.Gone, errors.Busy, errors.Rejected) as error:
            why = "404" if isinstance(error, errors.Gone) else str(error)
            raise errors.Unreachable(
                f"what answers at {self._url} is not Plex, or the Plex behind it is down ({why})"
            ) from None

    def _translated(self, call: Callable[[], Any]) -> Any:
        try:
            return call()
        except exceptions.Unauthorized:
            raise errors.Refused(
                f"Plex at {self._url} does not accept plex_token (401): get a new one, or use the "
                "server's IP address if plex_url names it by a container's or local name"
            ) from None
        except exceptions.NotFound:
            raise errors.Gone("Plex no longer has this item") from None
        except exceptions.BadRequest as error:
            raise _bad_request(str(error)) from None
        except requests.exceptions.SSLError:
            raise errors.Unreachable(
                f"Plex's certificate at {self._url} does not fit its address: use its "
                "plex.direct name, or http, or the setting plex_insecure_tls"
            ) from None
        except requests.exceptions.RequestException as error:
            slow = isinstance(error, requests.exceptions.ReadTimeout)
            raise (_Slow if slow else errors.Unreachable)(
                f"Plex does not answer at {self._url} ({type(error).__name__})"
            ) from None
        except (ParseError, TypeError, AttributeError, ValueError) as error:
            kind = type(error).__name__
            raise errors.Busy(f"Plex sent an answer that cannot be read ({kind})") from None


def connect(
    url: str, token: str, connect_timeout: float, read_timeout: float, verify: bool = True
) -> PlexClient:
    """A client of a Plex that answers; Unreachable, Refused or Busy otherwise."""
    return PlexClient(url, token, Session(connect_timeout, read_timeout, verify=verify))


def _section(directory: Any) -> Section:
    return Section(
        id=int(directory.get("key")),
        title=directory.get("title", ""),
        agent=directory.get("agent", ""),
        stamp=index.stamp(directory.get("scannedAt"), directory.get("uuid")),
        roots=tuple(one.get("path", "") for one in directory.iter("Location")),
    )


def _bad_request(message: str) -> errors.Stash2PlexError:
    """plexapi keeps the status only in its message, which also holds the whole URL."""
    found = re.match(r"\((\d{3})\)", message)
    status = int(found.group(1)) if found else 0
    if status == 503 or STARTING in message:
        return errors.Unreachable("Plex is still starting up")
    if status == 403:
        return errors.Refused(
            "Plex does not let this token edit (403): plex_token must be the server owner's"
        )
    if status in (502, 504):
        return errors.Unreachable(f"what stands in front of Plex cannot reach it ({status})")
    if status in (429, 500):
        return errors.Busy(f"Plex answered {status}")
    return errors.Rejected(f"Plex answered {status or 'an unknown status'} and changed nothing")


def names(sections: Iterable[Section]) -> str:
    """The libraries as a log line names them."""
    return ", ".join(f"“{one.title}”" for one in sections) or "no library"
