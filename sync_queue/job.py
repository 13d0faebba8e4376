"""One job, and its form in a row of the queue. Pure."""

import json
from dataclasses import dataclass
from typing import Any

# Ranks, in the order of the work: a person's edits, jobs that follow from them, and jobs that nobody
# picked one by one. The brake is asked before the last rank (see `Drain`).
EDIT, BACKLOG, BULK = RANKS = 0, 1, 2
FEW = 20  # scenes that are written without asking the brake
SAMPLE = 100  # scenes that the brake looks at
ASKED = "asked"  # the reason of jobs that a person asked for, changed or not
UNREADABLE = "unreadable"  # the kind of a job whose row makes no sense


@dataclass(frozen=True)
class Job:
    """Something to sync. `kind` is scene, or a kind that is expanded to its scenes. `waits` counts looks for
    a missing file, and `look_at` (epoch seconds) is the time from which the next look counts. `outage`: the
    job was given up because of trouble with a server. `recovered`: it was retried after that."""

    id: int
    kind: str = "scene"
    reason: str = "edit"
    attempts: int = 0
    waits: int = 0
    rank: int = EDIT
    outage: bool = False
    recovered: bool = False
    number: int = 0  # the row in the queue, 0 before it has one
    look_at: float = 0.0

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.id}"


@dataclass(frozen=True)
class DeadLetter:
    """A job that was given up, the time (epoch seconds), and the reason in words."""

    job: Job
    at: float
    error: str


@dataclass(frozen=True)
class QueuedJob:
    """A job with its place in the queue: `due` in epoch seconds, `dead` with its last `error`."""

    job: Job
    due: float
    dead: bool
    error: str


def dumps(job: Job) -> bytes:
    """The job as the `data` of its row."""
    data = {
        "kind": job.kind, "thing": job.id, "reason": job.reason, "attempts": job.attempts,
        "waits": job.waits, "rank": job.rank,
    }  # fmt: skip
    data |= {name: True for name in ("outage", "recovered") if getattr(job, name)}
    data |= {"look_at": job.look_at} if job.look_at else {}
    return json.dumps(data).encode()


def loads(number: int, data: object, key: object) -> Job:
    """The job of a row, of the kind UNREADABLE if neither its data nor its key can be read."""
    stored = _mapping(data)
    kind, _, thing = str(key or "").partition(":")
    if not (kind and thing.isascii() and thing.isdigit()):
        kind, thing = str(stored.get("kind", "")), str(stored.get("thing", ""))
    if not (kind and thing.isascii() and thing.isdigit()):
        return Job(number, UNREADABLE, number=number)
    attempts, waits, rank = (_count(stored.get(name)) for name in ("attempts", "waits", "rank"))
    reason = str(stored.get("reason", ""))
    outage, recovered = (stored.get(name) is True for name in ("outage", "recovered"))
    return Job(
        int(thing), kind, reason, attempts, waits, rank, outage, recovered, number,
        _time(stored.get("look_at")),
    )  # fmt: skip


def _mapping(data: Any) -> dict[str, Any]:
    try:
        stored = json.loads(data)
    except (ValueError, TypeError, AttributeError):
        return {}
    return stored if isinstance(stored, dict) else {}


def _count(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 0


def _time(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) and 0 < value < 3e10 else 0.0
