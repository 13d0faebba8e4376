"""Undo, held scenes, and the journal."""

from dataclasses import asdict
from functools import partial
from typing import Any

import errors
from app import drain_task
from app.arguments import flag, number, scenes, text
from app.commands.reconcile import rank
from app.drain_lock import alone, refuse_while_paused
from app.phrasing import many, moment
from app.progress import UNDO as UNDOING
from app.progress import Progress
from app.run import Run
from plex.fields.item import FileIds, file_ids_of_scene, is_same_file
from plex.state.journal import UNDO, Row
from plex.state.ledger import Ledger, SceneStates
from plex.sync.collections import Collections
from plex.sync.undo import Undo, first_touches
from plex.sync.undo_plan import Undone
from stash import stdio
from stash.scene import Scene
from sync_queue.job import Job

ANOTHER_SCENE = "written for another file, which had the id of this scene then"
PAGE = 200  # rows of the journal in one answer


def undo(run: Run) -> dict[str, Any]:
    """Restore what Plex said before the last run that wrote. `run`, `item`, `scene` and `field` choose other
    writes, and `original` means before the very first write. Later edits of a person stay."""
    original = flag(run, "original")
    _check(run)
    plex = run.plex  # the journal belongs to one server
    with alone(run):
        chosen = _origins(run) if original else _rows(run)
        rows = _of_requested_scene(run, chosen)
        if not rows:
            stdio.info("undo: there is nothing to restore")
            return {"fields": 0, "items": 0, "held": 0, "left": _lost(len(chosen)), "kept": []}
        refuse_while_paused(run)
        SceneStates(run.store).doubt_items({row.rating_key for row in rows})
        collections = Collections(plex, run.store, run.config.sync_settings(), stdio.info)
        undo = Undo(plex, Ledger(run.store), run.journal, run.clock, collections.left)
        done = undo.undo(rows, original, partial(_tell, run.progress))
        collections.tidy()
    done.left |= _lost(len(chosen) - len(rows))
    _log(done)
    return {
        "fields": done.fields,
        "items": len(done.items),
        "held": len(done.scenes),
        "left": done.left,
        "kept": done.kept[:PAGE],
    }


def _tell(progress: Progress, done: int, total: int, title: str) -> None:
    progress.count(UNDOING, done, total)
    progress.about(title)


def _lost(count: int) -> dict[str, int]:
    """The count of writes for another file that had the id of this scene."""
    return {ANOTHER_SCENE: count} if count else {}


def _of_requested_scene(run: Run, rows: list[Row]) -> list[Row]:
    wanted = number(run, "scene")
    scene = run.stash.scenes([wanted]).get(wanted) if wanted and rows else None
    return of_its_file(run, scene, rows)


def of_its_file(run: Run, scene: "Scene | None", rows: list[Row]) -> list[Row]:
    """The rows for the present files of a scene. Its id may have been another scene's before Stash's
    database was replaced."""
    if scene is None:
        return rows
    ids = file_ids_of_scene(scene, run.path_map)
    return [row for row in rows if is_same_file(row.files, ids)]


def _check(run: Run) -> None:
    """Refuse empty arguments: they do not mean the whole last run."""
    for name in ("run", "item", "scene"):
        if name in run.args and not number(run, name):
            raise errors.SetupError(f"{name} must be a positive whole number")


def _rows(run: Run) -> list[Row]:
    given = {name: number(run, name) for name in ("run", "item", "scene")}
    wanted = given["run"]
    if not any(given.values()):
        wanted = run.journal.last_run()
        if not wanted:
            return []
    if wanted and (gone := run.journal.pruned(wanted)):
        stdio.warning(
            f"run {wanted}: {many(gone, 'change')} can no longer be undone, since the journal has deleted "
            "them (Journal Days, Journal Rows)"
        )
    rows = run.journal.rows(wanted, given["item"], given["scene"], text(run, "field"))
    return [row for row in rows if row.why != UNDO]  # a resume, not another undo, reverses an undo


