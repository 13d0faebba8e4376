"""The states of scenes, read from our files: of some scenes, counted, or listed. Page lane.

`state_of` is the rule. `counts` and `listed` follow it with sets and an index; a test compares them.
"""

import time

from app.dashboard import read_only_db
from app.dashboard.read_only_db import PLEX, QUEUE, File, among
from plex.state.scene_state import GAVE_UP, HELD, NOT_IN_PLEX, SEEN, STATES, UNKNOWN, WAITING
from sync_queue import inbox
from sync_queue.schema import CLAIMED, DEAD, IS_SCENE, READY, TABLE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
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
    """The state of each of the `scenes`, and why. For `cards`: only if the setting shows badges on them."""
    asked = read_only_db.ids(args, "scenes")
    shown = inbox.shows_badges(data_dir) if args.get("cards") else True
    by_scene = states_of(data_dir, asked) if shown else {}
    rows = [{"scene": n, "state": state, "why": why} for n, (state, why) in by_scene.items()]
    return {"rows": rows, "shown": shown}


def states_of(data_dir: str, scenes: "Iterable[int]") -> "dict[int, State]":
    """The states of these scenes, and why."""
    asked = tuple(scenes)
    which = f"WHERE scene_id IN {among(asked)}"
    with File(data_dir, QUEUE) as queue, File(data_dir, PLEX) as plex:
        jobs, died = _jobs(queue, asked, time.time())
        held: dict[int, str] = dict(plex.rows(f"SELECT scene_id, why FROM held {which}"))
        rows = plex.rows(f"SELECT scene_id, state, why FROM scene_state {which}")
        changed = _changed(data_dir, queue, plex, asked)
    seen = {scene: (state, why) for scene, state, why in rows}
    return {
        scene: state_of(
            held.get(scene), scene in changed, jobs.get(scene, ""), died.get(scene), seen.get(scene)
        )
        for scene in asked
    }


def _jobs(
    queue: File, asked: "tuple[int, ...]", now: float
) -> "tuple[dict[int, str], dict[int, str]]":
    """The job of each scene, and the errors of dead letters."""
    jobs: dict[int, str] = {}
    died: dict[int, str] = {}
    for key, status, due, error in queue.rows(
        f"SELECT key, status, due, error FROM {TABLE}"
        f" WHERE key IN {read_only_db.jobs_of(asked)}"
        f" AND (status <= {CLAIMED} OR status = {DEAD})"
    ):
        scene = int(key[6:])
        if status == DEAD:
            died[scene] = error or ""
        elif status == READY and due > now:
            jobs.setdefault(scene, PUT_OFF)
        else:
            jobs[scene] = DUE
    return jobs, died


def _changed(data_dir: str, queue: File, plex: File, asked: "tuple[int, ...]") -> "set[int]":
    """The scenes that are flagged, or show a flagged performer, studio, tag or group."""
    folder = f"{data_dir}/{inbox.FOLDER}"
    scenes = {n for n in asked if inbox.exists(f"{folder}/scene-{n}")}
    if names := set(_names(data_dir, queue)):
        sql = f"SELECT scene_id, kind, ref_id FROM ref WHERE scene_id IN {among(asked)}"
        rows = plex.rows(sql)
        scenes |= {scene for scene, *name in rows if tuple(name) in names}
    return scenes


# -- changes in Stash that no drain has swept


def _names(data_dir: str, queue: File) -> "Iterator[tuple[str, int]]":
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


def _overlay(data_dir: str, queue: File, plex: File, now: float) -> "dict[str, set[int]]":
    """The scenes whose state is not that of their last comparison, by state."""
    later = f"status = {READY} AND due > {now!r}"
    held = {row[0] for row in plex.rows("SELECT scene_id FROM held LIMIT 100000")}
    due = _queued(queue, f"status <= {CLAIMED} AND NOT ({later})")
    due.update(number for kind, number in read_only_db.flags(data_dir) if kind == "scene")
    for name in set(_names(data_dir, queue)):
        sql = "SELECT scene_id FROM ref WHERE kind = ? AND ref_id = ?"
        due.update(row[0] for row in plex.rows(sql, name))
    put_off = _queued(queue, later) - due - held
    sql = "SELECT scene_id FROM scene_state WHERE state = ?"
    absent = {row[0] for row in (plex.rows(sql, (NOT_IN_PLEX,)) if put_off else [])} & put_off
    return {
        HELD: held, WAITING: (due | put_off) - held - absent, NOT_IN_PLEX: absent,
        GAVE_UP: _queued(queue, f"status = {DEAD}") - due - put_off - held,
    }  # fmt: skip


