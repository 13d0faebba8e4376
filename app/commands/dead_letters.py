"""After trouble: dead letters go back into the queue, and Outage Summary Report sums up outages."""

from collections.abc import Callable
from typing import Any

from app import drain_task
from app.arguments import ids, text
from app.phrasing import lasting, many, moment
from app.run import Run
from stash import stdio
from sync_queue import circuit_breaker, schema
from sync_queue.job import DeadLetter

SHOWN = 10  # outages that get a log line
DLQ_DAYS = 30


def retry_dlq(run: Run) -> dict[str, Any]:
    """Retry dead letters at once: all, or those whose reason contains `error`, or those with the numbers
    `ids`."""
    words, chosen = text(run, "error").casefold(), ids(run, "ids")

    def is_wanted(letter: DeadLetter) -> bool:
        is_named = chosen is None or letter.job.number in chosen
        return is_named and words in letter.error.casefold()

    return _revived(run, is_wanted, recovered=False)


def clear_dlq(run: Run) -> dict[str, Any]:
    """Delete dead letters: all, or those with the numbers `ids`, or with exactly this `error`."""
    chosen, error = ids(run, "ids"), text(run, "error")
    if error and chosen is None:
        chosen = [letter.job.number for letter in run.jobs.dead() if letter.error == error]
    cleared = run.jobs.clear_dead() if chosen is None else run.jobs.clear_letters(chosen)
    stdio.info(f"cleared: {many(cleared, 'dead letter')}")
    return {"cleared": cleared}


def purge_dlq(run: Run) -> dict[str, Any]:
    """Delete the dead letters that are older than 30 days."""
    cleared = run.jobs.clear_dead(before=run.clock() - DLQ_DAYS * 86400)
    stdio.info(f"cleared: {many(cleared, 'dead letter')} older than {DLQ_DAYS} days")
    return {"cleared": cleared}


def recover_outage_jobs(run: Run) -> dict[str, Any]:
    """Retry the dead letters of outages. Each gets only one such retry."""
    return _revived(run, _is_of_outage, recovered=True)


def _is_of_outage(letter: DeadLetter) -> bool:
    return letter.job.outage and not letter.job.recovered


def _revived(run: Run, wanted: Callable[[DeadLetter], bool], recovered: bool) -> dict[str, Any]:
    letters = filter(wanted, run.jobs.dead())
    chosen = [letter.job.id for letter in letters if letter.job.kind == "scene"]
    run.brake.look(chosen)
    count = run.jobs.revive(wanted, run.clock(), recovered)
    left = run.jobs.counts(run.clock())["dead"]
    rest = f"; {left} stay" if left else ""
    stdio.info(f"back in the queue: {many(count, 'dead letter')}{rest}")
    return {"requeued": count} | (drain_task.drain(run) if count else {})


def outage_summary(run: Run) -> dict[str, Any]:
    """Outage Summary Report: how often Plex was away, for how long, and how many jobs waited."""
    now, outages = run.clock(), run.outages
    present, history, summed, first = outages.report()
    recoverable = sum(map(_is_of_outage, run.jobs.dead()))
    for line in [
        _present(present, run.work_left(), now),
        *_summary(summed, first, now),
        *map(_past, history[: -SHOWN - 1 : -1]),
    ]:
        stdio.info(f"outages: {line}")
    if recoverable:
        letters = many(recoverable, "dead letter")
        stdio.info(f"{letters} of outages: Recover Outage Jobs tries them again")
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


def _present(circuit: circuit_breaker.Circuit, waiting: int, now: float) -> str:
    if circuit.state == schema.CLOSED:
        return "Plex is not away"
    if circuit.state == schema.HALF_OPEN:
        return "Plex is back and gets its work slowly at first"
    jobs = "1 job waits" if waiting == 1 else f"{waiting} jobs wait"
    if circuit_breaker.is_refusal(circuit):
        return (
            f"Plex has refused the token since {moment(circuit.since)}, and {jobs}: {circuit.words}"
        )
    duration = lasting(now - circuit.since)
    return f"Plex has been away since {moment(circuit.since)} ({duration}), and {jobs}: {circuit.words}"


def _summary(summed: circuit_breaker.Figures, first: float, now: float) -> list[str]:
    if not first:
        return ["no request was sent to Plex yet"]
    line = (
        f"{many(summed.outages, 'outage')} since {moment(first)}; "
        f"Plex was available {100 * summed.availability:.2f} % of the time"
    )
    if summed.repair is not None:
        line += f"; back after {lasting(summed.repair)} on average"
    if summed.between is not None:
        line += f"; {lasting(summed.between)} between two outages on average"
    return [line]


def _past(outage: circuit_breaker.Outage) -> str:
    return (
        f"{moment(outage.start)} for {lasting(outage.lasted)} ({outage.cause or 'unknown'}), "
        f"{many(outage.held, 'job')} waited"
    )
