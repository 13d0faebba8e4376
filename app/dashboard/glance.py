"""The overview's short lists: what needs a person, the last writes and the last runs. Page lane."""

from app.dashboard import lists, scene_states
from app.dashboard.read_only_db import PLEX, File
from plex.state.scene_state import AMBIGUOUS, GAVE_UP, NOT_IN_PLEX

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Map = dict[str, Any]

STATES = (AMBIGUOUS, GAVE_UP, NOT_IN_PLEX)  # with which a person can do something
NEEDS, WRITES, RUNS = 3, 6, 5  # rows of each list
ROWS = 200  # of the journal among which the last writes are


def glance(data_dir: str, args: "Map") -> "Map":
    """The needs of the overview, the scenes that were written last, and the last runs."""
    return {
        "needs": [_decisions(data_dir), *_states(data_dir)],
        "writes": _writes(data_dir),
        "runs": lists.runs(data_dir, {"limit": RUNS})["rows"],
    }


def _decisions(data_dir: str) -> "Map":
    found = lists.decisions(data_dir, {"limit": NEEDS})
    rows = [{"scene": row["scene"], "why": ", ".join(row["fields"])} for row in found["rows"]]
    return {"kind": "decisions", "total": found["total"], "rows": rows}


def _states(data_dir: str) -> "list[Map]":
    found = scene_states.newest(data_dir, STATES, NEEDS)
    ids = [number for chosen, _ in found.values() for number in chosen]
    whys = scene_states.states_of(data_dir, ids) if ids else {}
    return [
        {
            "kind": state,
            "total": total,
            "rows": [{"scene": n, "why": whys[n][1]} for n in chosen],
        }
        for state, (chosen, total) in found.items()
    ]


def _writes(data_dir: str) -> "list[Map]":
    """The scenes that were written last, each with the fields of its last run."""
    with File(data_dir, PLEX) as file:
        rows = file.rows(
            "SELECT j.scene_id, j.run, r.at, j.field FROM journal j JOIN run r ON r.id = j.run"
            " WHERE j.scene_id != 0 ORDER BY j.number DESC LIMIT ?",
            (ROWS,),
        )
    written: dict[int, Map] = {}
    for scene, run, at, field in rows:
        write = written.setdefault(scene, {"scene": scene, "run": run, "at": at, "fields": []})
        if write["run"] == run and field not in write["fields"]:
            write["fields"].append(field)
    return list(written.values())[:WRITES]
