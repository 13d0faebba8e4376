"""The causes of notifications that hold now, and the outages that ended. Pure.

People get a message about a cause once, until it has ended.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from hashlib import blake2b
from typing import Any, NamedTuple

from app.phrasing import lasting, many, moment
from sync_queue.circuit_breaker import Circuit, Outage, is_refusal
from sync_queue.schema import CLOSED, HALF_OPEN

FAILURE, WARNING, SUCCESS, INFO = "failure", "warning", "success", "info"
OUTAGE, REFUSAL, FAILED, DECISIONS, DEAD = "outage", "refusal", "failed", "decisions", "dead"
# The kinds of failures that make a message, in words. A person waits for every other operation.
KINDS = {"sync": "A sync", "reconciliation": "A reconciliation"}
REASONS = 5  # reasons of dead letters in a message
SLACK = 5.0  # seconds by which the note of a failure comes later than the outage that it is about


class Cause(NamedTuple):
    """`key` names the cause as long as it holds. `headline` and `details` are texts for a person."""

    key: str
    level: str
    headline: str
    details: str = ""


class Facts(NamedTuple):
    """The state in our files. `failures` are {at, said} by kind, `dead` counts dead letters by error, `runs`
    are {run, command, fields, items}."""

    circuit: Circuit
    history: Sequence[Outage]
    waiting: int
    failures: Mapping[str, Mapping[str, Any]]
    dead: Mapping[str, int]
    decisions: int
    runs: Sequence[Mapping[str, Any]] = ()


def present(facts: Facts) -> list[Cause]:
    """The causes that hold now."""
    found = [_outage(facts), *_failures(facts), _decisions(facts.decisions), *_dead(facts.dead)]
    return [cause for cause in found if cause is not None]


def ended(told: Collection[str], facts: Facts) -> list[Cause]:
    """The outages among the causes in `told` that are over."""
    now = {cause.key for cause in present(facts)}
    over = [key for key in told if key not in now and key.partition(":")[0] in (OUTAGE, REFUSAL)]
    return [_over(key, facts.history) for key in over]


def news(told: Collection[str], facts: Facts) -> list[Cause]:
    """The causes that are not in `told` yet, the ends of outages, and the runs that wrote."""
    new = [cause for cause in present(facts) if cause.key not in told]
    return [*new, *ended(told, facts), *map(_run, facts.runs)]


def _outage(facts: Facts) -> "Cause | None":
    circuit = facts.circuit
    if circuit.state == CLOSED:
        return None
    since, jobs = moment(circuit.since), many(facts.waiting, "job")
    waits = f"{jobs} {'waits' if facts.waiting == 1 else 'wait'}"
    details = f"Since {since}: {circuit.words.rstrip('.')}. {waits}."
    if is_refusal(circuit):
        return Cause(f"{REFUSAL}:{circuit.since:.0f}", FAILURE, "Plex refuses the token", details)
    is_back = circuit.state == HALF_OPEN
    headline = "Plex is back and gets its work slowly" if is_back else "Plex is away"
    return Cause(f"{OUTAGE}:{circuit.since:.0f}", FAILURE, headline, details)


def _over(key: str, history: Sequence[Outage]) -> Cause:
    kind, _, since = key.partition(":")
    if kind == REFUSAL:
        return Cause(key, SUCCESS, "Plex takes the token again")
    past = next((outage for outage in history if f"{outage.start:.0f}" == since), None)
    if past is None:
        return Cause(key, SUCCESS, "Plex is back")
    waited = f"{many(past.held, 'job')} waited."
    return Cause(key, SUCCESS, f"Plex is back after {lasting(past.lasted)}", waited)


def _failures(facts: Facts) -> list[Cause]:
    return [
        Cause(f"{FAILED}:{kind}", FAILURE, f"{words} failed", str(failure.get("said") or ""))
        for kind, words in KINDS.items()
        if (failure := facts.failures.get(kind)) and not _is_of_outage(failure, facts)
    ]


def _is_of_outage(failure: Mapping[str, Any], facts: Facts) -> bool:
    """Whether the run failed while Plex was away. Then the outage is the cause."""
    at = failure.get("at")
    if not isinstance(at, (int, float)):
        return False
    spans = [(outage.start, outage.end) for outage in facts.history]
    if facts.circuit.state != CLOSED:
        spans.append((facts.circuit.since, at))
    return any(start - SLACK <= at <= end + SLACK for start, end in spans)


def _decisions(count: int) -> "Cause | None":
    if not count:
        return None
    headline = f"{many(count, 'item')} {'waits' if count == 1 else 'wait'} for a decision"
    return Cause(DECISIONS, WARNING, headline, "See Open Decisions.")


def _dead(counts: Mapping[str, int]) -> list[Cause]:
    return [
        Cause(f"{DEAD}:{_digest(error)}", WARNING, f"{many(count, 'scene')} gave up", error)
        for error, count in list(counts.items())[:REASONS]
    ]


def _digest(error: str) -> str:
    """Names an error. The same error with other numbers has the same name."""
    same = re.sub(r"\d+", "#", error)
    return blake2b(same.encode("utf-8", "replace"), digest_size=6).hexdigest()


def _run(run: Mapping[str, Any]) -> Cause:
    wrote = f"{many(run['fields'], 'field')} of {many(run['items'], 'item')}"
    return Cause(f"run:{run['run']}", INFO, f"Run {run['run']} wrote {wrote}")
