"""The states of scenes, read from our files: of some scenes, counted, or listed. Page lane.

`state_of` is the rule. `counts` and `listed` follow it with sets and an index; a test compares them.
"""

import os
import time

from app.dashboard import read_only_db
from plex.state.scene_state import (
    GAVE_UP,
    HELD,
    NOT_IN_PLEX,
    SEEN,
    STATES,
    UNKNOWN,
    WAITING,
)
from sync_queue import inbox
from sync_queue.schema import CLAIMED, DEAD, IS_SCENE, READY, TABLE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from plex.state.scene_state import State

    Map = dict[str, Any]

DUE, PUT_OFF = "due", "put off"  # the job of a scene
AT_ONCE = 500  # values in one statement
LISTED = tuple(filter(UNKNOWN.__ne__, STATES))  # only Stash knows all unknown scenes


# -- the rule


def state_of(
    held: "str | None", flagged: bool, job: str, died: "str | None", seen: "State | None"
) -> "State":
    """The state of a scene, and why.

    `held` is why it is held, None if it is not. `flagged`: it changed, and no drain has swept the flag.
    `job` is DUE (also while it is done), PUT_OFF or ''. `died` is why its job was given up, None if it was
    not. `seen` is its state when it was last compared with Plex.
    """
    if held is not None:
        return HELD, held
    if flagged or job == DUE:
        return WAITING, ""
    if job == PUT_OFF:
        return seen if seen and seen[0] == NOT_IN_PLEX else (WAITING, "")
    if died is not None:
        return GAVE_UP, died
    return seen or (UNKNOWN, "")


# -- some scenes


def states(data_dir: str, args: "Map") -> "Map":
    """The state of each of the `scenes`."""
    by_scene = states_of(data_dir, read_only_db.ids(args, "scenes"))
    return {"rows": [{"scene": scene, "state": state} for scene, (state, _) in by_scene.items()]}


def states_of(data_dir: str, scenes: "Iterable[int]") -> "dict[int, State]":
    """The states of these scenes, at most 200, and why."""
    asked = tuple(scenes)
    queue, plex = (
        read_only_db.File(data_dir, read_only_db.QUEUE),
        read_only_db.File(data_dir, read_only_db.PLEX),
    )
    jobs, died = _jobs(queue, asked, time.time())
    marks = f"({','.join('?' * len(asked))})"
    held: dict[int, str] = dict(
        plex.rows(f"SELECT scene_id, why FROM held WHERE scene_id IN {marks}", asked)
    )
    sql = f"SELECT scene_id, state, why FROM scene_state WHERE scene_id IN {marks}"
    seen = {scene: (state, why) for scene, state, why in plex.rows(sql, asked)}
    changed = _changed(data_dir, queue, plex, asked)
    queue.close()
    plex.close()
    return {
        scene: state_of(
            held.get(scene), scene in changed, jobs.get(scene, ""), died.get(scene), seen.get(scene)
        )
        for scene in asked
    }


def _jobs(
    queue: read_only_db.File, asked: "tuple[int, ...]", now: float
) -> "tuple[dict[int, str], dict[int, str]]":
    """The job of each scene, and the errors of dead letters."""
    jobs: dict[int, str] = {}
    died: dict[int, str] = {}
    for key, status, due, error in queue.rows(
        f"SELECT key, status, due, error FROM {TABLE}"
        f" WHERE key IN ({','.join('?' * len(asked))}) AND (status <= {CLAIMED} OR status = {DEAD})",
        tuple(f"scene:{scene}" for scene in asked),
    ):
        scene = int(key[6:])
        if status == DEAD:
            died[scene] = error or ""
        elif status == READY and due > now:
            jobs.setdefault(scene, PUT_OFF)
        else:
            jobs[scene] = DUE
    return jobs, died


def _changed(
    data_dir: str, queue: read_only_db.File, plex: read_only_db.File, asked: "tuple[int, ...]"
) -> "set[int]":
    """The scenes that are flagged, or show a flagged performer, studio, tag or group."""
    folder = os.path.join(data_dir, inbox.FOLDER)
    scenes = {n for n in asked if os.path.exists(os.path.join(folder, f"scene-{n}"))}
    if names := set(_names(data_dir, queue)):
        sql = "SELECT scene_id, kind, ref_id FROM ref WHERE scene_id IN"
        rows = plex.rows(f"{sql} ({','.join('?' * len(asked))})", asked)
        scenes |= {scene for scene, *name in rows if tuple(name) in names}
    return scenes


# -- changes in Stash that no drain has swept


def _names(data_dir: str, queue: read_only_db.File) -> "Iterator[tuple[str, int]]":
    """The performers, studios, tags and groups whose scenes are not queued yet."""
    yield from (flag for flag in read_only_db.flags(data_dir) if flag[0] != "scene")
    for where in ("key < 'scene:'", "key >= 'scene;'"):
        for (key,) in queue.rows(
            f"SELECT key FROM {TABLE} WHERE {where} AND status <= {CLAIMED} LIMIT {read_only_db.FLAGS}"
        ):
            kind, _, number = str(key).partition(":")
            if number.isascii() and number.isdigit():
                yield kind, int(number)


