"""What a check found: how serious it is, what it says, and what to do about it. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from app.phrasing import many

OK, NOTE, WARNING, ERROR = "ok", "note", "warning", "error"
GRAVITY = (ERROR, WARNING, NOTE, OK)


class Finding(NamedTuple):
    """`id` is stable and names the check, so several may share it; `said` is one sentence, `do` what
    to do, '' if nothing."""

    id: str
    level: str
    said: str
    do: str = ""

    @property
    def line(self) -> str:
        """As the log has it, which shows the levels of Stash only."""
        said = f"note: {self.said}" if self.level == NOTE else self.said
        return f"{said.rstrip('.')}. {self.do}" if self.do else said


def sorted_by_gravity(findings: Iterable[Finding]) -> list[Finding]:
    """The most serious first; of one level in the order of the checks."""
    return sorted(findings, key=lambda one: GRAVITY.index(one.level))


def is_well(findings: Iterable[Finding]) -> bool:
    """Whether nothing keeps scenes from being synced."""
    return all(one.level != ERROR for one in findings)


def summary(findings: Sequence[Finding]) -> str:
    """All of it in one line."""
    counts = Counter(one.level for one in findings)
    told = [many(counts[level], level) for level in GRAVITY[:-1] if counts[level]]
    said = f"{', '.join(told)}; {counts[OK]} of {len(findings)} are fine" if told else "all is well"
    return f"setup: {said}"
