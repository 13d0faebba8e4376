"""GapDetectionEngine: scans the scenes of a scope, compares each with its items, queues what differs.

Plex is listed once and read in batches, Stash in pages by id; nothing is kept of a page but counts.
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, suppress
from functools import partial
from typing import TYPE_CHECKING

import errors
from net.prefetch import fetch_ahead
from plex.fields.registry import extras
from plex.library import match
from plex.library.index import Index
from plex.library.path_map import Finder
from plex.library.witnesses import Witnesses
from plex.state.database import Store
from plex.state.journal import Holds, Journal
from plex.state.ledger import Ledger, SceneStates
from plex.sync.decide import Decider
from reconciliation import brake
from reconciliation.compare import Comparison
from reconciliation.fingerprints import Fingerprints
from reconciliation.marks import Marks, Unsure
from reconciliation.newcomers import Newcomers
from reconciliation.quick import Quick
from reconciliation.result import GONE, Findings, GapDetectionResult
from reconciliation.scan import Chunk, DeletedScenes, Scan, Scanned, Selection
from reconciliation.window import reached, reaching, window
from stash.queries import EVERYTHING, SCENE, SceneFilter
from stash.scene import Scene
from sync_queue import inbox, retry_policy, servers
from sync_queue.jobs import Jobs
from validation.scope import engine_scope

if TYPE_CHECKING:
    from plex.client.client import PlexClient
    from stash.api import StashApi
    from validation.config import Stash2PlexConfig

LIST, SAMPLE, COMPARE = "list", "sample", "compare"  # kinds of work, for the progress
AT_ONCE = 500  # scenes whose state is kept in one transaction
TOO_MANY, IN_A_ROW = 20, 3  # chunks that fail: the fault is the server's then, not the chunk's


class GapDetectionEngine:
    """Finds gaps. Without a `queue` it only counts them. `plex` is a client of the server."""

    def __init__(
        self,
        stash: "StashApi",
        config: "Stash2PlexConfig",
        data_dir: "str | os.PathLike[str]",
        queue: "Jobs | None" = None,
        *,
        plex: "PlexClient | None" = None,
        store: "Store | None" = None,
        clock: Callable[[], float] = time.time,
        progress: Callable[[str, int, int], None] = lambda work, done, total: None,
        warn: Callable[[str], None] = lambda line: None,
        paths: "Finder | None" = None,
        unasked: bool = False,
        seen_until: "str | None" = None,
        passed: Callable[[Sequence[int]], None] = lambda ids: None,
    ) -> None:
        """`unasked`: no person started this run. With `seen_until` (see the scheduler) a scope that counts
        back from now reaches back to that moment. `passed` gets the scenes that may be written. `progress`
        gets the kind of work, and how many of all things are done."""
        self._stash, self._config, self._jobs = stash, config, queue
        self._settings = config.sync_settings()
        self._plex = plex or _connect(config)
        self._store = store or _store_of(self._plex, config.plex_url, data_dir, clock, warn)
        self._index, self._ledger = Index(self._store, warn), Ledger(self._store)
        self._seen = SceneStates(self._store)
        self._clock, self._progress, self._warn = clock, progress, warn
        self._paths = paths or Finder(
            config.path_map, stash, self._index, self._store, clock, warn=warn
        )
        self._path_map = self._paths.path_map
        self._failed = 0  # chunks in a row
        self._unasked, self._seen_until = unasked, seen_until
        self._passed = passed
        self._findings = Findings()
        self._marks: Marks | None = None

    def run(
        self, scope: str = "all", deep: bool = False, quick: bool = False
    ) -> GapDetectionResult:
        """Checks the scope (`all`, `recent`, `recent_7days`, or a custom range) once. Does not read
        again what agreed before and has not moved since, unless the run is `deep`. A `quick` run reads
        only what changed since the last run, if that can be known.

        Queues what differs, also what was found before an error. Raises what stops a run: a server
        out of reach, a side that is suddenly empty, more to change than the brake allows.
        """
        try:
            self._look(scope, deep, quick)
        except Exception:
            with suppress(errors.Braked):
                self._queue()
            raise
        self._queue()
        self._keep_marks()
        return self._findings.result

    def _look(self, scope: str, deep: bool, quick: bool) -> None:
        why = ""
        if quick:
            try:
                self._check_quick(scope)
                return
            except Unsure as unsure:
                why, scope = str(unsure), "all" if unsure.whole else scope
        self._check(scope, deep)
        self._findings.result.unsure = why

    def sample(self, ids: Sequence[int], whole: float = 1.0, freed: bool = False) -> None:
        """Raises Braked if too many of these scenes would lose something by a sync; queues nothing. Each
        scene represents `whole` scenes. With `freed` it also compares held scenes, which the caller is
        about to release. Leaves out a scene that cannot be compared, with a warning."""
        self._index.refresh(self._plex, self._clock(), progress=partial(self._progress, LIST))
        decider = self._decider()
        selection, comparison = self._selection(decider, freed), self._comparison(decider)
        sample = brake.Sample(decider, self._plex, selection, comparison, self._warn)
        result = sample.compare(ids, partial(self._progress, SAMPLE))
        self._seen.put(sample.states)
        brake.too_much(result.losing, result.compared, self._config.brake_share, whole)

    def _check_quick(self, scope: str) -> None:
        """Checks what changed since the last run. Raises Unsure before anything is compared."""
        now, kind = self._clock(), engine_scope(scope).kind
        if kind == "dates":
            raise Unsure("the scope is a range of dates")
        fingerprints, quick = self._fingerprints(), self._quick()
        changes = quick.find(kind == "all", now)
        known, total = fingerprints.size(), len(changes.ids)
        scan = self._scanner(fingerprints, total)
        result = self._findings.result
        self._compare(scan.changed_of(quick.pages(changes), result), fingerprints, total)
        result.compared += max(0, known - result.scenes_checked)
        result.quick, result.scope, self._marks = True, scope, changes.marks
        newest = changes.marks.stash[SCENE].updated.newest
        self._end(newest, now)

    def _check(self, scope: str, deep: bool) -> None:
        now, newest = self._clock(), self._stash.newest_timestamp()
        only = self._filter(scope, newest, now)
        total = self._stash.count(only)
        if self._config.reconcile_interval != "never":
            self._marks = self._quick().begin(only, engine_scope(scope).kind, now)
        if not total:
            brake.stash_is_empty(self._stash, self._ledger)
        if deep:
            self._index.doubt_all()
        self._index.refresh(
            self._plex, self._clock(), force=True, progress=partial(self._progress, LIST)
        )
        self._paths.look()
        self._path_map = self._paths.path_map
        brake.plex_lost_everything(self._stash, self._index, self._ledger, self._path_map)
        self._scan(only, total, deep)
        result = self._findings.result
        result.since, result.until, result.scope = only.since, only.until, scope
        self._end(newest, now)
        result.deep = only == EVERYTHING and not (result.unmoved or result.errors)

    def _end(self, newest: "str | None", now: float) -> None:
        result = self._findings.result
        for line in result.left_out:
            self._warn(f"left out: {line}")
        result.left_out += [part.line for part in self._index.unlisted.parts().values()]
        # The next run has to look at what this run left out.
        result.newest = "" if result.left_out else reached(newest, now)

    def _scan(self, only: SceneFilter, total: int, deep: bool) -> None:
        fingerprints = self._fingerprints()
        if deep and only == EVERYTHING:
            fingerprints.forget()
        scan = self._scanner(fingerprints, total)
        findings, deleted = self._findings, scan.deleted
        scanned = scan.changed(only, deep, findings.result)
        if only != EVERYTHING:
            scanned = self._with_newcomers(scanned)
        self._compare(scanned, fingerprints, total)
        if only == EVERYTHING and not findings.result.errors:
            for number in deleted.ids:
                findings.to_sync.add(number, GONE)

    def _scanner(self, fingerprints: Fingerprints, total: int) -> Scan:
        self._findings = Findings()
        holds, tell = Holds(Journal(self._store), self._path_map), partial(self._tell, total)
        return Scan(self._stash, self._settings, fingerprints, holds, tell, self._deleted())

    def _compare(self, scanned: Iterable[Scanned], fingerprints: Fingerprints, total: int) -> None:
        findings, decider = self._findings, self._decider()
        # Asked here: the thread that reads items must not read our database.
        others = Witnesses(self._store).besides()
        comparison = self._comparison(decider)
        self._tell(total)
        try:
            chunks = self._selection(decider).chunks(scanned, findings)
            for chunk, items in fetch_ahead(chunks, lambda c: decider.read(c.hints, others)):
                self._try_chunk(comparison, chunk, items)
                if len(findings.states) >= AT_ONCE:
                    self._keep(fingerprints)
                self._tell(total)
        finally:
            self._keep(fingerprints)

    def _with_newcomers(self, scanned: Iterable[Scanned]) -> Iterator[Scanned]:
        met: set[int] = set()
        for scene, fingerprint in scanned:
            met.add(scene.id)
            yield scene, fingerprint
        yield from Newcomers(
            self._stash, self._store, self._index, self._path_map, extras(self._settings)
        ).walk(met)

    def _keep(self, fingerprints: Fingerprints) -> None:
        """Keeps what the run has seen so far, whatever happens to it later."""
        states, agreed = self._findings.states, self._findings.agreed
        self._findings.states, self._findings.agreed = {}, {}
        if states:
            with self._store.writing():
                self._seen.put(states)
                fingerprints.put(agreed)

    def _deleted(self) -> DeletedScenes:
        held = Journal(self._store).held()
        return DeletedScenes(self._seen, [*held, *(self._jobs.dead_scenes() if self._jobs else ())])

    def _fingerprints(self) -> Fingerprints:
        return Fingerprints(self._store, self._index, self._ledger, self._settings, self._path_map)

    def _quick(self) -> Quick:
        return Quick(
            self._stash, self._plex, self._store, self._path_map, extras(self._settings),
            self._fingerprints().rules, self._config.reconcile_scope == "all",
        )  # fmt: skip

    def _keep_marks(self) -> None:
        """Keeps the marks of the run: everything that they cover is in the queue by now. A run that left
        something out keeps no marks."""
        result = self._findings.result
        if self._marks and self._jobs and not (result.errors or result.left_out):
            self._quick().keep(self._marks)
            result.began_marks = not result.quick

    def _selection(self, decider: Decider, freed: bool = False) -> Selection:
        return Selection(decider, self._ledger, self._settings, decider.holds(freed), self._warn)

    def _comparison(self, decider: Decider) -> Comparison:
        finds_missing = self._config.reconcile_missing and not self._config.skip_not_found
        return Comparison(decider, self._settings, finds_missing)

    def _decider(self) -> Decider:
        settings = self._config.sync_settings(self._path_map)
        return Decider(self._stash, self._plex, self._index, self._ledger, settings, self._clock)

    def _tell(self, total: int) -> None:
        checked = self._findings.result.scenes_checked
        self._progress(COMPARE, checked, max(total, checked))

    def _filter(self, scope: str, newest: "str | None", now: float) -> SceneFilter:
        parsed = engine_scope(scope)
        since, until = window(parsed, now, newest)
        if parsed.kind == "last" and self._seen_until is not None:
            since = reaching(since, self._seen_until, now)
        return SceneFilter(since=since, until=until)

    def _try_chunk(
        self, comparison: Comparison, chunk: Chunk, read: Callable[[], match.ItemsRead]
    ) -> None:
        self._findings.result.scenes_checked += len(chunk.scenes)
        try:
            comparison.compare(chunk, read(), self._findings)
            self._failed = 0
        except Exception as error:  # one bad page must not end the run
            if retry_policy.action_of(error) == retry_policy.PAUSE:
                raise
            self._failed += 1
            self._note(error, chunk.scenes)

    def _note(self, error: Exception, scenes: Sequence[Scene]) -> None:
        words, failures = retry_policy.in_words(error), self._findings.result.errors
        failures.append(f"scenes {scenes[0].id} to {scenes[-1].id}: {words}"[:500])
        self._warn(failures[-1])
        if self._failed >= IN_A_ROW or len(failures) >= TOO_MANY:
            server, cause = getattr(error, "server", ""), getattr(error, "cause", "")
            summary = f"too much could not be checked, the last: {words}"
            raise errors.Busy(summary).of(server, cause) from None

    def _queue(self) -> None:
        """Puts the scenes to sync into the queue, unless a brake raises Braked."""
        if self._jobs is None:
            return
        result, to_sync = self._findings.result, self._findings.to_sync
        brake.too_much(result.losing, result.compared, self._config.brake_share)
        if self._unasked:
            brake.too_many(to_sync.touching, self._config.brake_scenes)
        for ids in to_sync.by_reason.values():
            self._passed(ids)
        result.enqueued_count += to_sync.put(self._jobs, self._clock())


def _store_of(
    plex: "PlexClient",
    url: str,
    data_dir: "str | os.PathLike[str]",
    clock: Callable[[], float],
    warn: Callable[[str], None],
) -> Store:
    """Opens the store of this server."""
    store = Store(inbox.home(os.fspath(data_dir)), clock, warn)
    present = servers.current(data_dir, store.machine)
    if not (present and plex.machine) or present == plex.machine:
        store.belongs_to(plex.machine)
        return store
    with closing(store):
        folder = servers.enter(data_dir, plex.machine, present, url)
    store = Store(folder, clock, warn)
    store.belongs_to(plex.machine)
    return store


def _connect(config: "Stash2PlexConfig") -> "PlexClient":
    from plex.client.client import connect
    from validation.address import problem

    if fault := problem(config.plex_url, config.token):
        raise errors.SetupError(fault)
    return connect(
        config.plex_url, config.token, config.connect_timeout, config.read_timeout,
        verify=not config.plex_insecure_tls,
    ).only(config.plex_library).paused(config.paused)  # fmt: skip
