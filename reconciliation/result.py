"""GapDetectionResult: what a run counts."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from reconciliation.detector import DRIFTED, EMPTY, MISSING, STALE, Gap

NAMED, TOLD = 1000, 50  # how many of the drifted scenes are kept, and how many of these told


@dataclass
class GapDetectionResult:
    """Counts of one run. `total_gaps` leaves out `drifted_count`: those are not to be repaired."""

    scenes_checked: int = 0
    unmoved: int = 0  # of these, such as agreed before, and neither side has moved since
    deep: bool = False  # whether everything there is was compared by value
    empty_metadata_count: int = 0
    stale_sync_count: int = 0
    missing_count: int = 0
    drifted_count: int = 0
    conflict_count: int = 0
    held_count: int = 0
    cover_checks: int = 0
    enqueued_count: int = 0
    compared: int = 0  # scenes with an item
    losing: int = 0  # of these, such as would have less in Plex afterwards
    newest: str = ""  # what the run has reached (`window.reached`)
    since: "str | None" = None  # which of these were looked at
    until: "str | None" = None
    errors: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)  # parts of either side, and why
    drifted: list[dict[str, Any]] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)  # not selected, by reason

    def count(self, gap: Gap, items: Sequence[int]) -> None:
        """The gap of a scene on these items."""
        name = f"{gap.kind}_count"
        setattr(self, name, getattr(self, name) + 1)
        if gap.kind == DRIFTED and len(self.drifted) < NAMED:
            self.drifted.append(
                {"scene": gap.scene_id, "items": list(items), "fields": list(gap.fields)}
            )

    @property
    def total_gaps(self) -> int:
        return self.empty_metadata_count + self.stale_sync_count + self.missing_count

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
            "total_gaps": self.total_gaps,
            "gaps_by_type": self.by_type,
            "conflicts": self.conflict_count,
            "held": self.held_count,
            "cover_checks": self.cover_checks,
            "enqueued": self.enqueued_count,
            "losing": self.losing,
            "skipped": dict(self.skipped),
            "drifted": self.drifted[:TOLD],
            "errors": self.errors,
            "left_out": self.left_out,
        }
