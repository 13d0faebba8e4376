"""GapDetectionEngine: walk the scenes of a scope, compare each with its item, owe what differs.

Plex is listed once and read in batches, Stash in pages by id; nothing is kept of a page but counts.
"""

import time
from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any, NamedTuple

import errors
from net.ahead import ahead, fetched
from plex import covers, match, photos, selection
from plex.index import Index
from plex.infer import ENOUGH
from plex.item import Item
from plex.journal import Journal
from plex.leaving import RESTORE
from plex.ledger import Entry, Ledger
from plex.mapping import Finder
from plex.outcome import Work, claim_photos, decided, extras, rules
from plex.store import Store
from reconciliation import brake
from reconciliation.detector import DRIFTED, MISSING, Gap, gap, unasked, worst
from reconciliation.outlines import Outlines
from reconciliation.result import GapDetectionResult
from reconciliation.verified import Prints, Verified
from reconciliation.window import window
from stash.api import EVERYTHING, SceneFilter
from stash.page import Page, unknown
from stash.scene import Scene
from sync_queue import verdict
from sync_queue.jobs import BACKLOG, Job, Jobs
from validation.scope import engine_scope

CHUNK = 25  # scenes per look at Plex: one batch of full items
TOO_MANY, IN_A_ROW = 20, 3  # chunks that cannot be checked: it is the server then, not the chunk
PUT = 500  # rows per transaction
NAMED = 1000  # how many drifted scenes are kept


class Chunk(NamedTuple):
    """Some scenes, those of them that are to be compared, what Plex may have of these, and their
    numbers (see `Verified`)."""

    scenes: Sequence[Scene]
    chosen: Sequence[Scene]
    hints: match.Hints
    prints: Prints


