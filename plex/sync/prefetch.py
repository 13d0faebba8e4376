"""Prefetch: another thread reads what the next batch needs, while this batch is written.

The thread has its own connections to Stash and Plex, and a read-only one to our file. Items that we
have written on since, items that are new to Plex, and whatever is old is read again.
"""

import sqlite3
import sys
import time
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass, field

import errors
from net.prefetch import ReaderThread
from plex.client.port import PlexPort, Unread
from plex.fields.item import Item
from plex.fields.registry import IMAGES, extras
from plex.images import covers
from plex.images.images import Spooled
from plex.library import match, readiness
from plex.library.index import Index
from plex.state.database import ReadOnlyStore, Store
from plex.state.entry import Entry
from plex.state.ledger import Ledger
from plex.sync.reads import Reads
from plex.sync.verify import Items
from plex.sync.work import rules
from stash.port import StashPort
from stash.scene import Scene
from validation.settings import SyncSettings

STALE = 30.0  # seconds
# Seconds for which the other thread may go on when this thread has its answer. Python's 5 ms are as
# long as a quick Plex takes for an edit.
SWITCH = 0.001
PAUSE = 10  # batches

Pictures = Mapping[int, "Spooled | None"]


@dataclass(eq=False)
class PendingBatch:
    """The reads for one batch, which began `at` a time. `spent` are items that were written on since
    then or given out, `overtaken` are scenes that were synced since then."""

    ids: Sequence[int]
    at: float
    scenes: "Future[dict[int, Scene]]"
    items: "Future[dict[int, Item]]"
    covers: "Future[Pictures]"
    spent: set[int] = field(default_factory=set)
    overtaken: set[int] = field(default_factory=set)


