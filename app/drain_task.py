"""Puts a drain together from its parts and tells what it does, one line per job."""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import errors
from app import hook_hints
from app.arguments import flag
from app.phrasing import by_reason, many
from app.run import Run
from stash import hook, stdio

if TYPE_CHECKING:
    from plex.library.scans import Scans
    from plex.state.scene_state_store import Seen
    from plex.sync.outcome import Outcome
    from plex.sync.pipeline import Pipeline
    from plex.sync.pipelined import Pipelined

LINGER = 2.0  # seconds: hooks of a bulk edit come 30 to 300 ms apart
TOLD = 50  # scenes of which an answer tells
WITNESSES = 4  # scenes that Stash is asked for, to know whose fault an error is
NEWCOMERS = 500  # scenes without a file in Plex that a drain looks for
PATIENCE = 5.0  # seconds: the first retry of a job comes within them


def drain(
    run: Run,
    linger: float = 0.0,
    span: "tuple[float, float]" = (0.0, 1.0),
    only: int = 0,
    told: "dict[int, str] | None" = None,
) -> dict[str, Any]:
    """Do what is owed. `span` is the part of the task's progress that this takes; `only` a scene
    besides which nothing is done; `told` gets what is said of its scenes."""
    from disk import lock
    from sync_queue import inbox
    from sync_queue.drain import Drain

    if is_for_later(run):
        hook.wake(dict(run.connection), run.data_dir)
        stdio.info("a Process Queue task does it")
        return {"later": True}
    if run.config.paused:
        inbox.drop_wake(run.data_dir)  # this was the drain that was on its way
        stdio.info(f"paused by the setting: {many(run.owed(), 'job')} kept")
        return {"paused": "by the setting `paused`"}
    if not lock.is_held(os.path.join(run.data_dir, inbox.LOCK)) and (run.owed() or _moved(run)):
        run.meet()  # before its queue is opened: which one that is depends on the server
    home, (start, end) = run.home, span
    batch, probe, inline = Batch(run, told), Probe(run), run.args.get("trigger") == "inline"
    loop = Drain(
        run.data_dir,
        run.jobs,
        sync_batch=batch,
        expand=Expansion(run),
        ahead=batch.ahead,
        rest=batch.rest,
        brake=run.brake.check,
        max_retries=run.config.max_retries,
        is_up=probe,
        serves_others=probe.serves_others,
        pace=run.outages,
        only=only or run.args.get("only", 0),
        linger=linger,
        patience=0.0 if inline else PATIENCE,
        stay=(lambda: False) if inline else batch.stay,
        clock=run.clock,
        warn=stdio.warning,
        say=stdio.info,
        progress=lambda part: run.progress(start + (end - start) * part),
    )
    try:
        tally = loop.run()
    finally:
        batch.close()
    if run.home != home:  # another server has answered meanwhile, and has a queue of its own
        return drain(run, linger, span, only, told)
    if tally.reason:
        run.outages.trip(tally.reason)
    elif not (tally.busy or run.owed()):
        run.outages.settle()
    if tally.busy:
        stdio.info("another run is at it already and does this work as well")
    else:
        stdio.info(_summary(run, tally.as_dict()))
    if loop.only and not tally.busy:
        hook_hints.wake_if_owed(run)
    if not (loop.only or tally.busy or tally.paused) and _newcomers_are_owed(run):
        more = drain(run, linger, span, told=told)
        return {**more, **_sum(tally.as_dict(), more)}
    return tally.as_dict() | {"busy": tally.busy}


def _newcomers_are_owed(run: Run) -> bool:
    """Whether Plex has got the files of scenes that have left the queue: whatever the interval of
    reconciliations is, a run that has met Plex looks for them."""
    from reconciliation.detector import MISSING
    from reconciliation.newcomers import Newcomers

    if "plex" not in vars(run):
        return False
    newcomers = Newcomers(run.stash, run.store, run.index, run.path_map, ())
    if newcomers.are_due(run.clock()):
        run.index.refresh(run.plex, run.clock())
    ids = [scene.id for scene, _ in newcomers.walk((), NEWCOMERS)]
    run.jobs.owe(ids, MISSING, run.clock())
    return bool(ids)