class GapDetectionEngine:
    """Finds gaps. Without a `queue` it only counts them; `plex` is a client of the server."""

    def __init__(
        self,
        stash: Any,
        config: Any,
        data_dir: Any,
        queue: "Jobs | None" = None,
        *,
        plex: Any = None,
        store: "Store | None" = None,
        clock: Callable[[], float] = time.time,
        progress: Callable[[float], None] = lambda fraction: None,
        warn: Callable[[str], None] = lambda line: None,
        paths: "Finder | None" = None,
        unasked: bool = False,
    ) -> None:
        """`unasked`: no person started this run."""
        self._stash, self._config, self._jobs = stash, config, queue
        self._store = store or Store(data_dir, clock, warn)
        self._plex = plex or _connect(config, self._store)
        self._index, self._ledger = Index(self._store, warn), Ledger(self._store)
        self._clock, self._progress, self._warn = clock, progress, warn
        self._extras = extras(config)
        self._photos: set[str] = set()  # actors whose photo is owed already
        self._held = Journal(self._store).held()
        self._paths = paths or Finder(
            config.path_map, stash, self._index, self._store, clock, warn=warn
        )
        self._path_map = self._paths.path_map
        self._lost = 0  # scenes with files of which Plex has none
        self._failed = 0  # chunks in a row
        self._unasked = unasked
        self._result = GapDetectionResult()
        self._owed: dict[str, array[int]] = {}  # ids of scenes, by the reason
        self._agreeing: list[int] = []  # of the chunk that is compared

    def run(self, scope: str = "all", deep: bool = False) -> GapDetectionResult:
        """Check the scope (`all`, `recent`, `recent_7days`, or a custom range) once. What agreed
        before and has not moved since is not read again, unless the run is to be `deep`.

        What is found is owed when all was looked at, or could be. Raises what stops a run: a
        server out of reach, a side that is suddenly empty, more to change than the brake allows.
        """
        try:
            self._look(scope, deep)
        except Exception:
            with suppress(errors.Braked):
                self._owe()
            raise
        self._owe()
        return self._result

    def sample(self, ids: Sequence[int]) -> None:
        """Braked if too many of these scenes would lose something by a sync; nothing is owed."""
        self._index.refresh(self._plex, self._clock())
        found = self._stash.scenes(ids, self._extras)
        result = GapDetectionResult()
        for some in _chunks(found.values()):
            chunk = self._chunk(some, {}, result)
            self._check(chunk, self._items(chunk), result)
        brake.too_much(result.losing, result.compared, self._config.brake_share)

    def _look(self, scope: str, deep: bool) -> None:
        only = self._filter(scope)
        total = self._stash.count(only)
        if not total:
            brake.stash_is_empty(self._stash, self._ledger)
        self._index.refresh(
            self._plex, self._clock(), force=True, progress=lambda f: self._progress(f * 0.1)
        )
        self._look_at_paths()
        self._brake()
        self._walk(only, total, deep)
        if self._lost >= ENOUGH and self._look_at_paths():
            self._walk(only, total, deep)
        result = self._result
        result.deep = only == EVERYTHING and not (result.unmoved or result.errors)

    def _look_at_paths(self) -> bool:
        """Find out where Plex has Stash's files; whether that is somewhere else now."""
        moved = self._paths.look()
        self._path_map = self._paths.path_map
        return moved

    def _brake(self) -> None:
        try:
            brake.plex_lost_everything(self._stash, self._index, self._ledger, self._path_map)
        except errors.LibraryEmpty:
            if not self._look_at_paths():  # else nothing is lost, but all of it has moved
                raise

    def _walk(self, only: SceneFilter, total: int, deep: bool) -> None:
        result = self._result = GapDetectionResult()
        self._owed = {}
        self._lost = 0
        verified = self._verified()
        if deep and only == EVERYTHING:
            verified.forget()
        chunks = self._to_compare(only, total, verified, deep)
        agreed: Prints = {}
        for chunk, items in fetched(chunks, self._items):
            self._agreeing = []
            self._try_chunk(chunk, items, result)
            agreed.update({n: chunk.prints[n] for n in self._agreeing if n in chunk.prints})
            if len(agreed) >= PUT:
                verified.put(agreed)
                agreed = {}
            self._tell(total)
        verified.put(agreed)

    def _to_compare(
        self, only: SceneFilter, total: int, verified: Verified, deep: bool
    ) -> Iterator[Chunk]:
        """The scenes of which it cannot be told that they agree as they did."""
        prints: Prints = {}

        def scenes() -> Iterator[Scene]:
            for page, ids, found in self._pages(only, verified):
                moved = ids if deep else self._moved(ids, found, verified, self._result)
                prints.update((n, found[n]) for n in moved if n in found)
                if moved:
                    yield from self._stash.read({n: page.rows[n] for n in moved}, self._extras)
                self._tell(total)

        for some in _chunks(scenes()):
            mine = {one.id: prints.pop(one.id) for one in some if one.id in prints}
            yield self._chunk(some, mine, self._result)

    def _pages(
        self, only: SceneFilter, verified: Verified
    ) -> Iterator[tuple[Page, Collection[int], Prints]]:
        """The pages of a walk, with the ids of their scenes and the numbers of these."""
        outlines = Outlines(self._store, verified.rules, self._path_map)
        known = outlines.known if only == EVERYTHING else unknown
        for page in ahead(self._stash.pages(only, extras=self._extras, known=known)):
            outline = outlines.of(page)
            yield page, outline.said.keys(), verified.prints(outline)

    def _chunk(self, scenes: Sequence[Scene], prints: Prints, result: GapDetectionResult) -> Chunk:
        selected = self._selected(scenes, result)
        chosen = [scene for scene in selected if scene.id not in self._held]
        result.held_count += len(selected) - len(chosen)
        return Chunk(scenes, chosen, match.hints(chosen, self._index, self._path_map), prints)

    def _items(self, chunk: Chunk) -> dict[int, Item]:
        return self._plex.items(chunk.hints.rating_keys)

    def _tell(self, total: int) -> None:
        self._progress(0.1 + 0.8 * min(1.0, self._result.scenes_checked / max(1, total)))

    def _verified(self) -> Verified:
        return Verified(self._store, self._index, self._ledger, self._config, self._path_map)

    def _moved(
        self,
        ids: Collection[int],
        prints: Prints,
        verified: Verified,
        result: GapDetectionResult,
    ) -> list[int]:
        """Those of which it cannot be told that they agree as they did; the others are counted."""
        agreed = verified.agreed(ids)
        moved = [
            number for number in ids
            if number in self._held or number not in agreed or agreed[number] != prints.get(number)
        ]  # fmt: skip
        unmoved = len(ids) - len(moved)
        result.unmoved += unmoved
        result.scenes_checked += unmoved
        result.compared += unmoved
        return moved

    def _filter(self, scope: str) -> SceneFilter:
        parsed = engine_scope(scope)
        if parsed.kind == "all":
            return SceneFilter()
        since, until = window(parsed, self._clock(), self._stash.newest_timestamp())
        return SceneFilter(since=since, until=until)

    def _try_chunk(
        self, chunk: Chunk, items: Callable[[], dict[int, Item]], result: GapDetectionResult
    ) -> None:
        result.scenes_checked += len(chunk.scenes)
        try:
            self._check(chunk, items(), result)
            self._failed = 0
        except Exception as error:  # one bad page must not end the run
            if verdict.action_of(error) == verdict.PAUSE:
                raise
            self._failed += 1
            self._note(error, chunk.scenes, result)

    def _selected(self, chunk: Sequence[Scene], result: GapDetectionResult) -> list[Scene]:
        whys = [selection.skip(scene, self._config) for scene in chunk]
        result.skipped.update(why.reason for why in whys if why)
        self._owe_left([s.id for s, why in zip(chunk, whys, strict=True) if why], result)
        return [scene for scene, why in zip(chunk, whys, strict=True) if not why]

    def _owe_left(self, passed_over: Sequence[int], result: GapDetectionResult) -> None:
        """Scenes that left the selection while nobody was looking, if they are to be restored."""
        if passed_over and self._config.on_leave == RESTORE:
            left = [n for n in self._ledger.showing(passed_over) if n not in self._held]
            result.compared += len(left)
            result.losing += len(left)
            for number in left:
                self._note_owed(number, "left")

    def _note(self, error: Exception, chunk: Sequence[Scene], result: GapDetectionResult) -> None:
        words = verdict.in_words(error)
        result.errors.append(f"scenes {chunk[0].id} to {chunk[-1].id}: {words}"[:500])
        self._warn(result.errors[-1])
        if self._failed >= IN_A_ROW or len(result.errors) >= TOO_MANY:
            server, cause = getattr(error, "server", ""), getattr(error, "cause", "")
            said = f"too much could not be checked, the last: {words}"
            raise errors.Busy(said).of(server, cause) from None

    def _check(self, chunk: Chunk, items: Mapping[int, Item], result: GapDetectionResult) -> None:
        scenes, found = chunk.chosen, match.matched(chunk.hints, items, self._index)
        pairs = [
            (scene, item) for scene in scenes if self._usable(found, scene, result)
            for item in found.of(scene)
        ]  # fmt: skip
        entries = self._ledger.entries([item.rating_key for _, item in pairs])
        owner = match.owners(
            pairs, {key: e.scene_id for key, e in entries.items()}, self._still_there
        )
        entries |= self._ledger.new({key: owner[key] for key in owner.keys() - entries.keys()})
        for scene in self._missing(found, scenes, result):
            self._note_owed(scene.id, MISSING)
        for scene in scenes:
            its = [i for s, i in pairs if s is scene]
            mine = [i for i in its if owner[i.rating_key] == scene.id]
            result.conflict_count += bool(its) and not mine
            if mine:
                agrees, reason = self._judge(scene, mine, entries, result)
                self._note_owed(scene.id, reason)
                if agrees and mine == its:
                    self._agreeing.append(scene.id)

    def _note_owed(self, number: int, reason: str) -> None:
        if reason:
            self._owed.setdefault(reason, array("q")).append(number)

    def _owe(self) -> None:
        """Put what was found into the queue, unless the brake says no."""
        if self._jobs is None:
            return
        result = self._result
        brake.too_much(result.losing, result.compared, self._config.brake_share)
        if self._unasked:
            touched = sum(len(ids) for why, ids in self._owed.items() if why != MISSING)
            brake.too_many(touched, self._config.brake_scenes)
        now = self._clock()
        for reason, ids in self._owed.items():
            for at in range(0, len(ids), PUT):
                jobs = [Job(one, reason=reason, rank=BACKLOG) for one in ids[at : at + PUT]]
                result.enqueued_count += self._jobs.put(jobs, now)
                if reason != MISSING:  # it was waited for, and now it is there
                    self._jobs.hasten(jobs, now)

    def _usable(self, found: match.Matches, scene: Scene, result: GapDetectionResult) -> bool:
        if len(found.of(scene)) > 1 and not self._config.allow_ambiguous_match:
            result.conflict_count += 1
            return False
        return True

    def _missing(
        self, found: match.Matches, chunk: Sequence[Scene], result: GapDetectionResult
    ) -> list[Scene]:
        lost = [scene for scene in chunk if scene.files and not found.of(scene)]
        self._lost += len(lost)
        if self._config.skip_not_found or not self._config.reconcile_missing:
            return []
        result.missing_count += len(lost)
        return lost

    def _judge(
        self,
        scene: Scene,
        items: Sequence[Item],
        entries: Mapping[int, Entry],
        result: GapDetectionResult,
    ) -> "tuple[bool, str]":
        """Count the scene's gap; whether it has none, and the reason for which it is owed, '' if it
        is not."""
        gaps, cover, asking, losing = [], False, False, False
        for item in items:
            entry = entries[item.rating_key]
            work = decided(scene, item, entry, self._config)
            if work is None:
                continue
            self._claim_photos(work)
            one = gap(
                scene.id, work.changes, item.values, work.wanted, ("photos",) * bool(work.photos)
            )
            gaps += [one] if one else []
            cover = cover or self._cover_moved(scene, item, entry)
            asking = asking or bool(unasked(work.changes, entry.asked))
            losing = losing or brake.loses(work.changes)
        result.compared += 1
        result.losing += losing
        one = worst(gaps)
        if one and one.kind != DRIFTED:
            _count(one, result)
            return False, one.kind
        if one:
            _count(one, result)
            _name(one, scene, items, result)
        if cover:
            result.cover_checks += 1
            return False, "cover"
        # The sync that comes of it writes nothing; it lists the edit for a decision.
        agrees = not (one or asking or self._awaits_photo(scene))
        return agrees, "edited" if asking else ""

    def _awaits_photo(self, scene: Scene) -> bool:
        """Whether a photo of one of its actors is owed, be it with another scene."""
        return not self._photos.isdisjoint(photos.wanted(scene, self._config))

    def _claim_photos(self, work: Work) -> None:
        if names := photos.wanted(work.scene, self._config):
            claim_photos([work], self._ledger.photos(names), self._config, self._photos)

    def _cover_moved(self, scene: Scene, item: Item, entry: Entry) -> bool:
        """Whether the cover has to be looked at: that it changed is only known once it is here."""
        how = rules(item, entry, self._config)
        due = covers.in_question(scene, item, entry, self._config, how)
        # What a person was asked about waits for the answer, not for a look.
        return scene.has_cover and any(kind.field not in entry.asked for kind in due)

    def _still_there(self, scene_id: int, item: Item) -> bool:
        holder = self._stash.scenes([scene_id], self._extras).get(scene_id)
        if holder is None or selection.skip(holder, self._config):
            return False
        return match.holds(item, holder, self._path_map)


def _connect(config: Any, store: Store) -> Any:
    from plex.client import connect
    from validation.config import problem

    if said := problem(config):
        raise errors.SetupError(said)
    client = connect(
        config.plex_url, config.token, config.connect_timeout, config.read_timeout,
        verify=not config.plex_insecure_tls,
    ).only(config.plex_library)  # fmt: skip
    store.belongs_to(client.machine)
    return client


def _chunks(scenes: Iterable[Scene]) -> Iterator[Sequence[Scene]]:
    left = iter(scenes)
    while some := list(islice(left, CHUNK)):
        yield some


def _count(one: Gap, result: GapDetectionResult) -> None:
    name = f"{one.kind}_count"
    setattr(result, name, getattr(result, name) + 1)


def _name(one: Gap, scene: Scene, items: Sequence[Item], result: GapDetectionResult) -> None:
    if len(result.drifted) < NAMED:
        result.drifted.append(
            {"scene": scene.id, "items": [i.rating_key for i in items], "fields": list(one.fields)}
        )