# -- all scenes


class Overlay:
    """The scenes whose state is not that of their last comparison, in a set for each state."""

    def __init__(
        self, data_dir: str, queue: read_only_db.File, plex: read_only_db.File, now: float
    ) -> None:
        self._queue = queue
        later = f"status = {READY} AND due > {now!r}"
        self.held = {row[0] for row in plex.rows("SELECT scene_id FROM held LIMIT 100000")}
        due = self._ids(f"status <= {CLAIMED} AND NOT ({later})")
        due.update(number for kind, number in read_only_db.flags(data_dir) if kind == "scene")
        for name in set(_names(data_dir, queue)):
            sql = "SELECT scene_id FROM ref WHERE kind = ? AND ref_id = ?"
            due.update(row[0] for row in plex.rows(sql, name))
        put_off = self._ids(later) - due - self.held
        sql = "SELECT scene_id FROM scene_state WHERE state = ?"
        absent = plex.rows(sql, (NOT_IN_PLEX,)) if put_off else []
        self.absent = put_off & {row[0] for row in absent}
        self.waiting = (due | put_off) - self.held - self.absent
        self.gave_up = self._ids(f"status = {DEAD}") - due - put_off - self.held

    def _ids(self, where: str) -> "set[int]":
        sql = f"SELECT CAST(substr(key, 7) AS INTEGER) FROM {TABLE} WHERE {IS_SCENE} AND {where}"
        return {row[0] for row in self._queue.rows(sql)}

    @property
    def parts(self) -> "dict[str, set[int]]":
        return {
            HELD: self.held, WAITING: self.waiting, NOT_IN_PLEX: self.absent,
            GAVE_UP: self.gave_up,
        }  # fmt: skip

    @property
    def ids(self) -> "set[int]":
        return self.held | self.waiting | self.absent | self.gave_up


def counts(data_dir: str, now: float) -> "dict[str, int]":
    """The number of scenes in each state. Each scene counts once. Scenes that the plugin has not met are
    missing: only Stash knows their number."""
    queue, plex = (
        read_only_db.File(data_dir, read_only_db.QUEUE),
        read_only_db.File(data_dir, read_only_db.PLEX),
    )
    totals = dict.fromkeys(STATES, 0)
    totals.update(plex.rows("SELECT state, count(*) FROM scene_state GROUP BY state"))
    overlay = Overlay(data_dir, queue, plex, now)
    overlaid = list(overlay.ids)
    for at in range(0, len(overlaid), AT_ONCE):
        part = tuple(overlaid[at : at + AT_ONCE])
        for state, count in plex.rows(
            "SELECT state, count(*) FROM scene_state"
            f" WHERE scene_id IN ({','.join('?' * len(part))}) GROUP BY state",
            part,
        ):
            totals[state] -= count
    for state, ids in overlay.parts.items():
        totals[state] += len(ids)
    queue.close()
    plex.close()
    return totals


# -- lists


def listed(data_dir: str, args: "Map") -> "Map":
    """The scenes in a `state`, by ascending id, and why."""
    size, after = read_only_db.limit(args), read_only_db.number(args, "after")
    state = read_only_db.text(args, "state")
    if state not in LISTED:
        raise read_only_db.Trouble(f"state must be one of {', '.join(LISTED)}")
    queue, plex = (
        read_only_db.File(data_dir, read_only_db.QUEUE),
        read_only_db.File(data_dir, read_only_db.PLEX),
    )
    overlay = Overlay(data_dir, queue, plex, time.time())
    chosen = sorted(n for n in overlay.parts.get(state, ()) if n > after)[: size + 1]
    if state in SEEN:
        chosen = sorted(chosen + _seen(plex, state, after, size + 1, overlay.ids))[: size + 1]
    queue.close()
    plex.close()
    whys = states_of(data_dir, chosen[:size]) if chosen else {}
    rows = [{"scene": n, "why": whys.get(n, ("", ""))[1]} for n in chosen]
    return read_only_db.page(rows, size, "scene")


def _seen(
    plex: read_only_db.File, state: str, after: int, most: int, besides: "set[int]"
) -> "list[int]":
    """Up to `most` scenes whose last comparison gave this state, without those in another state now."""
    scenes: list[int] = []
    while len(scenes) < most:
        rows = plex.rows(
            "SELECT scene_id FROM scene_state WHERE state = ? AND scene_id > ?"
            f" ORDER BY scene_id LIMIT {2 * AT_ONCE}",
            (state, after),
        )
        scenes += [row[0] for row in rows if row[0] not in besides]
        if len(rows) < 2 * AT_ONCE:
            break
        after = rows[-1][0]
    return scenes[:most]
