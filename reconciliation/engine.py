"""GapDetectionEngine: walk the scenes of a scope, compare each with its item, owe what differs.

Plex is listed once and read in batches, Stash in pages by id; nothing is kept of a page but counts.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import errors
from disk import servers
from net.ahead import fetched
from plex.library import match
from plex.library.index import Index
from plex.library.path_map import Finder
from plex.library.witnesses import Witnesses
from plex.state.database import Store
from plex.state.holds import Holds
from plex.state.journal import Journal
from plex.state.ledger import Ledger
from plex.state.scene_state_store import Seen
from plex.sync.work import extras
from reconciliation import brake
from reconciliation.choosing import Choosing, Chunk
from reconciliation.comparing import Comparing
from reconciliation.found import GONE, Found
from reconciliation.gone import Gone
from reconciliation.judging import Judging
from reconciliation.newcomers import Newcomers
from reconciliation.result import GapDetectionResult
from reconciliation.sampling import Sampling
from reconciliation.verified import Verified
from reconciliation.walking import Walked, Walking
from reconciliation.window import reached, reaching, window
from stash.api import EVERYTHING, SceneFilter
from stash.scene import Scene
from sync_queue import inbox, retry_policy
from sync_queue.jobs import Jobs
from validation.scope import engine_scope

if TYPE_CHECKING:
    from validation.config import Stash2PlexConfig

AT_ONCE = 500  # scenes whose state is kept, so many at a time
TOO_MANY, IN_A_ROW = 20, 3  # chunks that cannot be checked: it is the server then, not the chunk


class GapDetectionEngine:
    """Finds gaps. Without a `queue` it only counts them; `plex` is a client of the server."""

    def __init__(
        self,
        stash: Any,
        config: "Stash2PlexConfig",
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
        seen_until: "str | None" = None,
        passed: Callable[[Sequence[int]], None] = lambda ids: None,
    ) -> None:
        """`unasked`: no person started this run. With `seen_until` (see the scheduler) a scope that
        counts back from now reaches back to there. `passed` is told the scenes that may be written."""
        self._stash, self._config, self._jobs = stash, config, queue
        self._settings = config.sync_settings()
        self._plex = plex or _connect(config)
        self._store = store or _store_of(self._plex, config.plex_url, data_dir, clock, warn)
        self._index, self._ledger = Index(self._store, warn), Ledger(self._store)
        self._seen = Seen(self._store)
        self._clock, self._progress, self._warn = clock, progress, warn
        self._paths = paths or Finder(
            config.path_map, stash, self._index, self._store, clock, warn=warn
        )
        self._path_map = self._paths.path_map
        self._judge = Judging(self._ledger, self._settings)
        self._failed = 0  # chunks in a row
        self._others: Sequence[int] = ()  # items of which some can be read
        self._unasked, self._seen_until = unasked, seen_until
        self._passed = passed
        self._found = Found()

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
        return self._found.result

    def sample(self, ids: Sequence[int], whole: float = 1.0, freed: bool = False) -> None:
        """Braked if too many of these scenes would lose something by a sync; nothing is owed. They
        stand for `whole` times as many; those that are `freed` are held until then.

        A scene that cannot be compared is left out, and told. Whatever else fails is raised.
        """
        self._index.refresh(self._plex, self._clock())
        choosing = self._choosing(freed)
        sampling = Sampling(self._stash, self._plex, choosing, self._comparing(), self._warn)
        result = sampling.result(ids, extras(self._settings))
        self._seen.put(sampling.states)
        brake.too_much(result.losing, result.compared, self._config.brake_share, whole)

    def _look(self, scope: str, deep: bool) -> None:
        now, newest = self._clock(), self._stash.newest_timestamp()
        only = self._filter(scope, newest, now)
        total = self._stash.count(only)
        if not total:
            brake.stash_is_empty(self._stash, self._ledger)
        if deep:
            self._index.doubt_all()
        self._index.refresh(
            self._plex, self._clock(), force=True, progress=lambda f: self._progress(f * 0.1)
        )
        self._paths.look()
        self._path_map = self._paths.path_map
        brake.plex_lost_everything(self._stash, self._index, self._ledger, self._path_map)
        self._walk(only, total, deep)
        result = self._found.result
        for line in result.left_out:
            self._warn(f"left out: {line}")
        result.left_out += [one.line for one in self._index.unlisted.parts().values()]
        result.since, result.until = only.since, only.until
        # What was left out has to be looked at by the next run as well.
        result.newest = "" if result.left_out else reached(newest, now)
        result.deep = only == EVERYTHING and not (result.unmoved or result.errors)

    def _walk(self, only: SceneFilter, total: int, deep: bool) -> None:
        found = self._found = Found()
        verified, tell = self._verified(), partial(self._tell, total)
        if deep and only == EVERYTHING:
            verified.forget()
        gone = self._gone()
        walked = self._walking(verified, tell, gone)(only, deep, found.result)
        if only != EVERYTHING:
            walked = self._with_newcomers(walked)
        compare, self._others = self._comparing(), Witnesses(self._store).besides()
        try:
            for chunk, items in fetched(self._choosing()(walked, found), self._items):
                self._try_chunk(compare, chunk, items)
                if len(found.states) >= AT_ONCE:
                    self._keep(verified)
                tell()
        finally:
            self._keep(verified)
        if only == EVERYTHING and not found.result.errors:
            for number in gone.ids:
                found.owed.add(number, GONE)

    def _with_newcomers(self, walked: Iterable[Walked]) -> Iterator[Walked]:
        met: set[int] = set()
        for one in walked:
            met.add(one[0].id)
            yield one
        yield from Newcomers(
            self._stash, self._store, self._index, self._path_map, extras(self._settings)
        ).walk(met)

    def _keep(self, verified: Verified) -> None:
        """What was seen so far, whatever becomes of the run."""
        states, agreed = self._found.states, self._found.agreed
        self._found.states, self._found.agreed = {}, {}
        if states:
            with self._store.writing():
                self._seen.put(states)
                verified.put(agreed)

    def _gone(self) -> Gone:
        held = Journal(self._store).held()
        return Gone(self._seen, [*held, *(self._jobs.dead_scenes() if self._jobs else ())])

    def _verified(self) -> Verified:
        return Verified(self._store, self._index, self._ledger, self._settings, self._path_map)

    def _walking(self, verified: Verified, tell: Callable[[], None], gone: Gone) -> Walking:
        return Walking(self._stash, self._settings, verified, self._holds(), tell, gone)

    def _holds(self, freed: bool = False) -> Holds:
        return Holds(Journal(self._store), self._path_map, freed, self._warn)

    def _choosing(self, freed: bool = False) -> Choosing:
        holds = self._holds(freed)
        return Choosing(self._index, self._ledger, self._settings, holds, self._path_map)

    def _comparing(self) -> Comparing:
        finds_missing = self._config.reconcile_missing and not self._config.skip_not_found
        return Comparing(
            self._stash, self._index, self._ledger, self._settings, self._judge, self._path_map,
            finds_missing,
        )  # fmt: skip

    def _items(self, chunk: Chunk) -> match.Read:
        return match.read(self._plex, chunk.hints.rating_keys, lambda: self._others)

    def _tell(self, total: int) -> None:
        checked = self._found.result.scenes_checked
        self._progress(0.1 + 0.8 * min(1.0, checked / max(1, total)))

    def _filter(self, scope: str, newest: "str | None", now: float) -> SceneFilter:
        parsed = engine_scope(scope)
        since, until = window(parsed, now, newest)
        if parsed.kind == "last" and self._seen_until is not None:
            since = reaching(since, self._seen_until, now)
        return SceneFilter(since=since, until=until)

    def _try_chunk(self, compare: Comparing, chunk: Chunk, had: Callable[[], match.Read]) -> None:
        self._found.result.scenes_checked += len(chunk.scenes)
        try:
            compare(chunk, had(), self._found)
            self._failed = 0
        except Exception as error:  # one bad page must not end the run
            if retry_policy.action_of(error) == retry_policy.PAUSE:
                raise
            self._failed += 1
            self._note(error, chunk.scenes)

    def _note(self, error: Exception, scenes: Sequence[Scene]) -> None:
        words, failures = retry_policy.in_words(error), self._found.result.errors
        failures.append(f"scenes {scenes[0].id} to {scenes[-1].id}: {words}"[:500])
        self._warn(failures[-1])
        if self._failed >= IN_A_ROW or len(failures) >= TOO_MANY:
            server, cause = getattr(error, "server", ""), getattr(error, "cause", "")
            said = f"too much could not be checked, the last: {words}"
            raise errors.Busy(said).of(server, cause) from None

    def _owe(self) -> None:
        """Put what was found into the queue, unless the brake says no."""
        if self._jobs is None:
            return
        result, owed = self._found.result, self._found.owed
        brake.too_much(result.losing, result.compared, self._config.brake_share)
        if self._unasked:
            brake.too_many(owed.touching, self._config.brake_scenes)
        for ids in owed.by_reason.values():
            self._passed(ids)
        result.enqueued_count += owed.put(self._jobs, self._clock())


def _store_of(
    plex: Any, url: str, data_dir: Any, clock: Callable[[], float], warn: Callable[[str], None]
) -> Store:
    """What is remembered of this server."""
    store = Store(inbox.home(data_dir), clock, warn)
    present = servers.in_force(data_dir, store.machine)
    if not (present and plex.machine) or present == plex.machine:
        store.belongs_to(plex.machine)
        return store
    with closing(store):
        folder = servers.enter(data_dir, plex.machine, present, url)
    store = Store(folder, clock, warn)
    store.belongs_to(plex.machine)
    return store


def _connect(config: "Stash2PlexConfig") -> Any:
    from plex.client.client import connect
    from validation.config import problem

    if said := problem(config):
        raise errors.SetupError(said)
    return connect(
        config.plex_url, config.token, config.connect_timeout, config.read_timeout,
        verify=not config.plex_insecure_tls,
    ).only(config.plex_library).paused(config.paused)  # fmt: skip
