"""The status: waiting jobs, what runs and how far it is, outages and failures. Page lane."""

import time

from app.dashboard import read_only_db
from disk import lock
from stash import light, stdio
from sync_queue import inbox, schema

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Map = dict[str, Any]

# The running operation, and the lock that shows that it lives.
ACTIVITY, ACTIVITY_LOCK = "activity", "activity.lock"
RECONCILING = "reconciliation.lock"
STATE = "reconciliation_state.json"
CONTACTS = "contacts"  # when each server last answered
NO_PACKAGES = "no_packages"  # a note that the Python packages have to be installed
FAILURE = "failure"  # the error of an operation, by kind
# A failure is over when an operation of the same kind succeeds. Every other operation is its own kind.
SYNC, RECONCILIATION = "sync", "reconciliation"
SYNCS = (
    "all", "recent", "sync", "apply_preview", "process_queue", "retry_dlq",
    "recover_outage_jobs", "resume", "decide", "inline",
)  # fmt: skip
AWAY = (schema.OPEN, schema.HALF_OPEN)  # states of the circuit
BARS = 30  # reconciliations in the chart


def status(data_dir: str, args: "Map | None" = None) -> "Map":
    """The values that change while something runs. The page asks every two seconds then."""
    now, clock = time.time(), inbox.clock(data_dir)
    circuit = _circuit(data_dir)
    counts, work = _counts(data_dir, now, circuit.get("state") in AWAY)
    held = sum(counts[name] for name in ("pending", "waiting", "in_progress", "flagged"))
    draining = lock.is_held(inbox.lock_path(data_dir))
    reconciling = lock.is_held(f"{inbox.home(data_dir)}/{RECONCILING}")
    activity = _activity(data_dir)
    return {
        "at": now,
        "queue": counts,
        "draining": draining,
        "reconciling": reconciling,
        "activity": activity,
        "busy": bool(draining or reconciling or activity),
        "outage": outage(circuit, held),
        "next_look": _next_look(data_dir, clock, work, circuit, now),
        "clock": clock,
        "servers": servers(data_dir),
        "failure": failure(data_dir, _of(args or {})),
        "packages_missing": inbox.exists(f"{data_dir}/{NO_PACKAGES}"),
    }


def _of(args: "Map") -> str:
    """The operation whose failure is wanted, '' for any."""
    of = read_only_db.text(args, "of")
    if of:
        from app.modes import ARGUMENTS

        if of not in ARGUMENTS:
            raise read_only_db.Trouble("of must be the name of an operation")
    return of


def _counts(data_dir: str, now: float, away: bool) -> "tuple[dict[str, int], float | None]":
    """Jobs by state, with the flags that no drain has swept yet; and when a drain has work."""
    with read_only_db.File(data_dir, read_only_db.QUEUE) as queue:
        at = {"now": now, "away": away}
        rows = queue.rows(schema.COUNTS, at)
        due = queue.rows(schema.NEXT, at) if rows and any(rows[0][:2]) else []
    none = (0,) * len(schema.STATES)
    counts = dict(zip(schema.STATES, rows[0] if rows else none, strict=True))
    counts["flagged"] = sum(1 for _ in read_only_db.flags(data_dir))
    return counts, 0.0 if counts["flagged"] else due[0][0] if due else None


def _next_look(
    data_dir: str, clock: str, work: "float | None", circuit: "Map", now: float
) -> "float | None":
    """When an open tab of Stash wakes the next drain; None for never. A drain reads changed settings."""
    if inbox.has_old_settings(data_dir):
        return 0.0
    if clock != "on":
        return None
    state = read_document(inbox.home(data_dir), STATE)
    due = inbox.reconciliation_due(state, stdio.server_identity(), now)
    return next_look([work, due], circuit, now)


def next_look(due: "list[float | None]", circuit: "Map", now: float) -> "float | None":
    """The earliest of these times, but not before the next probe of a Plex that is away (`circuit`). Epoch
    seconds, in the past if it is due; None for never."""
    earliest = min((time for time in due if time is not None), default=None)
    probe = circuit.get("next_look")
    if (
        earliest is None
        or circuit.get("state") != schema.OPEN
        or not isinstance(probe, (int, float))
    ):
        return earliest
    # A later probe means that the clock was set back.
    return max(earliest, float(probe)) if 0 < probe - now <= inbox.AWAY_SECONDS else earliest