def _queued(queue: File, where: str) -> "set[int]":
    sql = f"SELECT CAST(substr(key, 7) AS INTEGER) FROM {TABLE} WHERE {IS_SCENE} AND {where}"
    return {row[0] for row in queue.rows(sql)}


def counts(data_dir: str, now: float) -> "dict[str, int]":
    """The number of scenes in each state. Each scene counts once. Scenes that the plugin has not met are
    missing: only Stash knows their number."""
    totals = dict.fromkeys(STATES, 0)
    with File(data_dir, QUEUE) as queue, File(data_dir, PLEX) as plex:
        totals.update(plex.rows("SELECT state, count(*) FROM scene_state GROUP BY state"))
        overlay = _overlay(data_dir, queue, plex, now)
        overlaid = list(set().union(*overlay.values()))
        for at in range(0, len(overlaid), AT_ONCE):
            which = f"WHERE scene_id IN {among(overlaid[at : at + AT_ONCE])} GROUP BY state"
            for state, count in plex.rows(f"SELECT state, count(*) FROM scene_state {which}"):
                totals[state] -= count
    for state, ids in overlay.items():
        totals[state] += len(ids)
    return totals


# -- lists


def listed(data_dir: str, args: "Map") -> "Map":
    """The scenes in a `state` by id, and why. The first part has the `total`."""
    size, state = read_only_db.limit(args), read_only_db.text(args, "state")
    if state not in LISTED:
        raise read_only_db.Trouble(f"state must be one of {', '.join(LISTED)}")
    chosen, total = _chosen(data_dir, args, state, size + 1)
    whys = states_of(data_dir, chosen[:size]) if chosen else {}
    rows = [{"scene": n, "why": whys.get(n, ("", ""))[1]} for n in chosen]
    answer = read_only_db.page(rows, size, "scene")
    return answer if args.get("after") else answer | {"total": total}


def _chosen(data_dir: str, args: "Map", state: str, most: int) -> "tuple[list[int], int]":
    """Up to `most` ids of the part that is asked for, and the number of all scenes in the state."""
    after, start = read_only_db.number(args, "after"), read_only_db.start(args)
    is_down = read_only_db.one_of(args, "order", ("oldest", "newest")) == "newest"
    with File(data_dir, QUEUE) as queue, File(data_dir, PLEX) as plex:
        overlay = _overlay(data_dir, queue, plex, time.time())
        return _those(plex, overlay, state, most, start, after, is_down)


def newest(data_dir: str, wanted: "Sequence[str]", most: int) -> "dict[str, tuple[list[int], int]]":
    """For each of these states its newest scenes, up to `most`, and the number of all."""
    with File(data_dir, QUEUE) as queue, File(data_dir, PLEX) as plex:
        overlay = _overlay(data_dir, queue, plex, time.time())
        return {state: _those(plex, overlay, state, most) for state in wanted}


def _those(
    plex: File,
    overlay: "dict[str, set[int]]",
    state: str,
    most: int,
    start: int = 0,
    after: int = 0,
    is_down: bool = True,
) -> "tuple[list[int], int]":
    """Up to `most` scenes in the state, from the row `start` or from the id `after` on, and their number."""
    if state not in SEEN:
        ids = sorted(overlay[state], reverse=is_down)
        if after:
            ids = [n for n in ids if (n < after if is_down else n > after)]
        return ids[start : start + most], len(ids)
    besides = set().union(*(overlay[other] for other in overlay.keys() - {state}))
    total = _count(plex, state, besides)
    if start <= total // 2:
        return _seen(plex, state, after, is_down, start + most, besides)[start:], total
    end = max(total - start, 0)  # the index is read from its nearer end
    ids = _seen(plex, state, 0, not is_down, end, besides)
    return ids[max(end - most, 0) :][::-1], total


def _seen(
    plex: File, state: str, after: int, is_down: bool, most: int, besides: "set[int]"
) -> "list[int]":
    """The first `most` scenes beyond `after` whose last comparison gave this state, without those in
    another state now."""
    beyond = f" AND scene_id {'<' if is_down else '>'} {after}" if after else ""
    rows = plex.rows(
        f"SELECT scene_id FROM scene_state WHERE state = ?{beyond}"
        f" ORDER BY scene_id{' DESC' if is_down else ''} LIMIT ?",
        (state, most + len(besides)),
    )
    return [number for (number,) in rows if number not in besides][:most]


def _count(plex: File, state: str, besides: "set[int]") -> int:
    """How many scenes are in this state, without those in another state now."""
    sql, others = "SELECT count(*) FROM scene_state WHERE state = ?", list(besides)
    count = plex.value(sql, (state,))
    for at in range(0, len(others), AT_ONCE):
        among_others = f"{sql} AND scene_id IN {among(others[at : at + AT_ONCE])}"
        count -= plex.value(among_others, (state,))
    return count
