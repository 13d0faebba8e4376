"""What a drain counts: the outcome of a scene, and the sum of a run. Pure."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Protocol


class Outcome(Protocol):
    """What became of one scene: `missing` when Plex lacks its file, `unsettled` when it has yet
    to read it, `hidden` when it may have it and cannot say, `error` when it failed, `skipped` says why
    it is not to be synced."""

    @property
    def scene_id(self) -> int: ...
    @property
    def missing(self) -> bool: ...
    @property
    def unsettled(self) -> bool: ...
    @property
    def hidden(self) -> bool: ...
    @property
    def error(self) -> "Exception | None": ...
    @property
    def wrote(self) -> bool: ...
    @property
    def refused(self) -> bool: ...
    @property
    def skipped(self) -> str: ...


@dataclass
class Tally:
    """What a run did: scenes `written`, `unchanged` and `refused`, and the verdicts on the others."""

    counts: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)  # by reason
    paused: str = ""
    reason: "Exception | None" = None  # of the pause
    busy: bool = False  # another drain holds the lock

    def as_dict(self) -> dict[str, object]:
        names = ("written", "unchanged", "refused", "waiting", "retried", "buried")
        found: dict[str, object] = {name: self.counts[name] for name in names}
        return found | {"skipped": dict(self.skipped), "paused": self.paused or None}

    def count(self, outcome: Outcome) -> None:
        """A scene with which nothing went wrong."""
        self.counts[result(outcome)] += 1
        if outcome.skipped:
            self.skipped[outcome.skipped] += 1


def result(outcome: Outcome) -> str:
    if outcome.wrote or outcome.skipped:
        return "written" if outcome.wrote else "skipped"
    return "refused" if outcome.refused else "unchanged"
