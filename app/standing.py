"""Where everything stands: what is owed, who is at work and how far, is Plex away. Lean lane."""

import os
import time

from app import lookup
from stash import light
from sync_queue import inbox, lock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Map = dict[str, Any]

ACTIVITY, ACTIVITY_LOCK = "activity", "activity.lock"  # what runs, and that it lives
RECONCILING = "reconciliation.lock"
STATE, OUTAGES = "reconciliation_state.json", "outages.json"
CONTACTS = "contacts"  # when each server last answered
FAILURE = "failure"  # what came in the way of a task
DRIFTED = "drifted"  # scenes with edits in Plex that stand, as all were last looked at
TABLE = "ack_queue_default"
READY, CLAIMED, DEAD = 1, 2, 9  # as persist-queue has them
FLAGS = 10_000  # so many are counted
FEW = 20_000  # scenes that are looked up one by one
BARS = 30  # runs of which the gaps are shown


def status(data_dir: str, args: "Map | None" = None) -> "Map":
    """What changes while something runs; the page asks for it every two seconds then."""
    now = time.time()
    queue = lookup.File(data_dir, lookup.QUEUE)
    counts = _counts(queue, now)
    queue.close()
    counts["flagged"] = _flagged(data_dir)
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
        "outage": _outage(data_dir, counts),
        "servers": servers(data_dir),
        "failure": failure(data_dir),
    }


def _counts(queue: lookup.File, now: float) -> "dict[str, int]":
    def counted(where: str, *values: float) -> int:
        return queue.value(f"SELECT count(*) FROM {TABLE} WHERE {where}", values)

    return {
        "pending": counted(f"status = {READY} AND due <= ?", now),
        "waiting": counted(f"status = {READY} AND due > ?", now),
        "in_progress": counted(f"status = {CLAIMED}"),
        "dead": counted(f"status = {DEAD}"),
    }


def _flagged(data_dir: str) -> int:
    """How many flags no drain has swept yet; so many at most that a look stays cheap."""
    found = 0
    try:
        with os.scandir(os.path.join(data_dir, inbox.FOLDER)) as entries:
            for entry in entries:
                found += "-" in entry.name
                if found == FLAGS:
                    break
    except OSError:
        pass
    return found


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


def _outage(data_dir: str, counts: "dict[str, int]") -> "Map | None":
    found = _document(inbox.home(data_dir), OUTAGES).get("circuit")
    if not isinstance(found, dict) or found.get("state") not in ("open", "half_open"):
        return None
    held = sum(counts[name] for name in ("pending", "waiting", "in_progress", "flagged"))
    return {
        "state": found["state"], "since": found.get("since"), "cause": found.get("words"),
        "next_look": found.get("next_look"), "held": held,
    }  # fmt: skip


def failure(data_dir: str) -> "Map | None":
    """What came in the way of the last run that did not end well, if none of its kind has since."""
    found = max(failures(data_dir).values(), key=_when, default=None)
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
            found = light.loads(file.read())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def overview(data_dir: str, args: "Map | None" = None) -> "Map":
    """The status, where the scenes stand, and the last reconciliations. How many scenes there are
    in all only Stash knows: what of them is not counted here is left out."""
    found = status(data_dir)
    queue, plex = lookup.File(data_dir, lookup.QUEUE), lookup.File(data_dir, lookup.PLEX)
    found["scenes"] = _scenes(queue, plex, found["at"])
    found["reconciliation"] = _reconciliation(data_dir)
    moved = min(_drifted(found["reconciliation"]["history"]), found["scenes"]["in_sync"])
    found["scenes"]["in_sync"] -= moved
    found["scenes"]["differs"] += moved
    queue.close()
    plex.close()
    return found


# A job that waits until Plex has its file says so in its data.
IS_ABSENT = f"status = {READY} AND due > ? AND instr(data, '\"waits\": 0') = 0"
IS_SCENE = "key >= 'scene:' AND key < 'scene;'"


def _scenes(queue: lookup.File, plex: lookup.File, now: float) -> "dict[str, int]":
    """How many there are of each kind; every scene counts once."""
    absent = queue.value(f"SELECT count(*) FROM {TABLE} WHERE {IS_SCENE} AND {IS_ABSENT}", (now,))
    dead = ids(queue, f"status = {DEAD}")
    owed = ids(queue, f"status <= {CLAIMED}")
    known = plex.value("SELECT count(DISTINCT scene_id) FROM item WHERE scene_id > 0")
    asked = {
        row[0]
        for row in plex.rows(
            "SELECT scene_id FROM item WHERE asked != '' AND scene_id != 0 LIMIT 10000"
        )
    }
    held = {row[0] for row in plex.rows("SELECT scene_id FROM held LIMIT 100000")}
    differs = (dead | asked) - owed - held
    apart = _among(plex, owed | differs | held)
    return {
        "in_sync": max(0, known - apart), "waiting": len(owed - held) - min(absent, len(owed)),
        "differs": len(differs), "not_in_plex": absent, "held": len(held),
    }  # fmt: skip


def ids(queue: lookup.File, where: str) -> "set[int]":
    rows = queue.rows(
        f"SELECT CAST(substr(key, 7) AS INTEGER) FROM {TABLE} WHERE {IS_SCENE} AND {where}"
    )
    return {row[0] for row in rows}


def _among(plex: lookup.File, ids: "set[int]") -> int:
    """How many of these have an item."""
    if len(ids) > FEW:
        known = {row[0] for row in plex.rows("SELECT scene_id FROM item WHERE scene_id > 0")}
        return len(known & ids)
    asked, found = sorted(ids), 0
    for at in range(0, len(asked), 500):  # SQLite takes only so many values at once
        part = asked[at : at + 500]
        found += plex.value(
            "SELECT count(DISTINCT scene_id) FROM item WHERE scene_id IN"
            f" ({','.join('?' * len(part))})",
            tuple(part),
        )
    return found


def drifted(data_dir: str) -> "dict[int, list[str]]":
    """The fields of the scenes of which an edit in Plex stands, as far as they were noted."""
    found = _document(data_dir, DRIFTED)
    return {int(key): fields for key, fields in found.items() if key.isascii() and key.isdigit()}


def _drifted(history: "list[Any]") -> int:
    """Items with edits of a person that stand, as the last look at all scenes has seen them."""
    for run in reversed(history):
        gaps = run.get("gaps") if isinstance(run, dict) and run.get("scope") == "all" else None
        if isinstance(gaps, dict):
            count = gaps.get("drifted")
            return count if type(count) is int and count > 0 else 0
    return 0


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
