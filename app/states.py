"""Where single scenes stand, for the badges on Stash's cards: one look for all that are shown; and
those that differ, with the reason. Lean lane."""

import os
import time

from app import lookup
from app.standing import CLAIMED, DEAD, IS_ABSENT, IS_SCENE, TABLE, drifted, ids
from sync_queue import inbox

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Map = dict[str, Any]

OWED, ABSENT, GIVEN_UP = "waiting", "not_in_plex", "differs"


def states(data_dir: str, args: "Map") -> "Map":
    """The state of each of the `scenes`, by the same rules as the overview counts them."""
    asked = lookup.ids(args, "scenes")
    queue = lookup.File(data_dir, lookup.QUEUE)
    jobs = _jobs(queue, asked, time.time())
    queue.close()
    plex = lookup.File(data_dir, lookup.PLEX)
    held = {row[0] for row in plex.rows(f"SELECT scene_id FROM held WHERE {_one_of(asked)}", asked)}
    items: dict[int, int] = dict(
        plex.rows(
            f"SELECT scene_id, max(asked != '') FROM item WHERE {_one_of(asked)} GROUP BY scene_id",
            asked,
        )
    )
    plex.close()
    edited = drifted(data_dir)

    def state(scene: int) -> str:
        if scene in held:
            return "held"
        if _is_flagged(data_dir, scene):
            return OWED
        if scene in jobs:
            return jobs[scene]
        if scene not in items:
            return "left_out"
        return "differs" if items[scene] or scene in edited else "in_sync"

    return {"rows": [{"scene": scene, "state": state(scene)} for scene in asked]}


def _one_of(asked: "tuple[int, ...]") -> str:
    return f"scene_id IN ({','.join('?' * len(asked))})"


def _jobs(queue: lookup.File, asked: "tuple[int, ...]", now: float) -> "dict[int, str]":
    """What is owed of these or was given up; what is owed again is no longer given up."""
    rows = queue.rows(
        f"SELECT key, status, {IS_ABSENT} FROM {TABLE}"
        f" WHERE key IN ({','.join('?' * len(asked))}) AND (status <= {CLAIMED} OR status = {DEAD})"
        " ORDER BY status DESC",
        (now, *(f"scene:{scene}" for scene in asked)),
    )
    return {int(key[6:]): _standing(status, absent) for key, status, absent in rows}


def _standing(status: int, is_absent: int) -> str:
    if status == DEAD:
        return GIVEN_UP
    return ABSENT if is_absent else OWED


def _is_flagged(data_dir: str, scene: int) -> bool:
    """Whether it changed, and no drain has taken that up yet."""
    return os.path.exists(os.path.join(data_dir, inbox.FOLDER, f"scene-{scene}"))


def differing(data_dir: str, args: "Map") -> "Map":
    """The scenes that differ and stay so unless somebody does something, and why."""
    size, after = lookup.limit(args), lookup.number(args, "after")
    queue, plex = lookup.File(data_dir, lookup.QUEUE), lookup.File(data_dir, lookup.PLEX)
    why = {scene: f"edited in Plex: {', '.join(map(str, fields))}"
           for scene, fields in drifted(data_dir).items()}  # fmt: skip
    for scene, fields in plex.rows(
        "SELECT scene_id, asked FROM item WHERE asked != '' AND scene_id > 0 LIMIT 10000"
    ):
        why[scene] = f"to be decided: {', '.join(fields.split())}"
    why |= dict(
        queue.rows(
            f"SELECT CAST(substr(key, 7) AS INTEGER), error FROM {TABLE}"
            f" WHERE status = {DEAD} AND {IS_SCENE}"
        )
    )
    apart = ids(queue, f"status <= {CLAIMED}")
    apart |= {row[0] for row in plex.rows("SELECT scene_id FROM held LIMIT 100000")}
    queue.close()
    plex.close()
    chosen = sorted(scene for scene in why if scene > after and scene not in apart)[: size + 1]
    return lookup.page([{"scene": one, "why": why[one] or ""} for one in chosen], size, "scene")