def _origins(run: Run) -> list[Row]:
    item, scene, field = number(run, "item"), number(run, "scene"), text(run, "field")
    ledger = Ledger(run.store)
    keys = [item] if item else ledger.items_of(scene) if scene else run.journal.touched()
    rows = []
    for at in range(0, len(keys), 500):  # SQLite takes only so many values at once
        rows += first_touches(run.journal, keys[at : at + 500], ledger)
    return [row for row in rows if not field or row.field == field]


def _log(done: Undone) -> None:
    stdio.info(
        f"undo: {many(done.fields, 'field')} of {many(len(done.items), 'item')} restored; "
        f"{many(len(done.scenes), 'scene')} held until you press Resume Held Scenes"
    )
    for why, count in done.left.items():
        stdio.info(f"undo: {many(count, 'field')} not restored: {why}")


def hold(run: Run) -> dict[str, Any]:
    """Do not sync these scenes (`scene`, or a list `scenes`) until they are resumed."""
    chosen = scenes(run)
    if not chosen:
        raise errors.SetupError("hold needs the id of a scene (scene) or a list of them (scenes)")
    run.journal.hold(_files(run, chosen), "by you", run.clock())
    stdio.info(f"held: {many(len(chosen), 'scene')}")
    return {"held": chosen}


def _files(run: Run, ids: "list[int]") -> dict[int, FileIds]:
    """The files of these scenes. A hold belongs to a scene with these files."""
    scenes = run.stash.scenes(ids)
    if gone := [number for number in ids if number not in scenes]:
        raise errors.SetupError(f"Stash has no scene {', '.join(map(str, gone))}: nothing is held")
    return {number: file_ids_of_scene(scene, run.path_map) for number, scene in scenes.items()}


def resume(run: Run) -> dict[str, Any]:
    """Resume Held Scenes: release held scenes, all or the named ones, and sync them."""
    chosen = scenes(run)
    if not chosen and ("scenes" in run.args or "scene" in run.args):
        raise errors.SetupError("resume needs ids of scenes, or no argument for all of them")
    drain_task.is_for_later(run)
    held = set(run.journal.held())
    run.brake.look(sorted(held.intersection(chosen) if chosen else held), freed=True)
    drain_task.seen_of(run).doubt(chosen or held)  # nobody compared them while they were held
    freed = run.journal.resume(chosen or None)
    ranked = rank(len(freed))
    run.jobs.put((Job(number, reason="resumed", rank=ranked) for number in freed), run.clock())
    stdio.info(f"resumed: {many(len(freed), 'scene')}")
    return {"resumed": freed} | (drain_task.drain(run) if freed else {})


def journal(run: Run) -> dict[str, Any]:
    """View Journal: the latest runs that wrote, or the changes of a `run`, `item` or `scene`, in pages."""
    wanted, item, scene = (number(run, name) for name in ("run", "item", "scene"))
    page, field = number(run, "after"), text(run, "field")
    if wanted or item or scene:
        rows = run.journal.rows(wanted, item, scene, field, PAGE, page)
        return {"rows": list(map(_shown, rows))}
    runs = run.journal.runs(before=page or None)
    for entry in runs:
        stdio.info(
            f"run {entry.run}, {moment(entry.at)}, {entry.command}: {many(entry.fields, 'field')} of "
            f"{many(entry.items, 'item')}" + (f", {entry.undone} undone" if entry.undone else "")
        )
    if not runs:
        stdio.info("the journal is empty: nothing was written yet")
    held = {number: hold.why for number, hold in run.journal.held().items()}
    return {"runs": [asdict(entry) for entry in runs], "held": held}


def _shown(row: Row) -> dict[str, Any]:
    """The row without internal columns."""
    return {name: value for name, value in asdict(row).items() if name not in ("files", "known")}
