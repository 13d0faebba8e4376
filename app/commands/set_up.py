"""Set Up: leads to the page, and shows some scenes as they will look in Plex."""

from typing import TYPE_CHECKING, Any

from app import drain_task
from app.commands.preview import rows_of
from app.run import Run
from stash import stdio

if TYPE_CHECKING:
    from plex.sync.work import Work

PAGE = "/plugins/stash2plex?view=start"
SAMPLES = 3
PAGES, PER_PAGE = 3, 10  # of the scenes among which the samples are


def set_up(run: Run) -> dict[str, Any]:
    """Log where the page is. The task also installs the packages, because every task does."""
    address = run.stash.base + PAGE
    stdio.info(f"Set up Stash2Plex on its page: {address}")
    stdio.info(
        f"If your browser reaches Stash at another address, open {PAGE} at that address. "
        "If the page is empty, reload Stash in the browser"
    )
    return {"page": address}


def samples(run: Run) -> dict[str, Any]:
    """Up to three scenes with their items: what Plex says now and after a sync. Writes nothing."""
    pipeline = drain_task.pipeline_of(run)
    scenes = run.stash.some(PAGES, PER_PAGE, pipeline.decider.extras)
    decisions = pipeline.look(scenes) if scenes else []
    works = [work for decision in decisions for work in decision.works]
    shown = sorted(map(_sample, works), key=_rank)
    return {"rows": shown[:SAMPLES], "looked_at": len(scenes), "matched": len(works)}


def _rank(sample: dict[str, Any]) -> "tuple[bool, bool]":
    """Scenes that a sync changes come first, and among them those with a new poster."""
    written = {row["field"] for row in sample["fields"] if row["writes"]}
    return not written, "poster" not in written


def _sample(work: "Work") -> dict[str, Any]:
    rows = rows_of(work)
    fields = [
        {name: row[name] for name in ("field", "before", "after", "why", "writes")} for row in rows
    ]
    return {
        "scene": work.scene.id,
        "item": work.item.rating_key,
        "title": work.wanted.get("title") or work.item.values.get("title") or work.scene.label(),
        "has_cover": work.scene.has_cover,
        "writes": any(row["writes"] for row in rows),
        "fields": fields,
    }
