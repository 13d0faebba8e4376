"""Another thread reads what the next batch needs, and reads the last batch back, while a batch is written.

`Pipelined` wraps a `Pipeline`, which is whole without it. The thread has its own connections to Stash and Plex, and a read-only one to our file. Items that we
have written on since, items that are new to Plex, and whatever is old is read again.
"""

import sqlite3
import sys
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial

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
from plex.sync.decide import Reads
from plex.sync.decision import Outcome
from plex.sync.pipeline import Pipeline, SceneBatch
from plex.sync.work import rules
from plex.sync.write import Items
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


class Prefetch:
    """Answers what was read ahead, and reads the rest (`reads`). `timer` gives seconds from any start."""

    def __init__(
        self,
        stash: StashPort,
        plex: PlexPort,
        reader: "Reader",
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        """`stash` and `plex` are for this thread."""
        self._stash, self._plex = stash, plex
        self.reads = Reads(self._scenes, self._items, self._cover)
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

    def _scenes(self, ids: Sequence[int], extras: Collection[str]) -> dict[int, Scene]:
        self._current = None  # a batch that failed may have left it, and is older than these scenes
        read = next((batch for batch in self._coming if batch.ids == list(ids)), None)
        if read:
            self._coming.remove(read)
        for other in self._coming:
            other.overtaken.update(ids)
        if read is None or self._timer() - read.at > STALE:
            return self._stash.scenes(ids, extras)
        scenes, again = read.scenes.result(), sorted(read.overtaken.intersection(ids))
        if again:
            kept = {number: scene for number, scene in scenes.items() if number not in again}
            scenes = kept | self._stash.scenes(again, extras)
        self._current = read
        return scenes

    def _items(self, rating_keys: Sequence[int], unread: Unread) -> dict[int, Item]:
        items = self._known_items(self._current, rating_keys) if self._current else {}
        left = [key for key in rating_keys if key not in items]
        return items | self._plex.items(left, unread) if left else items

    def _known_items(self, current: PendingBatch, rating_keys: Sequence[int]) -> dict[int, Item]:
        self._current = None  # if this fails, everything is read anew
        read = current.items.result()
        self._current = current
        # Items stay in `read`: the other thread needs them for the covers.
        items = {key: read[key] for key in rating_keys if key in read and key not in current.spent}
        current.spent.update(rating_keys)  # a second question means doubt
        return items

    def _cover(self, scene: Scene) -> "bytes | None":
        try:
            read = self._current.covers.result() if self._current else {}
        except (errors.Stash2PlexError, sqlite3.Error, OSError):
            read = {}
        if scene.id not in read or (self._current and scene.id in self._current.overtaken):
            return self._stash.cover(scene)
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


class OpenBatch:
    """A batch whose writes are on Plex, and that is not remembered yet."""

    def __init__(self, batch: SceneBatch, finish: Callable[[], None]) -> None:
        self._batch, self._finish, self._items = batch, finish, batch.items
        self.is_finished = False
        self._error: Exception | None = None

    def touches(self, ids: Collection[int], items: Collection[int]) -> bool:
        """Whether any of these scenes or items is still open in the batch."""
        if self.is_finished:
            return False
        return not (set(self._batch.ids).isdisjoint(ids) and self._items.isdisjoint(items))

    def finish(self) -> None:
        """Remembers the batch. An error is kept for whoever asks for the outcomes."""
        if not self.is_finished:
            self.is_finished = True
            try:
                self._finish()
            except Exception as error:
                self._error = error

    def outcomes(self) -> list[Outcome]:
        """Finishes the batch. A second call returns or raises the same as the first."""
        self.finish()
        if self._error:
            raise self._error
        return self._batch.results


class Pipelined:
    """Has the methods of a `Pipeline` that a drain calls."""

    def __init__(self, pipeline: Pipeline, prefetch: Prefetch) -> None:
        self._pipeline, self._prefetch = pipeline, prefetch
        self._open: list[OpenBatch] = []
        self.rest, self.size = pipeline.rest, pipeline.size

    def sync(self, ids: Iterable[int]) -> list[Outcome]:
        return self.begin(list(ids))()

    def ahead(self, ids: Sequence[int]) -> None:
        """Begins to read what these scenes need, which come next."""
        self._prefetch.ahead(ids)

    def close(self) -> None:
        """Reads nothing ahead any more."""
        self._prefetch.close()

    def begin(self, ids: Sequence[int]) -> Callable[[], list[Outcome]]:
        """Writes what these scenes need, and returns a call that finishes the batch and gives the
        outcomes. The batch before is read back meanwhile, if it is about others."""
        self._finish_open(ids=ids)
        self._prefetch.spend(self._pipeline.settle())
        settle = partial(self._finish_open, ())
        batch = self._pipeline.decide(ids, self._prefetch.reads, settle)
        self._prefetch.spend(batch.items)
        self._pipeline.write(batch)
        read_back = self._prefetch.read_back(batch.edited)

        def finish() -> None:
            self._prefetch.spend(batch.items)  # what Plex ignored is written again
            self._pipeline.finish(batch, read_back)

        opened = OpenBatch(batch, finish)
        self._open = [*(other for other in self._open if not other.is_finished), opened]
        return opened.outcomes

    def _finish_open(self, ids: Collection[int] = (), items: Collection[int] = ()) -> bool:
        """Finishes batches with these scenes or items: what is known of them has to be remembered
        before they are decided about again. Returns whether there was any."""
        again = [batch for batch in self._open if batch.touches(ids, items)]
        for batch in again:
            batch.finish()
        return bool(again)
