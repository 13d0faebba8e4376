"""A finding of a check: how serious it is, what it says, and what to do. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from app.phrasing import many

OK, NOTE, WARNING, ERROR = "ok", "note", "warning", "error"
GRAVITY = (ERROR, WARNING, NOTE, OK)


class Finding(NamedTuple):
    """`id` is stable and names the check, so several findings may share it. `said` is one sentence, `do`
    is advice, '' if nothing is to be done."""

    id: str
    level: str
    said: str
    do: str = ""

    @property
    def line(self) -> str:
        """The log line. Stash's log has no level for notes."""
        text = f"note: {self.said}" if self.level == NOTE else self.said
        return f"{text.rstrip('.')}. {self.do}" if self.do else text


def sorted_by_gravity(findings: Iterable[Finding]) -> list[Finding]:
    """The most serious first; equal levels in the order of the checks."""
    return sorted(findings, key=lambda finding: GRAVITY.index(finding.level))


def is_healthy(findings: Iterable[Finding]) -> bool:
    """Whether no error keeps scenes from being synced."""
    return all(finding.level != ERROR for finding in findings)


def summary(findings: Sequence[Finding]) -> str:
    """The findings in one line."""
    counts = Counter(finding.level for finding in findings)
    parts = [many(counts[level], level) for level in GRAVITY[:-1] if counts[level]]
    if not parts:
        return "setup: everything is OK"
    return f"setup: {', '.join(parts)}; {counts[OK]} of {len(findings)} are OK"