def _activity(data_dir: str) -> "Map | None":
    """The note of the running process; None also if the run is just beginning or ending."""
    if not lock.is_held(f"{data_dir}/{ACTIVITY_LOCK}"):
        return None
    note = read_document(data_dir, ACTIVITY)
    return note if note.get("mode") else None


def outage(circuit: "Map", held: int) -> "Map | None":
    """The outage in the state of the circuit breaker, with `held` waiting jobs. None if there is none."""
    state = circuit.get("state")
    if state not in AWAY:
        return None
    is_open = state == schema.OPEN
    return {
        "state": state, "since": circuit.get("since"), "cause": circuit.get("words"),
        "next_look": circuit.get("next_look") if is_open else None, "held": held,
        "refused": is_open and circuit.get("cause") in schema.REFUSALS,
    }  # fmt: skip


def _circuit(data_dir: str) -> "Map":
    circuit = read_document(inbox.home(data_dir), schema.OUTAGES).get("circuit")
    return circuit if isinstance(circuit, dict) else {}


def kind(mode: str) -> str:
    """The kind of an operation: syncs and reconciliations share a kind."""
    if mode.startswith("reconcile_"):
        return RECONCILIATION
    return SYNC if mode in SYNCS else mode


def failure(data_dir: str, of: object = None) -> "Map | None":
    """The last failure that no later success of its kind has ended. With a mode, only of that mode's
    kind."""
    kept = failures(data_dir).values()
    wanted = [row for row in kept if not of or kind(str(row.get("mode"))) == kind(str(of))]
    last = max(wanted, key=_when, default=None)
    return {name: last.get(name) for name in ("mode", "at", "said")} if last else None


def failures(data_dir: str) -> "dict[str, Map]":
    """The failures by kind."""
    document = read_document(data_dir, FAILURE)
    return {name: row for name, row in document.items() if isinstance(row, dict)}


def _when(failure: "Map") -> float:
    at = failure.get("at")
    return float(at) if isinstance(at, (int, float)) else 0.0


_CONTACT = ("asked", "answered", "version", "since", "problem")


def servers(data_dir: str) -> "Map":
    """The result of the last request to each server, None if there was none."""
    document = read_document(data_dir, CONTACTS)
    return {name: _contact(document.get(name)) for name in ("stash", "plex")}


def _contact(note: object) -> "Map | None":
    return {name: note.get(name) for name in _CONTACT} if isinstance(note, dict) else None


def read_document(data_dir: str, name: str) -> "Map":
    """A JSON document of ours, {} if it cannot be read. The full lane reports that."""
    try:
        with open(f"{data_dir}/{name}", "rb") as file:
            document = light.loads(file.read())
    except (OSError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}


def overview(data_dir: str, args: "Map | None" = None) -> "Map":
    """The status, the number of scenes in each state, and the last reconciliations. Stash knows the
    number of all scenes; those that are not counted here were never compared."""
    from app.dashboard import scene_states

    answer = status(data_dir)
    answer["scenes"] = scene_states.counts(data_dir, answer["at"])
    answer["reconciliation"] = _reconciliation(data_dir)
    return answer


def _reconciliation(data_dir: str) -> "Map":
    state = read_document(inbox.home(data_dir), STATE)
    history = state.get("history")
    return {
        "last": state.get("last_run_time") or None,
        "scope": state.get("last_run_scope") or None,
        "checked": state.get("last_scenes_checked") or 0,
        "gaps": state.get("last_gaps_found") or 0,
        "interval": state.get("interval") or "never",
        "next_due": state.get("next_due"),
        "kind": state.get("last_run_kind") or None,
        "next_usual": state.get("next_usual"),
        "next_deep": state.get("next_deep"),
        "failure": state.get("last_failure") or None,
        "history": history[-BARS:] if isinstance(history, list) else [],
    }
