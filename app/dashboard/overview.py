"""Where everything stands: what is owed, who is at work and how far, is Plex away. Lean lane."""

import os
import time

from app.dashboard import read_only_db, scene_states
from disk import lock
from stash import light_json
from sync_queue import inbox, schema

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Map = dict[str, Any]

ACTIVITY, ACTIVITY_LOCK = "activity", "activity.lock"  # what runs, and that it lives
RECONCILING = "reconciliation.lock"
STATE = "reconciliation_state.json"
CONTACTS = "contacts"  # when each server last answered
FAILURE = "failure"  # what came in the way of a task
# What came in the way of one mode is over when another of its kind ends well; every other mode is a
# kind by itself.
SYNC, RECONCILIATION = "sync", "reconciliation"
SYNCS = (
    "all", "recent", "sync", "apply_preview", "process_queue", "retry_dlq",
    "recover_outage_jobs", "resume", "decide", "inline",
)  # fmt: skip
BARS = 30  # runs of which the gaps are shown


def status(data_dir: str, args: "Map | None" = None) -> "Map":
    """What changes while something runs; the page asks for it every two seconds then."""
    now = time.time()
    counts = _counts(data_dir, now)
    held = sum(counts[name] for name in ("pending", "waiting", "in_progress", "flagged"))
    draining = lock.is_held(os.path.join(data_dir, inbox.LOCK))
    reconciling = lock.is_held(os.path.join(inbox.home(data_dir), RECONCILING))
    activity = _activity(data_dir)
    return {
        "at": now,
        "queue": counts,
        "draining": draining,
        "reconciling": reconciling,
        "activity": activity,
        "busy": bool(draining or reconciling or activity),
        "outage": outage(_circuit(data_dir), held),
        "servers": servers(data_dir),
        "failure": failure(data_dir, _of(args or {})),
    }


def _of(args: "Map") -> str:
    """The operation whose kind of failure is asked for; '' for any."""
    of = read_only_db.text(args, "of")
    if of:
        from app.modes import ARGUMENTS

        if of not in ARGUMENTS:
            raise read_only_db.Trouble("of must be the name of an operation")
    return of


def _counts(data_dir: str, now: float) -> "dict[str, int]":
    """Jobs by state, and the flags that no drain has swept yet."""
    queue = read_only_db.File(data_dir, read_only_db.QUEUE)
    sql = f"SELECT count(*) FROM {schema.TABLE} WHERE "
    counts = {name: queue.value(sql + where) for name, where in schema.conditions(now).items()}
    queue.close()
    counts["flagged"] = sum(1 for _ in scene_states.flags(data_dir))
    return counts


def _activity(data_dir: str) -> "Map | None":
    """What the running process last said of itself."""
    if not lock.is_held(os.path.join(data_dir, ACTIVITY_LOCK)):
        return None
    try:
        with open(os.path.join(data_dir, ACTIVITY), encoding="ascii") as file:
            mode, since, progress = file.read(200).split()
        return {"mode": mode, "since": float(since), "progress": float(progress)}
    except (OSError, ValueError):  # it begins just now, or ends
        return None


def outage(circuit: "Map", held: int) -> "Map | None":
    """The outage that a circuit to Plex tells of, while `held` jobs wait; None while there is none."""
    state = circuit.get("state")
    if state not in (schema.OPEN, schema.HALF_OPEN):
        return None
    is_open = state == schema.OPEN
    return {
        "state": state, "since": circuit.get("since"), "cause": circuit.get("words"),
        "next_look": circuit.get("next_look") if is_open else None, "held": held,
        "refused": is_open and circuit.get("cause") in schema.REFUSALS,
    }  # fmt: skip


def _circuit(data_dir: str) -> "Map":
    found = _document(inbox.home(data_dir), schema.OUTAGES).get("circuit")
    return found if isinstance(found, dict) else {}


def kind(mode: str) -> str:
    """Of which kind a mode is."""
    if mode.startswith("reconcile_"):
        return RECONCILIATION
    return SYNC if mode in SYNCS else mode


def failure(data_dir: str, of: object = None) -> "Map | None":
    """What came in the way of the last run that did not end well, if none of its kind has since;
    with a mode, only of that mode's kind."""
    kept = failures(data_dir).values()
    wanted = [one for one in kept if not of or kind(str(one.get("mode"))) == kind(str(of))]
    found = max(wanted, key=_when, default=None)
    return {name: found.get(name) for name in ("mode", "at", "said")} if found else None


def failures(data_dir: str) -> "dict[str, Map]":
    """The same of every kind of run."""
    found = _document(data_dir, FAILURE)
    if isinstance(found.get("said"), str):  # of an earlier version, which kept only one
        found = {str(found.get("mode")): found}
    return {name: one for name, one in found.items() if isinstance(one, dict)}


def _when(one: "Map") -> float:
    at = one.get("at")
    return float(at) if isinstance(at, (int, float)) else 0.0


_CONTACT = ("asked", "answered", "version", "since", "problem")


def servers(data_dir: str) -> "Map":
    """What is known of each server from the last time that it was asked; None if it never was."""
    found = _document(data_dir, CONTACTS)
    return {name: _contact(found.get(name)) for name in ("stash", "plex")}


def _contact(found: object) -> "Map | None":
    return {name: found.get(name) for name in _CONTACT} if isinstance(found, dict) else None


def _document(data_dir: str, name: str) -> "Map":
    """A JSON document of ours; {} where it cannot be read, which its owner finds out and says."""
    try:
        with open(os.path.join(data_dir, name), "rb") as file:
            found = light_json.loads(file.read())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def overview(data_dir: str, args: "Map | None" = None) -> "Map":
    """The status, how many scenes there are of each state, and the last reconciliations. How many
    scenes there are in all only Stash knows: what of them is not counted here is not looked at yet."""
    found = status(data_dir)
    found["scenes"] = scene_states.counts(data_dir, found["at"])
    found["reconciliation"] = _reconciliation(data_dir)
    return found


def _reconciliation(data_dir: str) -> "Map":
    state = _document(inbox.home(data_dir), STATE)
    history = state.get("history")
    return {
        "last": state.get("last_run_time") or None,
        "scope": state.get("last_run_scope") or None,
        "checked": state.get("last_scenes_checked") or 0,
        "gaps": state.get("last_gaps_found") or 0,
        "interval": state.get("interval") or "never",
        "next_due": state.get("next_due"),
        "failure": state.get("last_failure") or None,
        "history": history[-BARS:] if isinstance(history, list) else [],
    }
