"""What a drain counts: the outcome of a scene, and the sum of a run. Pure."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Protocol


class Outcome(Protocol):
    """What became of one scene: `missing` when Plex lacks its file, `error` when it failed."""

    @property
    def scene_id(self) -> int: ...
    @property
    def missing(self) -> bool: ...
    @property
    def error(self) -> "Exception | None": ...
    @property
    def wrote(self) -> bool: ...
    @property
    def refused(self) -> bool: ...


@dataclass
class Tally:
    """What a run did: scenes `written`, `unchanged` and `refused`, and the verdicts on the others."""

    counts: Counter[str] = field(default_factory=Counter)
    paused: str = ""
    reason: "Exception | None" = None  # of the pause
    busy: bool = False  # another drain holds the lock

    def as_dict(self) -> dict[str, object]:
        names = ("written", "unchanged", "refused", "waiting", "retried", "buried")
        return {name: self.counts[name] for name in names} | {"paused": self.paused or None}


def result(outcome: Outcome) -> str:
    if outcome.wrote:
        return "written"
    return "refused" if outcome.refused else "unchanged"
