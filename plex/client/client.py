"""What the product asks of one Plex server.

It reads XML, not plexapi's objects: those cost ten times as much, and those from a listing hold
two genres of twenty without saying so.
"""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from urllib.parse import quote, urlencode

import errors
from errors import PLEX
from net.retry import Chances, no_chances, question_chances, quick_question_chances
from plex.client import edit_request
from plex.client.collection import CUSTOM, Collection, collection
from plex.client.listing import Page
from plex.client.pages import Elements, Hole, pages, patched, window
from plex.client.port import Section as Section
from plex.client.port import Unread
from plex.client.transport import LIBRARIES, PlexSession, Transport
from plex.client.transport import probe as probe
from plex.client.write_once import once
from plex.fields import item, registry
from plex.fields.image_kinds import POSTER, Kind
from plex.plan.last_written import same
from validation import library

NEWEST = 100
BATCH = 25  # full items per read: so many take Plex under a second, 50 may take twelve
IN_A_ROW = 3  # items that cannot be read, and none that can
MOVIES = 1  # Plex's number for items of movie-type libraries, Other Videos included


class PlexClient:
    """What the product asks of one Plex server. Writes are serial: nothing here is concurrent."""

    def __init__(self, plex: Transport) -> None:
        self._plex = plex
        self._libraries: tuple[str, ...] = ()
        self.machine, self.version, self.name = plex.machine, plex.version, plex.name

    def only(self, libraries: Sequence[str]) -> "PlexClient":
        """Look only at these libraries, as `validation.library` names them; none named means all."""
        self._libraries = tuple(libraries)
        return self

    def paused(self, is_paused: bool) -> "PlexClient":
        """Refuse to change anything, with a SetupError, while the user says so."""
        self._plex.is_paused = is_paused
        return self

    def beside(self) -> "PlexClient":
        """The same for another thread: to read while this one writes."""
        return PlexClient(self._plex.beside()).only(self._libraries)

    def sections(self) -> list[Section]:
        """The movie-type libraries that we look after; SetupError when a named one is missing."""
        return self._chosen(self.libraries("movie"))

    def libraries(self, kind: str = "") -> list[Section]:
        """All libraries that Plex shows us, of this type or of any; see `unnumbered`."""
        container = self._plex.get(LIBRARIES)
        found = [_section(one, place) for place, one in enumerate(container, 1)]
        return [one for one in found if kind in ("", one.type) or (one.id < 0 and not one.type)]

    def _chosen(self, found: list[Section]) -> list[Section]:
        if not self._libraries:
            return found
        chosen: set[int] = set()
        for name in self._libraries:
            # One that is not there by this name may be one that cannot be read.
            meant = library.meant(name, found) or unnumbered(found)
            if not meant:
                raise errors.SetupError(
                    f"Plex has no movie-type library “{name.casefold()}” (plex_library); it has: "
                    + _typed(found)
                ).of(PLEX, "library")
            chosen.update(one.id for one in meant)
        return [one for one in found if one.id in chosen]

    def listing(self, section: int) -> "Iterator[Page | Hole]":
        """All items of a section, a page at a time, and the rows that Plex cannot give."""
        key = f"{_path(section)}/all?type={MOVIES}"
        return patched(
            lambda window, again: self._plex.page(
                key, window, question_chances if again else no_chances
            ),
            lambda: self.count(section),
        )

    def count(self, section: int) -> "int | None":
        """How many items a section has; None if Plex does not tell."""
        container = self._plex.get(f"{_path(section)}/all?type={MOVIES}", window(0, 0))
        return item.number(container.get("totalSize"))

    def is_owners(self) -> bool:
        """Whether the token is that of the server's owner: Plex answers this to nobody else."""
        try:
            self._plex.get("/library")
        except errors.Refused:
            return False
        return True

    def newest(self, section: int) -> Page:
        """The items that were added last."""
        return self._plex.page(
            f"{_path(section)}/all?type={MOVIES}&sort=addedAt%3Adesc",
            window(0, NEWEST),
        )

    def items(
        self,
        rating_keys: Sequence[int],
        unread: "Unread | None" = None,
    ) -> dict[int, item.Item]:
        """Full items by rating key; those that no longer exist are left out, and those that Plex
        cannot give, which `unread` gets with the reason."""
        found: dict[int, item.Item] = {}
        for at in range(0, len(rating_keys), BATCH):
            for one in self._batch(rating_keys[at : at + BATCH], unread):
                found[one.rating_key] = one
        return found

    def _batch(self, rating_keys: Sequence[int], unread: "Unread | None") -> list[item.Item]:
        """One read; one by one when a single bad item stalls it or makes it fail."""
        if len(rating_keys) == 1 and unread is None:
            return self._read(rating_keys)
        try:
            return self._read(rating_keys, quick_question_chances)
        except (errors.Busy, errors.Rejected):
            pass
        except errors.Lost as error:
            if error.cause != "timeout":
                raise
        return self._singly(rating_keys, unread)

    def _singly(self, rating_keys: Sequence[int], unread: "Unread | None") -> list[item.Item]:
        found: list[item.Item] = []
        failed, most = 0, 2 if unread is None else IN_A_ROW
        for key in rating_keys:
            try:
                found += self._read([key])
            except (errors.Busy, errors.Rejected) as error:
                failed += 1
                if failed == most and not found:  # it is the server then
                    raise
                if unread is not None:
                    unread[key] = error
        return found

    def _read(
        self, rating_keys: Sequence[int], chances: Chances = question_chances
    ) -> list[item.Item]:
        key = f"/library/metadata/{','.join(map(str, rating_keys))}"
        try:
            container = self._plex.get(key, chances=chances)
        except errors.Gone:
            return []
        found = list(item.items(container))
        if len(found) < len(container.findall("Video")):
            raise errors.Busy("Plex sent an item without a number").of(PLEX, "unreadable")
        return found

    def edit(
        self, section: int, rating_key: int, parameters: Sequence[edit_request.Parameter]
    ) -> None:
        """Change one item: all `parameters` in one request if it stays short enough."""
        if rating_key <= 0 or not parameters:
            # Without an id the edit would hit every item of the library.
            raise ValueError("an edit needs the rating key of one item and something to change")
        for some in edit_request.requests_for(parameters):
            put = self._put_long if edit_request.is_long(some) else self._put_once
            put(section, rating_key, some)

    def _put_once(
        self, section: int, rating_key: int, some: Sequence[edit_request.Parameter]
    ) -> None:
        """If the answer is lost, only what Plex does not show is sent again."""
        left = list(some)

        def send() -> None:
            pairs = [("type", str(MOVIES)), ("id", str(rating_key)), *left]
            self._plex.put(f"/library/sections/{section}/all?{urlencode(pairs, quote_via=quote)}")

        def is_done() -> bool:
            now = self._now(rating_key)
            left[:] = edit_request.left(some, now.values, now.locks, now.photos.values())
            return not left

        once(send, is_done)

    def _put_long(
        self, section: int, rating_key: int, some: Sequence[edit_request.Parameter]
    ) -> None:
        """What stands in front of Plex may answer 414 to a long address, or just hang up."""
        try:
            return self._put_once(section, rating_key, some)
        except errors.Rejected:
            pass
        except errors.Busy as error:
            if error.cause != "lost":
                raise
        fitting = edit_request.shorter(some)
        if fitting is None:
            raise errors.Rejected(
                "Plex does not take an edit this long: a list has too many names (max_tags)"
            )
        try:
            return self._put_once(section, rating_key, fitting)
        except errors.Rejected:
            said = "Plex does not take this edit, not even with its text cut short"
            raise errors.Rejected(said) from None

    def _now(self, rating_key: int) -> item.Item:
        found = self.items([rating_key]).get(rating_key)
        if found is None:
            raise errors.Gone("Plex no longer has this item").of(PLEX)
        return found

    def takes_edits(self, rating_key: int) -> "bool | None":
        """Whether Plex takes an edit that changes nothing; None if the item is gone."""
        try:
            item = self._now(rating_key)
            lock = int("country" in item.locks)  # of a field that we never write
            key = f"/library/sections/{item.section}/all?type={MOVIES}&id={rating_key}"
            self._plex.put(f"{key}&country.locked={lock}")
        except errors.Gone:
            return None
        except (errors.Busy, errors.Lost, errors.Rejected):
            return False
        return True

    def rate(self, rating_key: int, rating: "float | None") -> None:
        """Set the token owner's rating, 0..10; None takes it away."""
        value = "-1" if rating is None else f"{rating:g}"
        query = urlencode(
            {"key": rating_key, "identifier": "com.plexapp.plugins.library", "rating": value}
        )

        def is_done() -> bool:
            now = self._now(rating_key).values["rating"]
            return same(registry.BY_NAME["rating"], now, rating)

        once(lambda: self._plex.put(f"/:/rate?{query}"), is_done)

    def images(self, rating_key: int, kind: Kind = POSTER) -> dict[str, bool]:
        """The item's images of a kind by Plex's key of them, and whether each is the one shown."""
        container = self._plex.get(f"/library/metadata/{rating_key}/{kind.many}")
        return {p.get("ratingKey", ""): p.get("selected") == "1" for p in container.iter("Photo")}

    def upload_image(self, rating_key: int, kind: Kind, data: bytes) -> None:
        """Give Plex the bytes; it shows them at once and keeps them for ever."""
        self._plex.post(f"/library/metadata/{rating_key}/{kind.many}", data)

    def select_image(self, rating_key: int, kind: Kind, key: str) -> None:
        """Show an image that Plex has already."""
        self._plex.put(
            f"/library/metadata/{rating_key}/{kind.one}?{urlencode({'url': key}, quote_via=quote)}"
        )

    def unset_image(self, rating_key: int, kind: Kind) -> None:
        """Show none; Plex locks that."""
        self._plex.delete(f"/library/metadata/{rating_key}/{kind.lock}")

    def collections(self, section: int) -> list[Collection]:
        """All collections of a section; `edited` is not known of them."""
        key = f"{_path(section)}/collections"
        return [collection(one) for one in self._all(key, "Directory")]

    def collection(self, rating_key: int) -> "Collection | None":
        """One collection in full; None if there is none any more."""
        try:
            container = self._plex.get(f"/library/collections/{rating_key}")
        except errors.Gone:
            return None
        return next((collection(one) for one in container.findall("Directory")), None)

    def members(self, rating_key: int) -> list[int]:
        """The rating keys of a collection's items, in its order."""
        key = f"/library/collections/{rating_key}/children"
        found = [item.number(video.get("ratingKey")) for video in self._all(key, "Video")]
        if None in found:
            raise errors.Busy("Plex sent an item without a number").of(PLEX, "unreadable")
        return [one for one in found if one]

    def _all(self, key: str, element: str) -> Iterator[Any]:
        """The elements of all pages."""
        for page in pages(lambda window: Elements(self._plex.get(key, window), element)):
            yield from page.container.findall(element)

    def sort_by_hand(self, rating_key: int) -> None:
        """Let a collection's items stand as they are moved, not by date."""
        self._plex.put(f"/library/collections/{rating_key}/prefs?collectionSort={CUSTOM}")

    def move(self, rating_key: int, member: int, after: int) -> None:
        """Put an item of a collection behind another one, or (0) to the front."""
        behind = f"?after={after}" if after else ""
        self._plex.put(f"/library/collections/{rating_key}/items/{member}/move{behind}")

    def delete_collection(self, rating_key: int) -> None:
        """Take a collection away; its items stay, without its tag."""
        once(
            lambda: self._plex.delete(f"/library/collections/{rating_key}"),
            lambda: self.collection(rating_key) is None,
        )

    def scan(self, section: int, folder: str) -> None:
        """Ask Plex to look into one folder (as Plex sees it)."""
        self._plex.touch(f"{_path(section)}/refresh?{urlencode({'path': folder})}")

    def activities(self) -> list[str]:
        """The kinds of what Plex is busy with, and of some things that it has done."""
        return [one.get("type", "") for one in self._plex.get("/activities").iter("Activity")]


