"""Test Plex: finds out on the item of a scene how Plex takes edits, and puts the item back."""

import time
from collections.abc import Sequence
from typing import Any

import errors
from app import drain_lock
from app.arguments import number
from app.run import Run
from app.setup_check import self_test
from app.setup_check.finding import OK
from plex.fields.item import Item
from plex.state.ledger import Ledger
from plex.state.self_tests import Result
from stash import stdio
from sync_queue import inbox

SECOND = 1.1  # seconds between two edits, since updatedAt counts seconds
LATEST = 20  # scenes among which the test chooses if none is named


def test_plex(run: Run) -> dict[str, Any]:
    """Test Plex on the item of a `scene`, and of a `second` one for edits of several items. Without a scene
    it takes the scene that was synced last. Everything is put back."""
    from plex.self_test.walk import Walk

    plex = run.plex  # the ledger belongs to one server
    with drain_lock.alone(run):
        drain_lock.refuse_while_paused(run)
        drain_lock.put_back(run)
        scenes = _scenes(run)
        items = {scene: _item(run, scene) for scene in scenes}
        _refuse_two_libraries(list(items.values()))
        stdio.info(f"testing Plex on the item of scene {' and of scene '.join(map(str, scenes))}")
        keys = {item.rating_key: scene for scene, item in items.items()}
        walk = Walk(plex, run.store, run.journal, keys, run.clock, lambda: time.sleep(SECOND))
        result = walk.go(plex.version, run.progress.set)
    return {"scenes": scenes, "items": list(keys)} | _told(result)


def _scenes(run: Run) -> list[int]:
    scene, second = number(run, "scene"), number(run, "second")
    if second and (not scene or scene == second):
        raise errors.SetupError("second must be another scene than scene")
    if scene:
        chosen = [scene, second] if second else [scene]
        for one in chosen:
            if why := _obstacle(run, one):
                raise errors.SetupError(f"scene {one} {why}")
        return chosen
    synced = Ledger(run.store).latest_scenes(LATEST)
    found = next((one for one in synced if not _obstacle(run, one)), 0)
    if not found:
        raise errors.SetupError(
            "no scene can be taken for the test: sync a scene, or name one (scene)"
        )
    return [found]


def _obstacle(run: Run, scene: int) -> str:
    """Why this scene cannot be taken, '' if it can."""
    if scene in run.journal.held():
        return "is held: release it first, or take another scene"
    job = run.jobs.find(f"scene:{scene}")
    if ("scene", scene) in inbox.flags(run.data_dir) or (job and not job.dead):
        return "waits to be synced: run Process Queue first, or take another scene"
    return ""


def _item(run: Run, scene: int) -> Item:
    """The item that shows the scene. Raises SetupError if Stash2Plex has not synced it."""
    ledger, chosen = Ledger(run.store), {section.id for section in run.plex.sections()}
    items = run.plex.items(ledger.items_of(scene))
    entries = ledger.entries_of(items.values())
    good = [item for key, item in items.items() if key in entries and item.section in chosen]
    if not good:
        raise errors.SetupError(
            f"scene {scene} has no item in Plex that Stash2Plex has synced: sync it first"
        )
    return good[0]


def _refuse_two_libraries(items: Sequence[Item]) -> None:
    if len({item.section for item in items}) > 1 or len({i.rating_key for i in items}) < len(items):
        raise errors.SetupError("both scenes must have items of their own, in the same library")


def _told(result: Result) -> dict[str, Any]:
    lines = self_test.rows(result)
    for line in lines:
        log = stdio.info if line["level"] == OK else stdio.warning
        log(f"{line['expected']}: {line['said']} ({line['does']})")
    good = sum(line["level"] == OK for line in lines)
    stdio.info(f"Test Plex: {good} of {len(lines)} lines are as expected")
    return {"lines": lines, "good": good}
