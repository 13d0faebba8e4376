"""The counts of a run, and the scenes that it finds for a sync."""

from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from plex.state.scene_state import UNKNOWN
from reconciliation.detector import DRIFTED, EMPTY, MISSING, STALE, Gap
from reconciliation.state import DEEP, QUICK, USUAL

if TYPE_CHECKING:
    from plex.state.scene_state import State
    from reconciliation.fingerprints import ByScene
    from stash.scene import Scene
    from sync_queue.jobs import Jobs

MOST_DRIFTED, SHOWN = 1000, 50  # drifted scenes that are kept, and that an answer names
GONE = "gone"  # the reason for a scene that Stash no longer has: the sync forgets it
_WITHOUT_ITEM = (MISSING, GONE)


@dataclass
class GapDetectionResult:
    """Counts of one run. `total_gaps` leaves out `drifted_count`: a sync does not repair those."""

    scenes_checked: int = 0
    unmoved: int = 0  # scenes whose fingerprint is the same as when they last agreed
    deep: bool = False  # whether the run compared everything by value
    quick: bool = False  # whether the run read only what changed
    unsure: str = ""  # why a run that was to be quick is not
    scope: str = ""  # the scope that the run compared
    began_marks: bool = False  # quick runs may follow
    empty_metadata_count: int = 0
    stale_sync_count: int = 0
    missing_count: int = 0
    drifted_count: int = 0
    conflict_count: int = 0
    held_count: int = 0
    cover_checks: int = 0
    enqueued_count: int = 0
    compared: int = 0  # scenes with an item
    losing: int = 0  # scenes that would have less in Plex after a sync
    newest: str = ""  # what the run has reached (`window.reached`)
    since: "str | None" = None  # the bounds of the scope, as Stash writes them
    until: "str | None" = None
    errors: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)  # parts of either side, and why
    drifted: list[dict[str, Any]] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)  # not selected, by reason

    def count(self, gap: Gap, items: Sequence[int]) -> None:
        """Counts the gap of a scene on these items."""
        name = f"{gap.kind}_count"
        setattr(self, name, getattr(self, name) + 1)
        if gap.kind == DRIFTED and len(self.drifted) < MOST_DRIFTED:
            fields = list(gap.fields)
            self.drifted.append({"scene": gap.scene_id, "items": list(items), "fields": fields})

    @property
    def total_gaps(self) -> int:
        return self.empty_metadata_count + self.stale_sync_count + self.missing_count

    @property
    def kind(self) -> str:
        """How the run compared: `quick`, `usual` or `deep`."""
        return QUICK if self.quick else DEEP if self.deep else USUAL

    @property
    def by_type(self) -> dict[str, int]:
        return {
            EMPTY: self.empty_metadata_count,
            STALE: self.stale_sync_count,
            MISSING: self.missing_count,
            DRIFTED: self.drifted_count,
        }

    def as_dict(self) -> dict[str, Any]:
        return {
            "scenes_checked": self.scenes_checked,
            "unmoved": self.unmoved,
            "deep": self.deep,
            "kind": self.kind,
            "unsure": self.unsure,
            "total_gaps": self.total_gaps,
            "gaps_by_type": self.by_type,
            "conflicts": self.conflict_count,
            "held": self.held_count,
            "cover_checks": self.cover_checks,
            "enqueued": self.enqueued_count,
            "losing": self.losing,
            "skipped": dict(self.skipped),
            "drifted": self.drifted[:SHOWN],
            "errors": self.errors,
            "left_out": self.left_out,
        }


class ScenesToSync:
    """Ids of scenes, by the reason for their sync."""

    def __init__(self) -> None:
        self.by_reason: dict[str, array[int]] = {}

    def add(self, scene_id: int, reason: str) -> None:
        self.by_reason.setdefault(reason, array("q")).append(scene_id)

    @property
    def touching(self) -> int:
        """The number of scenes that have an item."""
        return sum(len(ids) for why, ids in self.by_reason.items() if why not in _WITHOUT_ITEM)

    def put(self, jobs: "Jobs", now: float) -> int:
        """Puts the scenes into the queue. Returns how many of them are new there."""
        # A missing scene goes on waiting. The others waited for something that is there now.
        by_reason = self.by_reason.items()
        return sum(jobs.put_scenes(n, why, now, hasten=why != MISSING) for why, n in by_reason)


@dataclass
class Findings:
    """Everything a run has found so far. `agreed` (fingerprints) and `states` are not on disk yet."""

    result: GapDetectionResult = field(default_factory=GapDetectionResult)
    to_sync: ScenesToSync = field(default_factory=ScenesToSync)
    agreed: "ByScene" = field(default_factory=dict)
    states: "dict[int, State]" = field(default_factory=dict)

    def leave_out(self, scene: "Scene", error: Exception) -> None:
        """Notes a scene that cannot be compared."""
        self.states[scene.id] = UNKNOWN, str(error)
        self.result.left_out.append(f"{scene.label()}: {error}")
