"""PlexPort: everything that the product asks of one Plex server. `PlexClient` is the real one."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

import errors
from plex.client.collection import Collection
from plex.client.edit_request import Parameter
from plex.client.listing import Page
from plex.client.pages import Hole
from plex.fields.image_kinds import Kind
from plex.fields.item import Item

Unread = dict[int, errors.Stash2PlexError]  # rating key -> why Plex cannot give the item


class Section(NamedTuple):
    """A library, of movie type if we look after it; `roots` are its folders as Plex sees them.

    `stamp` changes whenever Plex has scanned it. While it is `refreshing` Plex looks for files in it;
    what was found is read for longer than that. The `id` of a library whose number cannot be read is
    below 0: every question about it raises Busy.
    """

    id: int
    title: str
    agent: str
    stamp: str
    roots: tuple[str, ...]
    type: str = "movie"
    language: str = ""
    refreshing: bool = False


class PlexPort(Protocol):
    """See `PlexClient` for what each method does and raises."""

    # -- libraries

    def sections(self) -> Sequence[Section]: ...
    def libraries(self, kind: str = "") -> Sequence[Section]: ...
    def listing(self, section: int) -> "Iterator[Page | Hole]": ...
    def newest(self, section: int) -> Page: ...
    def scan(self, section: int, folder: str) -> None: ...
    def activities(self) -> list[str]: ...

    # -- items

    def items(
        self, rating_keys: Sequence[int], unread: "Unread | None" = None
    ) -> dict[int, Item]: ...
    def edit(self, section: int, rating_key: int, parameters: Sequence[Parameter]) -> None: ...
    def takes_edits(self, rating_key: int) -> "bool | None": ...
    def rate(self, rating_key: int, rating: "float | None") -> None: ...

    # -- images

    def images(self, rating_key: int, kind: Kind) -> Mapping[str, bool]: ...
    def upload_image(self, rating_key: int, kind: Kind, data: bytes) -> None: ...
    def select_image(self, rating_key: int, kind: Kind, key: str) -> None: ...
    def unset_image(self, rating_key: int, kind: Kind) -> None: ...

    # -- collections

    def collections(self, section: int) -> Sequence[Collection]: ...
    def collection(self, rating_key: int) -> "Collection | None": ...
    def members(self, rating_key: int) -> Sequence[int]: ...
    def sort_by_hand(self, rating_key: int) -> None: ...
    def move(self, rating_key: int, member: int, after: int) -> None: ...
    def delete_collection(self, rating_key: int) -> None: ...
