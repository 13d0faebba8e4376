"""PlexClient: everything that the product asks of one Plex server.

It reads XML and not plexapi's objects. These cost ten times as much, and those of a listing show only two
of an item's twenty genres without saying that the list is cut.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from urllib.parse import quote, urlencode

import errors
from errors import PLEX
from net.plain import session_for
from net.retry import Chances, no_chances, once, question_chances, quick_question_chances
from plex.client import edit_request
from plex.client.edit_request import Parameter
from plex.client.listing import Page
from plex.client.pages import Elements, Hole, pages, pages_and_holes, window
from plex.client.port import Unread
from plex.client.section import (
    CUSTOM,
    LIBRARIES,
    Collection,
    Section,
    path_of,
    read_collection,
    read_section,
    typed,
    unnumbered,
)
from plex.client.status import unreadable
from plex.client.transport import Line, Transport
from plex.client.transport import probe as probe
from plex.fields import registry
from plex.fields.item import POSTER, Item, Kind, whole_number
from plex.fields.item import items as items_of
from plex.plan.plan import same
from validation import library_names

NEWEST = 100
BATCH = 25  # full items per read: so many take Plex under a second, 50 may take twelve
IN_A_ROW = 3  # items that cannot be read, and none that can
MOVIES = 1  # Plex's number for items of movie-type libraries, Other Videos included


class PlexClient:
    """See `PlexPort`. Writes are serial: nothing here is concurrent."""

    def __init__(self, plex: Transport) -> None:
        self._plex = plex
        self._libraries: tuple[str, ...] = ()
        self.machine, self.version, self.name = plex.machine, plex.version, plex.name

    def only(self, libraries: Sequence[str]) -> "PlexClient":
        """Limits this client to the libraries with these `names` (`validation.library_names` reads them).
        Without names it uses all."""
        self._libraries = tuple(libraries)
        return self

    def paused(self, is_paused: bool) -> "PlexClient":
        """Refuses every change with a SetupError while the user says so."""
        self._plex.is_paused = is_paused
        return self

    def beside(self) -> "PlexClient":
        """A client for another thread, to read while this client writes."""
        return PlexClient(self._plex.beside()).only(self._libraries)

    def sections(self) -> list[Section]:
        """The movie-type libraries that we look after. Raises SetupError if a named library is missing."""
        return self._chosen(self.libraries("movie"))

    def libraries(self, kind: str = "") -> list[Section]:
        """All libraries that Plex shows us, of this type or of any; see `unnumbered`."""
        container = self._plex.get(LIBRARIES)
        rows = [read_section(row, place) for place, row in enumerate(container, 1)]
        return [row for row in rows if kind in ("", row.type) or (row.id < 0 and not row.type)]

    def _chosen(self, sections: list[Section]) -> list[Section]:
        if not self._libraries:
            return sections
        chosen: set[int] = set()
        for name in self._libraries:
            # A library with this name may be among those whose number cannot be read.
            meant = library_names.libraries_named(name, sections) or unnumbered(sections)
            if not meant:
                lacks = f"Plex has no movie-type library “{name.casefold()}” (Plex Libraries)"
                raise errors.SetupError(f"{lacks}; it has: {typed(sections)}").of(PLEX, "library")
            chosen.update(section.id for section in meant)
        return [section for section in sections if section.id in chosen]

    def listing(self, section: int) -> "Iterator[Page | Hole]":
        """Yields all items of a section in pages, and the rows that Plex cannot give."""
        key = f"{path_of(section)}/all?type={MOVIES}"

        def page(window: dict[str, str], again: bool) -> Page:
            return self._plex.page(key, window, question_chances if again else no_chances)

        return pages_and_holes(page, lambda: self.count(section))

    def count(self, section: int) -> "int | None":
        """The number of items in a section; None if Plex does not give it."""
        container = self._plex.get(f"{path_of(section)}/all?type={MOVIES}", window(0, 0))
        return whole_number(container.get("totalSize"))

    def is_owners(self) -> bool:
        """Whether the token is the server owner's: asks for something that Plex gives only to the owner."""
        try:
            self._plex.get("/library")
        except errors.Refused:
            return False
        return True

    def newest(self, section: int) -> Page:
        """The items that were added last."""
        return self.sorted_page(section, "addedAt:desc", 0, NEWEST)

    def sorted_page(self, section: int, sort: str, start: int, size: int) -> Page:
        """A part of a section's listing in an order such as `updatedAt:desc`. Plex may ignore the order."""
        key = f"{path_of(section)}/all?type={MOVIES}&sort={quote(sort, safe='')}"
        return self._plex.page(key, window(start, size))

    def items(self, rating_keys: Sequence[int], unread: "Unread | None" = None) -> dict[int, Item]:
        """Full items by rating key, without those that are gone. `unread` gets the items that cannot be
        read, with the reason."""
        items: dict[int, Item] = {}
        for at in range(0, len(rating_keys), BATCH):
            for item_ in self._batch(rating_keys[at : at + BATCH], unread):
                items[item_.rating_key] = item_
        return items

    def _batch(self, rating_keys: Sequence[int], unread: "Unread | None") -> list[Item]:
        """Reads items in one request, or one by one when a bad item stalls or spoils that request."""
        if len(rating_keys) == 1 and unread is None:
            return self._read(rating_keys)
        try:
            return self._read(rating_keys, quick_question_chances)
        except (errors.Busy, errors.Rejected):
            return self._singly(rating_keys, unread)

    def _singly(self, rating_keys: Sequence[int], unread: "Unread | None") -> list[Item]:
        items: list[Item] = []
        failed, most = 0, 2 if unread is None else IN_A_ROW
        for key in rating_keys:
            try:
                items += self._read([key])
            except (errors.Busy, errors.Rejected) as error:
                failed += 1
                if failed == most and not items:  # it is the server then
                    raise
                if unread is not None:
                    unread[key] = error
        return items

    def _read(self, rating_keys: Sequence[int], chances: Chances = question_chances) -> list[Item]:
        key = f"/library/metadata/{','.join(map(str, rating_keys))}"
        try:
            container = self._plex.get(key, chances=chances)
        except errors.Gone:
            return []
        items = items_of(container)
        if len(items) < len(container.findall("Video")):
            raise unreadable("Plex sent an item without a number")
        return items

    def edit(self, section: int, rating_key: int, parameters: Sequence[Parameter]) -> None:
        """Changes one item: all `parameters` in one request if that stays short enough."""
        if not parameters:
            raise ValueError("an edit needs something to change")
        for some in edit_request.requests_for(parameters):
            put = self._put_long if edit_request.is_long(some) else self._put_once
            put(section, rating_key, some)

    def _put_once(self, section: int, rating_key: int, some: Sequence[Parameter]) -> None:
        """Sends again, after a lost answer, only the parameters that Plex does not show."""
        left = list(some)

        def send() -> None:
            self._put(section, [rating_key], left)

        def is_done() -> bool:
            now = self._now(rating_key)
            left[:] = edit_request.left(some, now.values, now.locks, now.photos.values())
            return not left

        once(send, is_done)

    def edit_several(
        self, section: int, rating_keys: Sequence[int], some: Sequence[Parameter]
    ) -> None:
        """Changes several items of a library in one request; see `shared_parameters`. Plex passes over items
        that are gone. The whole request is sent again after a lost answer: a server that adds names to
        several items may replace the names of one."""
        if len(rating_keys) < 2 or not some:
            raise ValueError(
                "an edit of several items needs more than one, and something to change"
            )

        def is_done() -> bool:
            now = self.items(rating_keys).values()
            return not any(edit_request.left(some, one.values, one.locks) for one in now)

        once(lambda: self._put(section, rating_keys, some), is_done)

    def _put(self, section: int, rating_keys: Sequence[int], some: Sequence[Parameter]) -> None:
        """Sends an edit. Every edit of items goes through here."""
        pairs = [("type", str(MOVIES)), ("id", edit_request.ids(rating_keys)), *some]
        self._plex.put(f"/library/sections/{section}/all?{urlencode(pairs, quote_via=quote)}")

    def _put_long(self, section: int, rating_key: int, some: Sequence[Parameter]) -> None:
        """Sends a long request; a proxy in front of Plex may answer 414 to it, or hang up."""
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
                "Plex does not take an edit this long: a list has too many names (Max Tags)"
            )
        try:
            return self._put_once(section, rating_key, fitting)
        except errors.Rejected:
            sentence = "Plex does not take this edit, not even with its text cut short"
            raise errors.Rejected(sentence) from None

    def _now(self, rating_key: int) -> Item:
        item_ = self.items([rating_key]).get(rating_key)
        if item_ is None:
            raise errors.Gone("Plex no longer has this item").of(PLEX)
        return item_

    def takes_edits(self, rating_key: int) -> "bool | None":
        """Whether Plex takes an edit that changes nothing; None if the item is gone."""
        try:
            item = self._now(rating_key)
            lock = str(int("country" in item.locks))  # a field that we never write
            self._put(item.section, [rating_key], [("country.locked", lock)])
        except errors.Gone:
            return None
        except (errors.Busy, errors.Lost, errors.Rejected):
            return False
        return True

    def rate(self, rating_key: int, rating: "float | None") -> None:
        """Sets the token owner's rating, 0..10; None removes it."""
        value = "-1" if rating is None else f"{rating:g}"
        query = f"key={rating_key}&identifier=com.plexapp.plugins.library&rating={value}"

        def is_done() -> bool:
            now = self._now(rating_key).values["rating"]
            return same(registry.BY_NAME["rating"], now, rating)

        once(lambda: self._plex.put(f"/:/rate?{query}"), is_done)

    def images(self, rating_key: int, kind: Kind = POSTER) -> dict[str, bool]:
        """Returns the item's images of this kind: Plex's key of each -> whether Plex shows it."""
        container = self._plex.get(f"/library/metadata/{rating_key}/{kind.plural}")
        return {p.get("ratingKey", ""): p.get("selected") == "1" for p in container.iter("Photo")}

    def picture(self, rating_key: int, kind: Kind, width: int, height: int) -> bytes:
        """The image that Plex shows, made as small as that by Plex; whole if Plex makes no small one."""
        whole = f"/library/metadata/{rating_key}/{kind.lock}"
        size = {"width": width, "height": height, "minSize": 1, "upscale": 0, "url": whole}
        try:
            return self._plex.body(f"/photo/:/transcode?{urlencode(size, quote_via=quote)}")
        except (errors.Busy, errors.Gone, errors.Rejected):
            return self._plex.body(whole)

    def upload_image(self, rating_key: int, kind: Kind, data: bytes) -> None:
        """Uploads an image. Plex shows it at once and keeps it for ever."""
        self._plex.post(f"/library/metadata/{rating_key}/{kind.plural}", data)

    def select_image(self, rating_key: int, kind: Kind, key: str) -> None:
        """Shows an image that Plex has already."""
        query = urlencode({"url": key}, quote_via=quote)
        self._plex.put(f"/library/metadata/{rating_key}/{kind.singular}?{query}")

    def unset_image(self, rating_key: int, kind: Kind) -> None:
        """Makes Plex show no image. Plex locks the field."""
        self._plex.delete(f"/library/metadata/{rating_key}/{kind.lock}")

    def collections(self, section: int) -> list[Collection]:
        """All collections of a section. A listing has no locks, so `edited` is always false."""
        key = f"{path_of(section)}/collections"
        return [read_collection(directory) for directory in self._all(key, "Directory")]

    def collection(self, rating_key: int) -> "Collection | None":
        """One collection in full; None if it no longer exists."""
        try:
            container = self._plex.get(f"/library/collections/{rating_key}")
        except errors.Gone:
            return None
        return next(
            (read_collection(directory) for directory in container.findall("Directory")), None
        )

    def members(self, rating_key: int) -> list[int]:
        """The rating keys of a collection's items, in its order."""
        key = f"/library/collections/{rating_key}/children"
        members = [whole_number(video.get("ratingKey")) for video in self._all(key, "Video")]
        if None in members:
            raise unreadable("Plex sent an item without a number")
        return [key for key in members if key]

    def _all(self, key: str, element: str) -> Iterator[Any]:
        """The elements of all pages."""
        for page in pages(lambda window: Elements(self._plex.get(key, window), element)):
            yield from page.container.findall(element)

    def sort_by_hand(self, rating_key: int) -> None:
        """Keeps a collection's items in the order in which they are moved, not by date."""
        self._plex.put(f"/library/collections/{rating_key}/prefs?collectionSort={CUSTOM}")

    def move(self, rating_key: int, member: int, after: int) -> None:
        """Puts an item of a collection behind the member `after`, or (0) to the front."""
        behind = f"?after={after}" if after else ""
        self._plex.put(f"/library/collections/{rating_key}/items/{member}/move{behind}")

    def delete_collection(self, rating_key: int) -> None:
        """Deletes a collection; its items stay, without its tag."""
        key = f"/library/collections/{rating_key}"
        once(lambda: self._plex.delete(key), lambda: self.collection(rating_key) is None)

    def scan(self, section: int, folder: str) -> None:
        """Asks Plex to scan one folder (as Plex sees it)."""
        self._plex.touch(f"{path_of(section)}/refresh?{urlencode({'path': folder})}")

    def activities(self) -> list[str]:
        """The kinds of Plex's activities: all that are running, and some that have ended."""
        activities = self._plex.get("/activities").iter("Activity")
        return [activity.get("type", "") for activity in activities]


def connect(
    url: str,
    token: str,
    connect_timeout: float,
    read_timeout: float,
    verify: bool = True,
    sleep: Callable[[float], None] = time.sleep,
) -> PlexClient:
    """A client of a Plex that answers. Raises Unreachable, Refused or SetupError otherwise."""
    session = session_for(url, connect_timeout, read_timeout, verify)
    return PlexClient(Transport(Line(url, session), token, sleep))
