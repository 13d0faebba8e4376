"""A reconciliation, started by a person or by Reconcile Interval: is a run due, the run, its log lines.

Also the brake: before a run writes many scenes that nobody picked one by one, it compares a sample of
them.
"""

import time
from array import array
from bisect import bisect_left
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import errors
from app import drain_task
from app.arguments import flag
from app.phrasing import by_reason, many
from app.run import Run
from reconciliation.state import DEEP, QUICK, USUAL
from stash import stdio
from sync_queue.job import BULK, EDIT, FEW, SAMPLE
from sync_queue.retry_policy import in_words

if TYPE_CHECKING:
    from reconciliation.engine import GapDetectionEngine
    from reconciliation.scheduler import ReconciliationScheduler

PAUSES = (1.0, 4.0)  # seconds between the tries to take a sample


def reconcile(run: Run, scope: str, startup: bool = False, unasked: bool = False) -> dict[str, Any]:
    """Find the gaps in a scope, queue them, record the run, and close them at once. A failed run is
    recorded as failed and is tried again."""
    if run.config.paused:
        stdio.info("paused by the setting Pause: nothing is reconciled")
        return {"paused": drain_task.PAUSED}
    from plex.sync.collections import note_empty

    run.meet()
    scheduler = run.scheduler
    if not scheduler.claim(run.clock()):
        stdio.info("another reconciliation is running, or has just run")
        return {"busy": True}
    try:
        answer = _detect(run, scope, startup, unasked, _kind(run, scope, unasked))
        note_empty(run.plex, run.store)
    finally:
        scheduler.release()
    return answer | {"drain": drain_task.drain(run)}


def _kind(run: Run, scope: str, unasked: bool) -> str:
    """How to compare: `deep` (by value) if a person asked for it, or if that is due; `quick` if nobody
    started the run, and no usual run is due."""
    now, scheduler = run.clock(), run.scheduler
    asked = not unasked and flag(run, "deep")
    if asked or (scope == "all" and scheduler.is_deep_due(run.config.deep_interval, now)):
        return DEEP
    if not unasked or scheduler.is_whole_due(now) or scheduler.is_usual_due(now):
        return USUAL
    return QUICK


def _detect(run: Run, scope: str, startup: bool, unasked: bool, kind: str) -> dict[str, Any]:
    suggest_preview(run)
    how = {DEEP: " by value", QUICK: ", what changed since the last run"}.get(kind, "")
    stdio.info(f"reconciling scope {scope}{how}" + (" at the start of Stash" if startup else ""))
    try:
        seen = run.scheduler.seen_until() if unasked else None
        given = {"queue": run.jobs, "unasked": unasked, "seen_until": seen}
        checker = engine(run, passed=run.brake.passed, **given)
        result = checker.run(scope, deep=kind == DEEP, quick=kind == QUICK)
    except Exception as error:
        run.outages.trip(error)
        run.scheduler.record_failure(stdio.redact(in_words(error)), run.clock(), _patience(error))
        raise
    if result.errors:
        problem = f"{len(result.errors)} parts could not be checked: {result.errors[0]}"
        run.scheduler.record_failure(stdio.redact(problem), run.clock())
        stdio.warning(f"the reconciliation is not complete and is tried again: {problem}")
    else:
        run.scheduler.record_run(result, result.scope, is_startup=startup)
        run.activity.reconciled()
    answer = result.as_dict()
    if result.unsure:
        stdio.info(
            f"a quick run could not tell what changed ({result.unsure}): this run was a usual one"
        )
    stdio.info(_summary(answer))
    return {"scope": result.scope} | answer


def _patience(error: Exception) -> float:
    """The longest time until the next try. A wrong setting may be right in a minute, so its failures do not
    back off."""
    from reconciliation.state import FIRST_RETRY, LONGEST_RETRY

    can_be_mended = isinstance(error, (errors.SetupError, errors.Refused))
    return FIRST_RETRY if can_be_mended else LONGEST_RETRY


def _summary(answer: dict[str, Any]) -> str:
    """The result of a run in one line."""
    types = ", ".join(f"{count} {name}" for name, count in answer["gaps_by_type"].items() if count)
    parts = [
        f"{answer['kind']} run: {many(answer['scenes_checked'], 'scene')} checked"
        + (f" ({answer['unmoved']} unchanged since they agreed)" if answer["unmoved"] else ""),
        many(answer["total_gaps"], "gap") + (f" ({types})" if types else ""),
    ]
    parts += filter(None, [by_reason(answer["skipped"])])
    if answer["conflicts"]:
        parts.append(
            f"{many(answer['conflicts'], 'scene')} not synced: an item is shared, or several fit"
        )
    if answer["cover_checks"]:
        parts.append(f"{many(answer['cover_checks'], 'cover')} to compare")
    if answer["left_out"]:
        parts.append(f"{many(len(answer['left_out']), 'part')} left out")
    return ", ".join([*parts, f"{many(answer['enqueued'], 'job')} queued"])


def scope_of_settings(run: Run) -> str:
    """The setting Reconcile Scope, in the words of the engine."""
    from reconciliation.scheduler import SCOPE_MAP

    return SCOPE_MAP.get(run.config.reconcile_scope, run.config.reconcile_scope)


