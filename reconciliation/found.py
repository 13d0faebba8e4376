"""What a walk finds: counts, the scenes that are owed and why, the numbers of those that agree."""

from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from plex.state.scene_state import UNKNOWN
from reconciliation.detector import MISSING
from reconciliation.result import GapDetectionResult
from reconciliation.verified import Prints
from sync_queue.jobs import Jobs

if TYPE_CHECKING:
    from plex.state.scene_state import State
    from stash.scene import Scene

GONE = "gone"  # why a scene is owed that Stash no longer has: the sync forgets it
_WITHOUT_ITEM = (MISSING, GONE)


class Owed:
    """Ids of scenes, by the reason for which they are owed."""

    def __init__(self) -> None:
        self.by_reason: dict[str, array[int]] = {}

    def add(self, number: int, reason: str) -> None:
        self.by_reason.setdefault(reason, array("q")).append(number)

    @property
    def touching(self) -> int:
        """How many of them have an item."""
        return sum(len(ids) for why, ids in self.by_reason.items() if why not in _WITHOUT_ITEM)

    def put(self, jobs: Jobs, now: float) -> int:
        """Into the queue; how many are new there."""
        # What is missing goes on waiting; the others were waited for, and now they are there.
        return sum(
            jobs.owe(ids, reason, now, put_off=reason != MISSING)
            for reason, ids in self.by_reason.items()
        )


@dataclass
class Found:
    """Of one walk, so far; `agreed` and `states` are what is still to be kept of it (see `Verified`
    and `Seen`)."""

    result: GapDetectionResult = field(default_factory=GapDetectionResult)
    owed: Owed = field(default_factory=Owed)
    agreed: Prints = field(default_factory=dict)
    states: "dict[int, State]" = field(default_factory=dict)

    def leave_out(self, scene: "Scene", error: Exception) -> None:
        """It could not be compared."""
        self.states[scene.id] = UNKNOWN, str(error)
        self.result.left_out.append(f"{scene.label()}: {error}")