def connect(
    url: str,
    token: str,
    connect_timeout: float,
    read_timeout: float,
    verify: bool = True,
    sleep: Callable[[float], None] = time.sleep,
) -> PlexClient:
    """A client of a Plex that answers; Unreachable, Refused or SetupError otherwise."""
    session = PlexSession(connect_timeout, read_timeout, verify=verify)
    return PlexClient(Transport(url, token, session, sleep))


def _typed(found: Sequence[Section]) -> str:
    """What can be typed for these libraries."""
    titles = ", ".join(library.typed(one.title) for one in found) or "none"
    numbers = ", ".join(f"#{one.id}" for one in found)
    return f"{titles} (in this order also: {numbers})" if found else titles


def unnumbered(sections: Sequence[Section]) -> list[Section]:
    """Those whose number cannot be read: there is a library, and nothing more is known of it."""
    return [one for one in sections if one.id < 0]


def numbered(sections: Sequence[Section]) -> list[Section]:
    """The others; Busy if there are none."""
    found = [one for one in sections if one.id > 0]
    if sections and not found:
        raise _no_number()
    return found


def _path(section: int) -> str:
    if section <= 0:
        raise _no_number()
    return f"{LIBRARIES}/{section}"


def _no_number() -> errors.Busy:
    said = "the number of a library in Plex's list cannot be read"
    return errors.Busy(said).of(PLEX, "unreadable")


def _section(directory: Any, place: int) -> Section:
    """`place`: the row's, from 1 on."""
    return Section(
        id=item.number(directory.get("key")) or -place,
        title=directory.get("title") or f"row {place}",
        agent=directory.get("agent", ""),
        stamp=json.dumps((directory.get("scannedAt"), directory.get("uuid"))),
        roots=tuple(one.get("path", "") for one in directory.iter("Location")),
        type=directory.get("type", ""),
        language=directory.get("language", ""),
        refreshing=directory.get("refreshing") == "1",
    )
