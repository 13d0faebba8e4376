"""Builds a drain from its parts, runs it, and logs one line per scene."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import errors
from app import hook_hints
from app.arguments import flag
from app.phrasing import by_reason, many
from app.run import Run
from disk import lock
from stash import hook, stdio
from sync_queue import inbox

if TYPE_CHECKING:
    from plex.library.scans import Scans
    from plex.state.ledger import SceneStates
    from plex.sync.decision import Outcome
    from plex.sync.pipeline import Pipeline
    from plex.sync.prefetch import Pipelined
    from plex.sync.watcher import Watcher
    from sync_queue.drain import Drain

LINGER = 2.0  # seconds: hooks of a bulk edit come 30 to 300 ms apart
SHOWN = 50  # scenes that an answer lists
WITNESSES = 4  # scenes that are asked for, to find out whose fault an error is
NEWCOMERS = 500  # scenes whose file a drain looks for in Plex
PATIENCE = 5.0  # seconds: the first retry of a job comes within them
PAUSED = "by the setting Pause"


def drain(
    run: Run,
    linger: float = 0.0,
    only: int = 0,
    results: "dict[int, str] | None" = None,
) -> dict[str, Any]:
    """Do the due jobs, or `only` that of this scene. `results` gets a sentence for each of its scenes."""
    if is_for_later(run):
        hook.wake(dict(run.connection), run.data_dir)
        stdio.info("queued: a Process Queue task of Stash does the work")
        return {"later": True}
    if run.config.paused:
        inbox.drop_wake(run.data_dir)  # this was the drain that Stash promised
        stdio.info(f"paused by the setting Pause: {many(run.work_left(), 'job')} kept")
        return {"paused": PAUSED}
    _meet_server(run)
    home, only, batch = run.home, only or run.args.get("only", 0), Batch(run, results)
    batch.progress.begin()
    try:
        tally = _loop(run, batch, linger, only).run()
    finally:
        batch.close()
    if run.home != home:  # another server answered meanwhile, and it has its own queue
        return drain(run, linger, only, results)
    answer = tally.as_dict() | {"busy": tally.busy}
    if tally.reason:
        run.outages.trip(tally.reason)
    if tally.busy:
        stdio.info("another run is syncing already, and does this work too")
        return answer
    kept = run.work_left()
    if not (kept or tally.reason):
        run.outages.settle()
    stdio.info(_summary(run, answer, kept))
    if only:
        hook_hints.wake_if_work_is_left(run)
    elif not tally.paused and _queue_newcomers(run):
        more = drain(run, linger, results=results)
        counts = {name: n for name, n in answer.items() if type(n) is int}
        return more | {name: n + more.get(name, 0) for name, n in counts.items()}
    return answer


def _meet_server(run: Run) -> None:
    """Find out which server answers before its queue is opened, unless there is nothing to do."""
    from sync_queue import servers

    if lock.is_held(inbox.lock_path(run.data_dir)):
        return
    if run.work_left() or servers.may_be_another(run.data_dir, run.config.plex_url):
        run.meet()


def _loop(run: Run, batch: "Batch", linger: float, only: int) -> "Drain":
    from sync_queue.drain import Drain

    inline = run.args.get("trigger") == "inline"
    return Drain(
        run.data_dir, run.jobs, sync_batch=batch.begin, expand=partial(pages_showing, run),
        ahead=batch.ahead, size=batch.size, rest=batch.rest, brake=run.brake.check,
        max_retries=run.config.max_retries, is_up=partial(is_up, run),
        serves_others=partial(serves_others, run), pace=run.outages, only=only, linger=linger,
        patience=0.0 if inline else PATIENCE, stay=(lambda: False) if inline else batch.stay,
        clock=run.clock, warn=stdio.warning, say=stdio.info, progress=batch.progress.counted,
    )  # fmt: skip


def _queue_newcomers(run: Run) -> bool:
    """Queue scenes that left the queue before Plex had their file, and whose file is in Plex now.
    Every run that reached Plex looks for them, whatever Reconcile Interval says."""
    from reconciliation.detector import MISSING
    from reconciliation.newcomers import Newcomers

    if "plex" not in vars(run) or not seen_of(run).absent():
        return False
    newcomers = Newcomers(run.stash, run.store, run.index, run.path_map, ())
    if newcomers.are_due(run.clock()):
        run.index.refresh(run.plex, run.clock())
    ids = [scene.id for scene, _ in newcomers.walk((), NEWCOMERS)]
    run.jobs.put_scenes(ids, MISSING, run.clock())
    return bool(ids)


def is_for_later(run: Run) -> bool:
    """Whether the caller cannot wait, and a task of Stash does the work."""
    return flag(run, "later") and run.from_stash


def _summary(run: Run, tally: dict[str, Any], kept: int) -> str:
    counts = {name: n for name, n in tally.items() if name not in ("skipped", "paused", "busy")}
    parts = [f"{count} {name}" for name, count in counts.items() if count]
    parts += [by_reason(tally["skipped"])] if tally["skipped"] else []
    if kept:
        due = run.jobs.next_due()
        later = due is not None and due > run.clock()
        when = time.strftime(", the next is due at %H:%M:%S", time.localtime(due)) if later else ""
        parts.append(f"{many(kept, 'job')} kept for later{when}")
    return "queue: " + (", ".join(parts) if parts else "nothing is waiting")


def seen_of(run: Run) -> "SceneStates":
    """The state that each scene had when it was last compared."""
    from plex.state.ledger import SceneStates

    return SceneStates(run.store)


def pipeline_of(run: Run, watcher: "Watcher | None" = None) -> "Pipeline":
    """The pipeline of this run, with a Plex that answers."""
    from plex.images import letterbox
    from plex.state.ledger import Ledger
    from plex.sync.decide import Decider
    from plex.sync.pipeline import Pipeline

    if run.config.poster_fit and not letterbox.available():
        stdio.warning(letterbox.MISSING)
    plex = run.plex
    if run.paths.is_blank and run.paths.is_due:
        run.paths.look(plex)
    known = run.index, Ledger(run.store), run.config.sync_settings(run.path_map), run.clock
    decider = Decider(run.stash, plex, *known, lambda: run.jobs.hasten_waits(run.clock()))
    return Pipeline(decider, run.journal, stdio.info, watcher=watcher)


def _pipelined(run: Run, pipeline: "Pipeline | Pipelined") -> "Pipelined":
    """The pipeline with overlapping batches, once there is a second one. It has to be closed."""
    from plex.sync.prefetch import Pipelined, Prefetch, Reader

    if isinstance(pipeline, Pipelined):
        return pipeline
    servers, settings = (run.stash.beside(), run.plex.beside()), pipeline.decider.settings
    prefetch = Prefetch(run.stash, run.plex, Reader(*servers, run.store, settings, run.clock))
    return Pipelined(pipeline, prefetch)


class Batch:
    """Syncs the drain's batches: connects when the first comes, and logs one line per scene."""

    def __init__(self, run: Run, results: "dict[int, str] | None" = None) -> None:
        self._run, self._results = run, results
        self.progress = run.sync_progress
        self._pipeline: Pipeline | Pipelined | None = None
        self._next: Sequence[int] = ()  # named before there was a pipeline to read them ahead
        self._missing = 0
        self._scans: Scans | None = None

    def begin(self, ids: Sequence[int]) -> "Callable[[], list[Outcome]]":
        """Write what these scenes need. The returned function gives their outcomes."""
        with self._doubting(ids):
            outcomes = self._ready().begin(ids)

        def finished() -> "list[Outcome]":
            with self._doubting(ids):
                return self._ended(outcomes())

        return finished

    @contextmanager
    def _doubting(self, ids: Sequence[int]) -> Iterator[None]:
        """After a failed sync the state of these scenes is not known any more."""
        try:
            yield
        except errors.Stash2PlexError:
            self.progress.judged(ids)
            with suppress(errors.SetupError):
                seen_of(self._run).doubt(ids)
            raise

    def ahead(self, ids: Sequence[int]) -> None:
        """Read these scenes ahead: they are the next batch."""
        self._next = ids
        self._look_ahead()

    def size(self) -> int:
        return self._pipeline.size() if self._pipeline else 0

    def rest(self) -> float:
        """Seconds for which to leave Plex alone."""
        seconds = self._pipeline.rest() if self._pipeline else 0.0
        if seconds:
            stdio.debug(f"Plex is busy or slower than before: the sync rests for {seconds:.1f} s")
        return seconds

    def close(self) -> None:
        if self._pipeline:
            self._pipeline.close()

    def _ready(self) -> "Pipeline | Pipelined":
        if self._pipeline is None:
            self._pipeline = pipeline_of(self._run, self.progress)
            self._look_ahead()
        return self._pipeline

    def _look_ahead(self) -> None:
        if self._pipeline and self._next:
            self._pipeline = pipelined = _pipelined(self._run, self._pipeline)
            pipelined.ahead(self._next)
            self._next = ()

    def _ended(self, outcomes: "list[Outcome]") -> "list[Outcome]":
        missing = [outcome.scene_id for outcome in outcomes if outcome.missing]
        if missing and self._are_elsewhere(len(missing)):
            self.close()
            self._pipeline = None
            again = {outcome.scene_id: outcome for outcome in self._ready().sync(missing)}
            outcomes = [again.get(outcome.scene_id, outcome) for outcome in outcomes]
        for outcome in outcomes:
            self._log(outcome)
        self._await(outcomes)
        self.progress.judged(outcome.scene_id for outcome in outcomes)
        return outcomes

    def stay(self) -> bool:
        """Whether Plex is scanning for files that scenes wait for."""
        return self._scans is not None and self._scans.stay()

    def _await(self, outcomes: "Sequence[Outcome]") -> None:
        """With Trigger Plex Scan on, ask Plex to scan the folders of missing files; wait for its scans."""
        from plex.path_map import paths

        missing = [outcome for outcome in outcomes if outcome.missing]
        if missing and self._run.config.trigger_plex_scan:
            path_map = self._run.path_map
            files = [paths.plex_path(path, path_map) for lost in missing for path in lost.folders]
            self._known_scans().want(files)
        if any(outcome.unsettled for outcome in outcomes):
            self._known_scans().wait()

    def _known_scans(self) -> "Scans":
        from plex.library.scans import Scans

        run = self._run
        if self._scans is None:
            self._scans = Scans(run.plex, run.store, run.clock, stdio.warning, self._look_again)
        return self._scans

    def _look_again(self) -> None:
        """Plex has finished its scans: look at once for the files that scenes wait for."""
        self._run.index.look_again()
        self._run.jobs.hasten_waits(self._run.clock())

    def _are_elsewhere(self, missing: int) -> bool:
        """Whether Plex has its files under other paths now. Only many missing files are a reason to
        find out, and only once in a while."""
        from plex.path_map.infer import ENOUGH

        self._missing += missing
        paths = self._run.paths
        return self._missing >= ENOUGH and paths.is_due and paths.look()

    def _log(self, outcome: "Outcome") -> None:
        if self._results is not None and outcome.scene_id in self._results:
            self._results[outcome.scene_id] = str(outcome.error or outcome.said)
        for line in outcome.warnings:
            stdio.warning(f"{outcome.label} {line}")
        if outcome.error or (outcome.warnings and not outcome.items):
            return  # the drain logs the error, and the warning said it all
        if outcome.missing:
            log = stdio.debug if self._run.config.skip_not_found else stdio.info
            log(f"{outcome.label} {outcome.said}{self._looked_for(outcome)}")
        else:
            arrow = "→ " if outcome.items else ""
            stdio.info(f"{outcome.label} {arrow}{outcome.said}")
        for change in outcome.changes:
            stdio.debug(
                f"{outcome.label}: {change.field} {change.before!r} → {change.after!r} ({change.why})"
            )

    def _looked_for(self, outcome: "Outcome") -> str:
        """Where a missing file was looked for: a wrong Path Map shows here."""
        from plex.path_map import paths

        path_map = self._run.path_map
        places = [paths.plex_path(path, path_map) for path in outcome.folders]
        size = " of the same size" if isinstance(path_map, paths.Inferred) else ""
        return f": no item has {' or '.join(places)}{size}" if places else ""


