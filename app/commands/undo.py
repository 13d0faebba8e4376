"""Undo, and the scenes that are held: what a person takes back, and what stays alone afterwards."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import errors
from app import hook_hints
from app.arguments import flag, number, scenes, text
from app.phrasing import many
from app.run import Run
from disk.lock import FileLock
from stash import stdio
from sync_queue import inbox

if TYPE_CHECKING:
    from plex.state.file_id import FileIds
    from plex.state.journal import Row
    from plex.sync.undo_plan import Undone

ANOTHER_SCENE = "written for another file, which had the number of this scene then"
PAGE = 200  # rows of the journal in one answer


def undo(run: Run) -> dict[str, Any]:
    """Put back what Plex said before the last run; or `run`, `item`, `scene`, `field` narrow it
    down, and `original` means before the very first touch. What a person changed since stays."""
    from plex.state.ledger import Ledger
    from plex.state.scene_state_store import Seen
    from plex.sync.collections import Collections
    from plex.sync.undo import Undo

    original = flag(run, "original")
    _check(run)
    plex = run.plex  # what is remembered belongs to one server
    with _alone(run):
        asked = _origins(run) if original else _rows(run)
        rows = _of_its_file(run, asked)
        if not rows:
            stdio.info("undo: there is nothing to put back")
            return {"fields": 0, "items": 0, "held": 0, "left": _lost(len(asked)), "kept": []}
        _refuse_while_paused(run)
        Seen(run.store).doubt_items({row.rating_key for row in rows})
        collections = Collections(plex, run.store, run.config.sync_settings(), stdio.info)
        undo = Undo(plex, Ledger(run.store), run.journal, run.clock, collections.left)
        done = undo.undo(rows, original)
        collections.tidy()
    done.left |= _lost(len(asked) - len(rows))
    _tell(done)
    return {
        "fields": done.fields,
        "items": len(done.items),
        "held": len(done.scenes),
        "left": done.left,
        "kept": done.kept[:PAGE],
    }


def _lost(count: int) -> dict[str, int]:
    """What was written for a scene that is gone: its number stands for another file now."""
    return {ANOTHER_SCENE: count} if count else {}


def _of_its_file(run: Run, rows: "list[Row]") -> "list[Row]":
    """Of a `scene` that is asked for: what was written for the file that it has. After Stash's
    database was replaced its number may have been another scene's."""
    from plex.state import file_id

    wanted = number(run, "scene")
    scene = run.stash.scenes([wanted]).get(wanted) if wanted and rows else None
    if scene is None:
        return rows
    ids = file_id.of_scene(scene, run.path_map)
    return [row for row in rows if file_id.is_same(row.files, ids)]


def _refuse_while_paused(run: Run) -> None:
    """Before anything is noted or held."""
    from plex.client.transport import paused

    if run.config.paused:
        raise paused()


def _check(run: Run) -> None:
    """Somebody who names nothing by mistake does not mean the whole last run."""
    for name in ("run", "item", "scene"):
        if name in run.args and not number(run, name):
            raise errors.SetupError(f"{name} must be a positive whole number")


def _rows(run: Run) -> "list[Row]":
    asked = {name: number(run, name) for name in ("run", "item", "scene")}
    wanted = asked["run"]
    if not any(asked.values()):
        wanted = run.journal.last_run()
        if not wanted:
            return []
    if wanted and (gone := run.journal.pruned(wanted)):
        stdio.warning(
            f"run {wanted}: {many(gone, 'change')} of it can no longer be put back, since the journal "
            "keeps only so many (Journal Days, Journal Rows)"
        )
    rows = run.journal.rows(wanted, asked["item"], asked["scene"], text(run, "field"))
    from plex.state.journal import UNDO

    return [row for row in rows if row.why != UNDO]  # to undo an undo is to resume


def _origins(run: Run) -> "list[Row]":
    from plex.state.ledger import Ledger
    from plex.sync.undo import first_touches

    item, scene, field = number(run, "item"), number(run, "scene"), text(run, "field")
    ledger = Ledger(run.store)
    keys = [item] if item else ledger.items_of(scene) if scene else run.journal.touched()
    rows = []
    for at in range(0, len(keys), 500):  # SQLite takes only so many values at once
        rows += first_touches(run.journal, keys[at : at + 500], ledger)
    return [row for row in rows if not field or row.field == field]


