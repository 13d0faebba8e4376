"""The page operations by their mode: read from our files, without packages. Page lane.

Each answer is JSON of a bounded size. An error is one sentence. Nothing is changed.
"""

from app.dashboard import lists, overview, scene_states
from app.dashboard.read_only_db import Trouble

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Map = dict[str, Any]

PAGE_OPERATIONS = {
    "status": overview.status,
    "overview": overview.overview,
    "scene_states": scene_states.states,
    "list_scenes": scene_states.listed,
    "list_queue": lists.queue,
    "list_dead_letters": lists.dead_letters,
    "list_runs": lists.runs,
    "list_changes": lists.changes,
    "list_decisions": lists.decisions,
    "list_held": lists.held,
    "list_preview": lists.preview,
}


def answer(mode: str, args: "Map", data_dir: str) -> "tuple[Map | None, str]":
    """(the answer, ''), or (None, why there is none)."""
    try:
        return PAGE_OPERATIONS[mode](data_dir, args), ""
    except Trouble as error:
        return None, str(error)
