"""What comes after trouble: dead letters go back to the queue, and outages are told."""

import time
from typing import Any

from app import drain_task
from app.arguments import ids, text
from app.phrasing import lasting, many
from app.run import Run
from stash import stdio
from sync_queue import circuit_breaker, schema
from sync_queue.job import DeadLetter

SHOWN = 10  # outages that are named
DLQ_DAYS = 30


def retry_dlq(run: Run) -> dict[str, Any]:
    """Dead letters are owed anew and tried at once: all, or those whose reason has the words of
    the argument `error` in it, or those of the numbers `ids`."""
    words, chosen = text(run, "error").casefold(), ids(run, "ids")
    wanted = None if chosen is None else set(chosen)
    return _revived(
        run,
        lambda one: words in one.error.casefold() and (wanted is None or one.job.number in wanted),
        recovered=False,
    )


def clear_dlq(run: Run) -> dict[str, Any]:
    """Forget dead letters: all, or those of the numbers `ids`, or with exactly this `error`."""
    chosen, error = ids(run, "ids"), text(run, "error")
    if error and chosen is None:
        chosen = [one.job.number for one in run.jobs.dead() if one.error == error]
    cleared = run.jobs.clear_dead() if chosen is None else run.jobs.clear_letters(chosen)
    stdio.info(f"cleared: {many(cleared, 'dead letter')}")
    return {"cleared": cleared}


def purge_dlq(run: Run) -> dict[str, Any]:
    """Forget the dead letters of more than 30 days ago."""
    cleared = run.jobs.clear_dead(before=run.clock() - DLQ_DAYS * 86400)
    stdio.info(f"cleared: {many(cleared, 'dead letter')} older than {DLQ_DAYS} days")
    return {"cleared": cleared}


def recover_outage_jobs(run: Run) -> dict[str, Any]:
    """The same for what was given up because of trouble with a server, once for each."""
    return _revived(run, _is_of_outage, recovered=True)


def _is_of_outage(one: DeadLetter) -> bool:
    return one.job.outage and not one.job.recovered


def _revived(run: Run, wanted: Any, recovered: bool) -> dict[str, Any]:
    chosen = [one.job.id for one in run.jobs.dead() if one.job.kind == "scene" and wanted(one)]
    run.brake.look(chosen)
    count = run.jobs.revive(wanted, run.clock(), recovered)
    left = run.jobs.counts(run.clock())["dead"]
    stdio.info(
        f"back in the queue: {many(count, 'dead letter')}" + (f"; {left} stay" if left else "")
    )
    return {"requeued": count} | (drain_task.drain(run) if count else {})


def outage_summary(run: Run) -> dict[str, Any]:
    """How often Plex was away, for how long, and what that held back."""
    now, outages = run.clock(), run.outages
    present, history, summed, first = outages.report()
    recoverable = sum(1 for one in run.jobs.dead() if _is_of_outage(one))
    for line in [
        _present(present, run.work_left(), now),
        *_summary(summed, first, now),
        *(_past(one) for one in history[: -SHOWN - 1 : -1]),
    ]:
        stdio.info(f"outages: {line}")
    if recoverable:
        stdio.info(
            f"{many(recoverable, 'dead letter')} of an outage: Recover Outage Jobs tries them again"
        )
    return {
        "circuit": present.state,
        "since": present.since or None,
        "cause": present.words or None,
        "held": run.work_left() if present.state == schema.OPEN else 0,
        "next_look": present.next_look or None,
        "watched_since": first or None,
        "outages": summed.outages,
        "seconds_down": round(summed.down, 1),
        "mean_seconds_to_recover": summed.repair,
        "mean_seconds_between": summed.between,
        "availability": round(summed.availability, 6),
        "history": [
            {"start": o.start, "end": o.end, "cause": o.cause, "held": o.held} for o in history
        ],
        "recoverable": recoverable,
    }


def _present(found: circuit_breaker.Circuit, owed: int, now: float) -> str:
    if found.state == schema.CLOSED:
        return "Plex is not known to be away"
    if found.state == schema.HALF_OPEN:
        return "Plex is back and gets its work slowly at first"
    if circuit_breaker.is_refusal(found):
        return (
            f"Plex refuses the token since {_when(found.since)}, and {many(owed, 'job')} wait: "
            f"{found.words}"
        )
    return (
        f"Plex is away since {_when(found.since)}, for {lasting(now - found.since)} now, and "
        f"{many(owed, 'job')} wait: {found.words}"
    )


def _summary(summed: circuit_breaker.Figures, first: float, now: float) -> list[str]:
    if not first:
        return ["Plex was not asked yet"]
    said = (
        f"{many(summed.outages, 'outage')} since {_when(first)}; "
        f"Plex was there {100 * summed.availability:.2f} % of the time"
    )
    if summed.repair is not None:
        said += f"; back after {lasting(summed.repair)} on average"
    if summed.between is not None:
        said += f"; {lasting(summed.between)} from one to the next"
    return [said]


def _past(one: circuit_breaker.Outage) -> str:
    return (
        f"{_when(one.start)} for {lasting(one.lasted)} ({one.cause or 'unknown'}), "
        f"{many(one.held, 'job')} held back"
    )


def _when(moment: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(moment))