@contextmanager
def _alone(run: Run) -> Iterator[None]:
    """One process at a time writes to Plex: the drain, or this."""
    lock = FileLock(os.path.join(run.data_dir, inbox.LOCK))
    if not lock.acquire():
        raise errors.SetupError(
            "another run is writing to Plex just now: try again when it is done"
        )
    try:
        yield
    finally:
        lock.release()
        hook_hints.wake_if_work_is_left(run)


def _tell(done: "Undone") -> None:
    stdio.info(
        f"undo: {many(done.fields, 'field')} of {many(len(done.items), 'item')} put back; "
        f"{many(len(done.scenes), 'scene')} held until you press Resume Held Scenes"
    )
    for why, count in done.left.items():
        stdio.info(f"undo: {many(count, 'field')} left as it is: {why}")


def hold(run: Run) -> dict[str, Any]:
    """Leave scenes alone (`scene`, or a list `scenes`) until they are resumed."""
    chosen = scenes(run)
    if not chosen:
        raise errors.SetupError("hold needs the id of a scene (scene) or a list of them (scenes)")
    run.journal.hold(_files(run, chosen), "by you", run.clock())
    stdio.info(f"held: {many(len(chosen), 'scene')}")
    return {"held": chosen}


def _files(run: Run, ids: "list[int]") -> "dict[int, FileIds]":
    """The files of these scenes: a hold is of the scene that has them."""
    from plex.state import file_id

    found = run.stash.scenes(ids)
    if gone := [number for number in ids if number not in found]:
        raise errors.SetupError(f"Stash has no scene {', '.join(map(str, gone))}: nothing is held")
    return {number: file_id.of_scene(scene, run.path_map) for number, scene in found.items()}


def resume(run: Run) -> dict[str, Any]:
    """Let go of held scenes, all or those asked for, and sync them."""
    from app import drain_task
    from app.commands.brake import rank
    from sync_queue.job import Job

    chosen = scenes(run)
    if not chosen and ("scenes" in run.args or "scene" in run.args):
        raise errors.SetupError("resume needs ids of scenes, or no argument for all of them")
    drain_task.is_for_later(run)
    held = set(run.journal.held())
    run.brake.look(sorted(held.intersection(chosen) if chosen else held), freed=True)
    drain_task.seen_of(run).doubt(chosen or held)  # while they were held, nobody looked
    freed = run.journal.resume(chosen or None)
    how = rank(len(freed))
    run.jobs.put((Job(number, reason="resumed", rank=how) for number in freed), run.clock())
    stdio.info(f"resumed: {many(len(freed), 'scene')}")
    return {"resumed": freed} | (drain_task.drain(run) if freed else {})


def journal(run: Run) -> dict[str, Any]:
    """What was written: the latest runs, or (`run`, `item`, `scene`) the fields of one, in pages."""
    one, item, scene = (number(run, name) for name in ("run", "item", "scene"))
    page, field = number(run, "after"), text(run, "field")
    if one or item or scene:
        rows = run.journal.rows(one, item, scene, field, PAGE, page)
        return {"rows": [_told(row) for row in rows]}
    runs = run.journal.runs(before=page or None)
    for entry in runs:
        when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(entry.at))
        stdio.info(
            f"run {entry.run}, {when}, {entry.command}: {many(entry.fields, 'field')} of "
            f"{many(entry.items, 'item')}" + (f", {entry.undone} undone" if entry.undone else "")
        )
    if not runs:
        stdio.info("the journal is empty: nothing was written yet")
    held = {number: hold.why for number, hold in run.journal.held().items()}
    return {"runs": [asdict(one) for one in runs], "held": held}


def _told(row: "Row") -> dict[str, Any]:
    """Without what is only for us."""
    return {name: value for name, value in asdict(row).items() if name not in ("files", "known")}