def is_up(run: Run, error: Exception) -> bool:
    """Whether the server that this error names answers at all."""
    try:
        is_stash = getattr(error, "server", "") == errors.STASH
        run.stash.version() if is_stash else run.probe_plex()
    except errors.Stash2PlexError:
        return False
    return True


def serves_others(run: Run, error: Exception) -> bool:
    """Whether the server that this error names gives other things: items of any library, earlier scenes."""
    from plex.library.witnesses import Witnesses, serves

    server = getattr(error, "server", "")
    try:
        if server == errors.STASH:
            for scene in seen_of(run).random_ids(WITNESSES):
                with suppress(errors.Busy):
                    if run.stash.scenes([scene]):
                        return True
        return server == errors.PLEX and serves(run.plex, Witnesses(run.store).besides())
    except errors.Stash2PlexError:
        return False


def pages_showing(run: Run, kind: str, number: int) -> Iterator[list[int]]:
    """The ids of the scenes that show this performer, studio, tag or group, in pages."""
    from plex.fields.registry import extras
    from plex.state.ledger import Ledger
    from stash.queries import INDIRECT, SceneFilter

    # Stash knows nothing of a destroyed one, so the ledger comes first.
    if remembered := Ledger(run.store).scenes_showing(kind, number):
        yield remembered
    shown, way = INDIRECT.get(kind, ("", ""))
    for ref in [kind, way] if shown in extras(run.config.sync_settings()) else [kind]:
        yield from run.stash.walk_ids(SceneFilter(refs=(ref, number)))
