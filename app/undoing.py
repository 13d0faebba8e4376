"""Undo, and the scenes that are held: what a person takes back, and what stays alone afterwards."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import errors
from app.run import Run
from app.words import many
from stash import wire
from sync_queue import inbox
from sync_queue.lock import FileLock

if TYPE_CHECKING:
    from plex.journal import Row
    from plex.undo import Undone

PAGE = 200  # rows of the journal in one answer
HIGHEST = 2**63 - 1


def undo(run: Run) -> dict[str, Any]:
    """Put back what Plex said before the last run; or `run`, `item`, `scene`, `field` narrow it
    down, and `original` means before the very first touch. What a person changed since stays."""
    from plex.ledger import Ledger
    from plex.undo import Undo

    original = _flag(run, "original")
    with _alone(run):
        rows = _origins(run) if original else _rows(run)
        if not rows:
            wire.info("undo: there is nothing to put back")
            return {"fields": 0, "items": 0, "held": 0, "left": {}}
        plex = run.plex
        done = Undo(plex, Ledger(run.store), run.journal, run.clock)(rows, original)
    _tell(done)
    return {
        "fields": done.fields,
        "items": len(done.items),
        "held": len(done.scenes),
        "left": done.left,
        "kept": done.kept[:PAGE],
    }


def _rows(run: Run) -> "list[Row]":
    asked = {name: _number(run, name) for name in ("run", "item", "scene")}
    number = asked["run"]
    if not any(asked.values()):
        number = run.journal.last_run()
        if not number:
            return []
    return run.journal.rows(number, asked["item"], asked["scene"], _text(run, "field"))


def _origins(run: Run) -> "list[Row]":
    from plex.ledger import Ledger
    from plex.undo import first_touches

    item, scene, field = _number(run, "item"), _number(run, "scene"), _text(run, "field")
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


def _tell(done: "Undone") -> None:
    wire.info(
        f"undo: {many(done.fields, 'field')} of {many(len(done.items), 'item')} put back; "
        f"{many(len(done.scenes), 'scene')} held until you press Resume Held Scenes"
    )
    for why, count in done.left.items():
        wire.info(f"undo: {many(count, 'field')} left as it is: {why}")


def hold(run: Run) -> dict[str, Any]:
    """Leave scenes alone (`scene`, or a list `scenes`) until they are resumed."""
    scenes = _scenes(run)
    if not scenes:
        raise errors.SetupError("hold needs the id of a scene (scene) or a list of them (scenes)")
    run.journal.hold(scenes, "by you", run.clock())
    wire.info(f"held: {many(len(scenes), 'scene')}")
    return {"held": scenes}


def resume(run: Run) -> dict[str, Any]:
    """Let go of held scenes, all or those asked for, and sync them."""
    from app import drains
    from sync_queue.jobs import EDIT, Job

    freed = run.journal.resume(_scenes(run) or None)
    run.jobs.put((Job(number, reason="resumed", rank=EDIT) for number in freed), run.clock())
    wire.info(f"resumed: {many(len(freed), 'scene')}")
    return {"resumed": freed} | (drains.drain(run) if freed else {})


def journal(run: Run) -> dict[str, Any]:
    """What was written: the latest runs, or (`run`, `item`, `scene`) the fields of one, in pages."""
    number, item, scene = (_number(run, name) for name in ("run", "item", "scene"))
    page = _number(run, "after")
    if number or item or scene:
        rows = run.journal.rows(number, item, scene, _text(run, "field"), PAGE, page)
        return {"rows": [asdict(row) for row in rows]}
    runs = run.journal.runs(before=page or None)
    for one in runs:
        when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(one.at))
        wire.info(
            f"run {one.run}, {when}, {one.command}: {many(one.fields, 'field')} of "
            f"{many(one.items, 'item')}" + (f", {one.undone} undone" if one.undone else "")
        )
    if not runs:
        wire.info("the journal is empty: nothing was written yet")
    return {"runs": [asdict(one) for one in runs], "held": dict(run.journal.held())}


# -- arguments, which anybody may have written


def _number(run: Run, name: str) -> int:
    """A positive whole number, 0 when it is not given."""
    value = run.args.get(name)
    if value in (None, ""):
        return 0
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= HIGHEST:
        raise errors.SetupError(f"{name} must be a positive whole number")
    return value


def _text(run: Run, name: str) -> str:
    value = run.args.get(name) or ""
    if not isinstance(value, str):
        raise errors.SetupError(f"{name} must be a text")
    return value


def _flag(run: Run, name: str) -> bool:
    value = run.args.get(name) or False
    if value not in (True, False, "true", "false"):
        raise errors.SetupError(f"{name} must be true or false")
    return value in (True, "true")


def _scenes(run: Run) -> list[int]:
    """The ids in `scenes` and `scene`."""
    given = run.args.get("scenes") or []
    if not isinstance(given, list):
        raise errors.SetupError("scenes must be a list of ids")
    numbers = [one for one in given if isinstance(one, int) and not isinstance(one, bool)]
    if len(numbers) != len(given) or not all(0 < one <= HIGHEST for one in numbers):
        raise errors.SetupError("scenes must be a list of ids")
    single = _number(run, "scene")
    return sorted({*numbers, *([single] if single else [])})