class Prefetch(Reads):
    """Answers what was read ahead, and reads the rest. `timer` gives seconds from any start."""

    def __init__(
        self,
        stash: StashPort,
        plex: PlexPort,
        reader: "Reader",
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        """`stash` and `plex` are for this thread."""
        super().__init__(stash, plex)
        self._reader, self._timer, self._thread = reader, timer, ReaderThread()
        sys.setswitchinterval(SWITCH)
        self._coming: deque[PendingBatch] = deque(maxlen=2)  # the next batch, and the one after it
        self._current: PendingBatch | None = None

    def ahead(self, ids: Sequence[int]) -> None:
        """Begins to read what these scenes need. An error is raised when they are asked for."""
        read, submit = self._reader, self._thread.submit
        scenes = submit(lambda: read.scenes(ids))
        items = submit(lambda: read.items(scenes.result()))
        images = submit(lambda: read.covers(scenes.result(), items.result()))
        self._coming.append(PendingBatch(list(ids), self._timer(), scenes, items, images))

    def read_back(self, rating_keys: Sequence[int]) -> Callable[[], Items]:
        """Begins to read these items. Returns a call that waits for them."""
        if not rating_keys:
            return dict
        return self._thread.submit(lambda: self._reader.plex.items(rating_keys)).result

    def spend(self, rating_keys: Collection[int]) -> None:
        """Forgets what was read of these items, since a write changes them. Also ends the reads of the
        batch that was decided."""
        self._current = None
        for read in self._coming:
            read.spent.update(rating_keys)

    def close(self) -> None:
        self._coming.clear()
        self._thread.close()

    # -- reads

    def scenes(self, ids: Sequence[int], extras: Collection[str]) -> dict[int, Scene]:
        self._current = None  # a batch that failed may have left it, and is older than these scenes
        read = next((batch for batch in self._coming if batch.ids == list(ids)), None)
        if read:
            self._coming.remove(read)
        for other in self._coming:
            other.overtaken.update(ids)
        if read is None or self._timer() - read.at > STALE:
            return super().scenes(ids, extras)
        scenes, again = read.scenes.result(), sorted(read.overtaken.intersection(ids))
        if again:
            kept = {number: scene for number, scene in scenes.items() if number not in again}
            scenes = kept | super().scenes(again, extras)
        self._current = read
        return scenes

    def items(self, rating_keys: Sequence[int], unread: Unread) -> dict[int, Item]:
        items = self._known_items(self._current, rating_keys) if self._current else {}
        left = [key for key in rating_keys if key not in items]
        return items | super().items(left, unread) if left else items

    def _known_items(self, current: PendingBatch, rating_keys: Sequence[int]) -> dict[int, Item]:
        self._current = None  # if this fails, everything is read anew
        read = current.items.result()
        self._current = current
        # Items stay in `read`: the other thread needs them for the covers.
        items = {key: read[key] for key in rating_keys if key in read and key not in current.spent}
        current.spent.update(rating_keys)  # a second question means doubt
        return items

    def cover(self, scene: Scene) -> "bytes | None":
        try:
            read = self._current.covers.result() if self._current else {}
        except (errors.Stash2PlexError, sqlite3.Error, OSError):
            read = {}
        if scene.id not in read or (self._current and scene.id in self._current.overtaken):
            return super().cover(scene)
        picture = read[scene.id]
        return picture.read() if picture else None


@dataclass
class Reader:
    """The work of the other thread, with connections of its own. `clock` gives epoch seconds."""

    stash: StashPort
    plex: PlexPort
    store: Store
    settings: SyncSettings
    clock: Callable[[], float]
    _pause: int = 0  # batches whose new items are not read

    def scenes(self, ids: Sequence[int]) -> dict[int, Scene]:
        return self.stash.scenes(ids, extras(self.settings))

    def items(self, scenes: Mapping[int, Scene]) -> dict[int, Item]:
        """Reads the items that the index has for the scenes' files, except items that are new to Plex
        and to us: when their batch begins, Plex may have read more of their files. After a batch with
        no other new items, the new items of some batches are only read in their turn."""
        try:
            with closing(ReadOnlyStore(self.store)) as seen:
                keys = self._hints(scenes, seen).rating_keys
                known = Ledger(seen).known(keys)
        except sqlite3.Error:  # the other thread meets the error as well, and reports it
            return {}
        if self._pause:
            self._pause, keys = self._pause - 1, [key for key in keys if key in known]
        now, items = self.clock(), self.plex.items(keys)
        new = items.keys() - known
        recent = {key for key in new if readiness.is_recent(items[key], now)}
        if new and new == recent:
            self._pause = PAUSE
        return {key: item for key, item in items.items() if key not in recent}

    def _hints(self, scenes: Mapping[int, Scene], seen: Store) -> match.Hints:
        return match.hints(list(scenes.values()), Index(seen), self.settings.path_map)

    def covers(self, scenes: Mapping[int, Scene], items: Mapping[int, Item]) -> Pictures:
        """Reads the covers that will probably be looked at, by scene."""
        pictures: dict[int, Spooled | None] = {}
        if not set(IMAGES) & set(self.settings.sync_fields):
            return pictures
        for scene in self._in_question(scenes, items):
            data = self.stash.cover(scene)
            pictures[scene.id] = Spooled(data) if data else None
        return pictures

    def _in_question(self, scenes: Mapping[int, Scene], items: Items) -> Iterator[Scene]:
        with closing(ReadOnlyStore(self.store)) as seen:
            hints = self._hints(scenes, seen)
            entries = Ledger(seen).entries_of(items.values())
        for number, keys in hints.keys.items():
            some = [items[key] for key in keys if key in items]
            if any(self._is_due(scenes[number], item, entries) for item in some):
                yield scenes[number]

    def _is_due(self, scene: Scene, item: Item, entries: Mapping[int, Entry]) -> bool:
        entry = entries.get(item.rating_key) or Entry(item.rating_key, scene.id)
        how = rules(item, entry, self.settings)
        due = covers.in_question(scene, item, entry, self.settings, how)
        return any(due) or bool(covers.open_to_look(entry, self.settings))
