"""Counts the outcomes of scenes during a drain. Pure."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Protocol


class Outcome(Protocol):
    """The outcome of one scene. `missing`: Plex does not have its file. `unsettled`: Plex has not read the
    file yet. `hidden`: the file may be in a part of Plex that cannot be listed. `skipped`: why the scene
    is not synced."""

    scene_id: int
    missing: bool
    unsettled: bool
    hidden: bool
    error: "Exception | None"
    wrote: bool
    refused: bool
    skipped: str


@dataclass
class Tally:
    """Scenes by outcome: written, unchanged, refused, waiting, retried, buried, skipped by reason."""

    counts: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)  # by reason
    paused: str = ""
    reason: "Exception | None" = None  # for the pause
    busy: bool = False  # another drain holds the lock

    def as_dict(self) -> dict[str, object]:
        names = ("written", "unchanged", "refused", "waiting", "retried", "buried")
        counts: dict[str, object] = {name: self.counts[name] for name in names}
        return counts | {"skipped": dict(self.skipped), "paused": self.paused or None}

    def count(self, outcome: Outcome) -> None:
        """Count a scene that did not fail."""
        self.counts[result(outcome)] += 1
        if outcome.skipped:
            self.skipped[outcome.skipped] += 1


def result(outcome: Outcome) -> str:
    if outcome.wrote or outcome.skipped:
        return "written" if outcome.wrote else "skipped"
    return "refused" if outcome.refused else "unchanged"