def due(run: Run) -> "tuple[str, bool] | None":
    """The scope of the reconciliation that is due, and whether a start of Stash is the reason."""
    from reconciliation.scheduler import INTERVAL, STARTUP, WHOLE

    config, now = run.config, run.clock()
    if config.paused or run.outages.is_away(run.asked):
        return None
    reason = run.scheduler.reason(config.reconcile_interval, now, startup=run.from_stash)
    if reason == WHOLE:
        return "all", False
    if reason == INTERVAL:
        deep = run.scheduler.is_deep_due(config.deep_interval, now)
        return "all" if deep else scope_of_settings(run), False
    return ("recent", True) if reason == STARTUP else None


def reconcile_quietly(
    run: Run, scheduler: "ReconciliationScheduler", scope: str, startup: bool
) -> dict[str, Any]:
    """An automatic reconciliation after a task. Its errors are logged, since the task succeeded."""
    try:
        return reconcile(run, scope, startup, unasked=True)
    except Exception as error:
        from app.lane import in_words as words

        problem, later = words(error), scheduler.status(run.clock())["retry_at"]
        when = time.strftime("%H:%M:%S", time.localtime(later)) if later else "its next time"
        stdio.warning(f"the reconciliation failed and is tried again at {when}: {problem}")
        return {"error": problem}


def engine(run: Run, **more: Any) -> "GapDetectionEngine":
    from reconciliation.engine import GapDetectionEngine

    return GapDetectionEngine(
        run.stash, run.config, run.home, plex=run.plex, store=run.store,
        clock=run.clock, progress=run.progress.count, warn=stdio.warning, paths=run.paths, **more,
    )  # fmt: skip


def suggest_preview(run: Run) -> None:
    """Suggest a preview before the first write."""
    from plex.state.ledger import Ledger

    if not Ledger(run.store).size():
        stdio.info(
            "nothing was written to this Plex yet: Preview shows what a sync would write, and after "
            "a sync Undo Last Run restores what Plex said before"
        )


# -- the brake


def rank(picked: int) -> int:
    """The rank of scenes that a person chose: EDIT, but BULK for a long list, which nobody picks one by
    one."""
    return EDIT if picked <= FEW else BULK


class Brake:
    """The brake of one run. The drain that follows does not check again what has passed."""

    def __init__(self, run: Run, sleep: Callable[[float], None] = time.sleep) -> None:
        self._run, self._sleep = run, sleep
        self._passed: list[Sequence[int]] = []  # each sorted

    def look(self, ids: Sequence[int], freed: bool = False) -> None:
        """Check scenes before they are queued. Raises Braked if too many would lose something, or if no
        sample can be read. While Plex is away they pass, and the drain checks them."""
        if len(ids) <= FEW:
            return
        try:
            self._sample(spread(ids), len(ids), freed)
        except errors.Unreachable as error:
            if error.server == errors.STASH:
                raise
            stdio.info("Plex does not answer: the brake checks these scenes when it does")
        else:
            self.passed(ids)

    def passed(self, ids: Sequence[int]) -> None:
        """Note that these scenes were checked."""
        is_sorted = all(first < second for first, second in pairwise(ids))
        self._passed.append(ids if is_sorted else array("q", sorted(ids)))

    def check(self, sample: Sequence[int], count: int) -> None:
        """Check `count` scenes before the drain does them, by this sample. Raises Braked as `look`, and
        Unreachable while Plex is away."""
        new = [number for number in sample if not self._has_passed(number)]
        whole = count * len(new) // max(1, len(sample))
        if whole > FEW:
            self._sample(new, whole)

    def _has_passed(self, number: int) -> bool:
        places = ((some, bisect_left(some, number)) for some in self._passed)
        return any(at < len(some) and some[at] == number for some, at in places)

    def _sample(self, ids: Sequence[int], count: int, freed: bool = False) -> None:
        if self._run.config.brake_share >= 100:
            return
        for seconds in (*PAUSES, 0.0):
            try:
                engine(self._run).sample(ids, count / len(ids), freed)
                return
            except (errors.Busy, errors.Gone, errors.Rejected, errors.Unreachable) as error:
                if self._is_away(error):
                    raise
                if not seconds:
                    raise _no_sample(error) from None
            self._sleep(seconds)

    def _is_away(self, error: errors.Stash2PlexError) -> bool:
        """Whether the server does not answer a second request either."""
        if not isinstance(error, errors.Unreachable):
            return False
        away = error.server != errors.STASH and self._run.outages.is_away(self._run.asked)
        return away or not drain_task.is_up(self._run, error)


def spread(ids: Sequence[int]) -> Sequence[int]:
    """At most SAMPLE of the ids, at even distances."""
    return ids[:: max(1, -(-len(ids) // SAMPLE))]


def _no_sample(error: errors.Stash2PlexError) -> errors.Braked:
    return errors.Braked(
        "nothing was changed: the brake could not read a sample of the scenes to see what they would "
        f"lose in Plex ({error}). Try again when both servers answer; Check Setup says what is wrong. To "
        "go on without the brake, set “Brake, Share” to 100 for this run"
    )