def _sum(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    counts = {name for name, value in one.items() if type(value) is int}
    return {name: one[name] + other.get(name, 0) for name in counts}


def _moved(run: Run) -> bool:
    from sync_queue import servers

    return servers.may_be_another(run.data_dir, run.config.plex_url)


def is_for_later(run: Run) -> bool:
    """Whether a page asks, which cannot wait: a task of Stash does the work then."""
    return flag(run, "later") and run.from_stash


def _summary(run: Run, tally: dict[str, Any]) -> str:
    told = ("skipped", "paused")
    said = [f"{tally[name]} {name}" for name in tally if name not in told and tally[name]]
    said += filter(None, [by_reason(tally["skipped"])])
    kept = run.owed()
    if kept:
        due = run.jobs.next_due()
        later = due is not None and due > run.clock()
        when = time.strftime(", the next is due at %H:%M:%S", time.localtime(due)) if later else ""
        said.append(f"{many(kept, 'job')} kept for later{when}")
    return "queue: " + (", ".join(said) if said else "nothing is owed")


def seen_of(run: Run) -> "Seen":
    """What was seen last of each scene."""
    from plex.state.scene_state_store import Seen

    return Seen(run.store)


def pipeline_of(run: Run) -> "Pipeline":
    """The pipeline of this run, with a Plex that answers."""
    from plex.images import letterbox
    from plex.state.ledger import Ledger
    from plex.sync.pipeline import Pipeline

    if run.config.poster_fit and not letterbox.available():
        stdio.warning(letterbox.MISSING)
    plex = run.plex
    if run.paths.is_blank and run.paths.is_due:
        run.paths.look(plex)
    return Pipeline(
        run.stash,
        plex,
        run.index,
        Ledger(run.store),
        run.config.sync_settings(run.path_map),
        run.clock,
        lambda: run.jobs.hasten_waits(run.clock()),
        run.journal,
        stdio.info,
    )


def _pipelined(run: Run, pipeline: "Pipeline") -> "Pipelined":
    """The pipeline with batches that overlap; it has to be closed."""
    from plex.sync.pipelined import Pipelined
    from plex.sync.prefetch import Prefetch

    sides, beside = (run.stash, run.plex), (run.stash.beside(), run.plex.beside())
    settings = run.config.sync_settings(run.path_map)
    return Pipelined(pipeline, Prefetch(sides, beside, run.store, settings, run.clock))


class Batch:
    """`sync_batch` of the drain: connects when the first batch comes, says one line per scene."""

    def __init__(self, run: Run, told: "dict[int, str] | None" = None) -> None:
        self._run, self._told = run, told
        self._pipeline: Pipeline | Pipelined | None = None
        self._next: Sequence[int] = ()  # told before anybody could read ahead
        self._missing = 0
        self._scans: Scans | None = None

    def __call__(self, ids: Sequence[int]) -> "Callable[[], list[Outcome]]":
        with self._doubting(ids):
            outcomes = self._ready().begin(ids)

        def finished() -> "list[Outcome]":
            with self._doubting(ids):
                return self._ended(outcomes())

        return finished

    @contextmanager
    def _doubting(self, ids: Sequence[int]) -> Iterator[None]:
        """Scenes whose sync fails changed, and nobody has seen how they stand."""
        try:
            yield
        except errors.Stash2PlexError:
            with suppress(errors.SetupError):
                seen_of(self._run).doubt(ids)
            raise

    def ahead(self, ids: Sequence[int]) -> None:
        """These come next."""
        self._next = ids
        self._look_ahead()

    def rest(self) -> float:
        """Seconds for which Plex is to be left alone."""
        seconds = self._pipeline.rest() if self._pipeline else 0.0
        if seconds:
            stdio.debug(f"Plex is busy, or much slower than before: it has {seconds:.1f} s of rest")
        return seconds

    def close(self) -> None:
        if self._pipeline:
            self._pipeline.close()

    def _ready(self) -> "Pipeline | Pipelined":
        if self._pipeline is None:
            self._pipeline = pipeline_of(self._run)
            self._pipeline = _pipelined(self._run, self._pipeline)  # without: one batch at a time
            self._look_ahead()
        return self._pipeline

    def _look_ahead(self) -> None:
        if self._pipeline and self._next:
            self._pipeline.ahead(self._next)
            self._next = ()

    def _ended(self, outcomes: "list[Outcome]") -> "list[Outcome]":
        missing = [one.scene_id for one in outcomes if one.missing]
        if missing and self._are_elsewhere(len(missing)):
            self.close()
            self._pipeline = None
            found = {one.scene_id: one for one in self._ready().sync(missing)}
            outcomes = [found.get(one.scene_id, one) for one in outcomes]
        for one in outcomes:
            self._tell(one)
        self._await(outcomes)
        return outcomes

    def stay(self) -> bool:
        """Whether Plex is about to have what scenes wait for."""
        return self._scans is not None and self._scans.stay()

    def _await(self, outcomes: "Sequence[Outcome]") -> None:
        """Ask Plex to look where files should be, if it is to be asked, and wait for it."""
        from plex.path_map import paths

        lacks = (
            [one for one in outcomes if one.missing] if self._run.config.trigger_plex_scan else []
        )
        if lacks:
            path_map = self._run.path_map
            files = [paths.plex_path(file, path_map) for one in lacks for file in one.folders]
            self._known_scans().want(files)
        if any(one.unsettled for one in outcomes):
            self._known_scans().wait()

    def _known_scans(self) -> "Scans":
        from plex.library.scans import Scans

        run = self._run
        if self._scans is None:
            self._scans = Scans(run.plex, run.store, run.clock, stdio.warning, self._look_again)
        return self._scans

    def _look_again(self) -> None:
        """Plex has settled: what waits for it is looked for at once."""
        self._run.index.look_again()
        self._run.jobs.hasten_waits(self._run.clock())

    def _are_elsewhere(self, missing: int) -> bool:
        """Whether Plex has its files under other paths now. A few that it lacks are no reason to
        look, and it is not looked again and again."""
        from plex.path_map.infer import ENOUGH

        self._missing += missing
        paths = self._run.paths
        return self._missing >= ENOUGH and paths.is_due and paths.look()

    def _tell(self, one: "Outcome") -> None:
        if self._told is not None and one.scene_id in self._told:
            self._told[one.scene_id] = str(one.error or one.said)
        for line in one.warnings:
            stdio.warning(f"{one.label} {line}")
        if one.error or (one.warnings and not one.items):
            return  # the drain, or the warning, says it
        if one.missing:
            quiet = self._run.config.skip_not_found
            (stdio.debug if quiet else stdio.info)(f"{one.label} {one.said}{self._looked_for(one)}")
        else:
            stdio.info(f"{one.label} → {one.said}" if one.items else f"{one.label} {one.said}")
        for change in one.changes:
            stdio.debug(
                f"{one.label}: {change.field} {change.before!r} → {change.after!r} ({change.why})"
            )

    def _looked_for(self, one: "Outcome") -> str:
        """Where a missing file was looked for: a wrong path_map shows itself here."""
        from plex.path_map import paths

        path_map = self._run.path_map
        places = [paths.plex_path(path, path_map) for path in one.folders]
        size = " of the same size" if isinstance(path_map, paths.Inferred) else ""
        return f": no item has {' or '.join(places)}{size}" if places else ""


class Probe:
    """`is_up` of the drain: does the server answer at all, when a lone job fails on it?"""

    def __init__(self, run: Run) -> None:
        self._run = run

    def __call__(self, error: Exception) -> bool:
        try:
            if getattr(error, "server", "") == errors.STASH:
                self._run.stash.version()
            else:
                self._run.probe_plex()
        except errors.Stash2PlexError:
            return False
        return True

    def serves_others(self, error: Exception) -> bool:
        """Does the server give other things than those at hand, when all jobs fail on it? Plex is
        asked for items of any of its libraries, Stash for scenes that it gave before."""
        from plex.library.witnesses import Witnesses, serves

        server = getattr(error, "server", "")
        try:
            if server == errors.STASH:
                return any(map(self._gives_scene, seen_of(self._run).by_chance(WITNESSES)))
            return server == errors.PLEX and serves(
                self._run.plex, Witnesses(self._run.store).besides()
            )
        except errors.Stash2PlexError:
            return False

    def _gives_scene(self, number: int) -> bool:
        try:
            return bool(self._run.stash.scenes([number]))
        except errors.Busy:
            return False


class Expansion:
    """`expand` of the drain: which scenes show a performer, studio, tag or group."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def __call__(self, kind: str, number: int) -> Iterator[list[int]]:
        from plex.state.ledger import Ledger
        from stash.api import SceneFilter

        # First those that showed it when we wrote them: of what is destroyed, Stash knows nothing.
        if remembered := Ledger(self._run.store).scenes_showing(kind, number):
            yield remembered
        for one in self._ways(kind):
            yield from self._run.stash.walk_ids(SceneFilter(refs=(one, number)))

    def _ways(self, kind: str) -> list[str]:
        """How a scene may show it, with these settings."""
        from plex.sync.work import extras
        from stash.api import INDIRECT

        shown, way = INDIRECT.get(kind, ("", ""))
        return [kind, way] if shown in extras(self._run.config.sync_settings()) else [kind]
