"""Everything the server knows: sections, items, files, tags and images."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import count

from .authorship import Values
from .collection import Collection
from .images import ImageStore
from .items import Item, Media, Part, basename, covers
from .kinds import IMAGES, SCALARS, TAGS
from .message import Refusal
from .options import Options
from .sections import Section, Waiting
from .tags import Tag, TagTables

FRAME = "media://"  # Plex itself takes frames out of the video: nobody wrote them


class Library:
    """Guarded by `lock`; `revision` grows with every change."""

    def __init__(self, now: Callable[[], float], options: Options) -> None:
        self.lock = threading.RLock()
        self.now = now
        self.options = options
        self.tag_mode = "add"
        self.sections: dict[int, Section] = {}
        self.items: dict[int, Item] = {}
        self.collections: dict[int, Collection] = {}
        self.tags = TagTables()
        self.images = ImageStore()
        self.revision = 0
        self.by_client = False  # whether a client of the API makes the change
        self._section_ids = count(1)
        self._rating_keys = count(101)
        self._part_ids = count(301)
        self._titles: dict[tuple[int, str], Collection] = {}
        self._by_name: dict[str, int | list[int]] = {}

    # Sections

    def add_section(
        self, title: str, type: str, agent: str, roots: Iterable[str], scanner: str
    ) -> Section:
        now = int(self.now())
        section = Section(next(self._section_ids), title, type, agent, list(roots), scanner, now)
        self.sections[section.id] = section
        self.touch(section)
        return section

    def section(self, id: int) -> Section:
        if id not in self.sections:
            raise Refusal(404)
        return self.sections[id]

    def remove_section(self, id: int) -> None:
        section = self.sections.pop(id)
        for item in list(section.items.values()):
            self.forget(item)
        for left in [c for c in self.collections.values() if c.section is section]:
            self.drop_collection(left)
        self.touch(section)

    def section_for(self, path: str) -> Section:
        for section in self.sections.values():
            if any(covers(root, path) for root in section.roots):
                return section
        raise ValueError(f"no section has a root above {path}")

    # Items

    def next_key(self) -> int:
        return next(self._rating_keys)

    def add_item(self, section: Section, files: Iterable[tuple[str, int]], key: int = 0) -> Item:
        parts = [self.new_part(path, size) for path, size in files]
        rk = key or self.next_key()
        item = Item(rk, section, [Media(parts[0].id, parts)], int(self.now()))
        item.guid = f"{section.agent}://{rk}"
        self.items[rk] = section.items[rk] = item
        for part in parts:
            self.name_file(part.file, rk)
        section.moved(item)
        self.touch(section)
        return item

    def new_part(self, path: str, size: int) -> Part:
        return Part(next(self._part_ids), path, size)

    def item(self, rk: int) -> Item:
        if rk not in self.items:
            raise Refusal(404)
        return self.items[rk]

    def forget(self, item: Item) -> None:
        self.set_tags(item, "collection", [])
        del self.items[item.rk]
        item.section.items.pop(item.rk, None)
        for file in item.files:
            self.unname_file(file, item.rk)
        item.section.moved(item)
        self.touch(item.section)

    def set_tags(self, item: Item | Collection, kind: str, tags: list[Tag]) -> None:
        """The item's tags of one kind; collections follow, made and dropped on demand."""
        before = item.tags.pop(kind, [])
        if tags:
            item.tags[kind] = tags
        if kind != "collection":
            return
        for tag in before:
            if tag not in tags:
                self._leave(item, tag)
        for tag in tags:
            self.make_collection(item.section, tag.name).keys.add(item.rk)

    def _leave(self, item: Item | Collection, tag: Tag) -> None:
        left = self.collection_named(item.section, tag.name)
        if left is not None:
            left.keys.discard(item.rk)
            if not left.keys and not self.options.empty_collections_stay:
                self.drop_collection(left)

    # Files, by base name

    def name_file(self, path: str, rk: int) -> None:
        name = basename(path)
        known = self._by_name.get(name)
        if known is None:
            self._by_name[name] = rk
        elif isinstance(known, list):
            known.append(rk)
        else:
            self._by_name[name] = [known, rk]

    def unname_file(self, path: str, rk: int) -> None:
        name = basename(path)
        left = [k for k in self._named(name) if k != rk]
        if left:
            self._by_name[name] = left
        else:
            self._by_name.pop(name, None)

    def _named(self, name: str) -> list[int]:
        known = self._by_name.get(name, [])
        return known if isinstance(known, list) else [known]

    def items_named(self, name: str) -> Iterator[Item]:
        """Items with a file of that base name."""
        for rk in dict.fromkeys(self._named(name)):
            yield self.items[rk]

    def items_with_file(self, path: str) -> list[Item]:
        return [item for item in self.items_named(basename(path)) if path in item.files]

    def move_file(self, old: str, new: str) -> None:
        for item in self.items_with_file(old):
            self.unname_file(old, item.rk)
            for part in item.parts:
                if part.file == old:
                    part.file = new
            for file in item.files:
                if basename(file) in (basename(new), basename(old)):
                    self.name_file(file, item.rk)
            self.changed(item)

    def remove_file(self, path: str) -> None:
        """The file is gone from disk: its part goes, and with the last part the item."""
        for item in self.items_with_file(path):
            if item.files == [path]:
                self.forget(item)
                continue
            self.unname_file(path, item.rk)
            for media in item.media:
                media.parts = [part for part in media.parts if part.file != path]
            item.media = [media for media in item.media if media.parts]
            self.changed(item)
        for section in self.sections.values():
            section.waiting.pop(path, None)

    def leave_on_disk(self, section: Section, waiting: Waiting) -> None:
        section.waiting[waiting.path] = waiting

    # Collections

    def collection(self, rk: int) -> Collection:
        if rk not in self.collections:
            raise Refusal(404)
        return self.collections[rk]

    def collection_named(self, section: Section, title: str) -> Collection | None:
        return self._titles.get((section.id, title.casefold()))

    def make_collection(self, section: Section, title: str) -> Collection:
        """The section's collection of that title, made on demand."""
        made = self.collection_named(section, title)
        if made is None:
            rk = self.next_key()
            tag = self.tags.named("collection", title)
            made = self.collections[rk] = Collection(rk, section, tag, int(self.now()))
            self._titles[section.id, title.casefold()] = made
            self.touch(section)
        return made

    def rename_collection(self, collection: Collection, title: str) -> None:
        """Its members carry the new tag from then on."""
        section, old = collection.section, collection.tag
        new = collection.tag = self.tags.named("collection", title)
        collection.attrs["title"] = title
        del self._titles[section.id, old.name.casefold()]
        self._titles[section.id, title.casefold()] = collection
        for item in collection.members:
            item.tags["collection"] = [new if t is old else t for t in item.tags["collection"]]
            self.changed(item, bump=False)

    def drop_collection(self, collection: Collection) -> None:
        self.collections.pop(collection.rk, None)
        self._titles.pop((collection.section.id, collection.tag.name.casefold()), None)

    # Change marks

    def changed(self, item: Item | Collection, bump: bool = True) -> None:
        """The item's caches are stale; with `bump` its updatedAt moves as well."""
        item.listing = None
        if isinstance(item, Item):
            item.authorship.note(values_of(item), self.by_client)
        if bump:
            item.updated_at = int(self.now())
        self.touch(item.section)

    @contextmanager
    def authored(self, by_client: bool) -> Iterator[None]:
        """Who makes the changes inside."""
        before, self.by_client = self.by_client, by_client
        try:
            yield
        finally:
            self.by_client = before

    def touch(self, section: Section) -> None:
        self.revision += 1
        section.content_changed_at += 1


def values_of(item: Item) -> Values:
    """All that the item says, value by value."""
    pairs = [(name, item.attrs[name]) for name in SCALARS if name in item.attrs]
    pairs += [(kind.plural, tag.name) for kind in TAGS for tag in item.tags.get(kind.wire, ())]
    pairs += [(kind.select, item.shows(kind)) for kind in IMAGES]
    return frozenset(pair for pair in pairs if pair[1] and not pair[1].startswith(FRAME))
