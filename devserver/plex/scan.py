"""Scans: how files on disk become items, phase by phase, on the server's clock.

A real scan reports `refreshing=0` long before the items have settled. What is written to an
item in between is overwritten by the item's own metadata pass, unless it was locked.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count

from . import refresh
from .items import Item, covers
from .library import Library
from .markup import El
from .person import set_fields
from .sections import Section

PARALLEL_PASSES = 3


@dataclass
class Scan:
    """One run over one folder of a section. `fresh` are items whose own pass is still due."""

    number: int
    section: Section
    folder: str
    started: float
    appeared: bool = False
    refreshing: bool = True
    fresh: list[Item] = field(default_factory=list)
    passed: int = 0

    @property
    def running(self) -> bool:
        return self.refreshing or self.passed < len(self.fresh)


class Scans:
    """All scans that have not settled; `settle` brings them up to the clock."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.running: list[Scan] = []
        self._numbers = count(1)

    def begin(self, section: Section, folder: str = "") -> None:
        """Scan one folder, or every root. A running scan of the section finishes first."""
        now = self.library.now()
        ends = [
            scan.started + self.library.options.scan_refreshing
            for scan in self.running
            if scan.section is section and scan.refreshing
        ]
        self.running.append(Scan(next(self._numbers), section, folder, max([now, *ends])))

    def cancel(self, section: Section) -> None:
        self.running = [scan for scan in self.running if scan.section is not section]

    def advance(self, seconds: float | None = None) -> None:
        """As if that much time had passed for scans; None = until everything has settled."""
        if seconds is None:
            while self.running:
                self.advance(60.0)
            return
        for scan in self.running:
            scan.started -= seconds
        self.settle()

    def settle(self) -> None:
        for scan in list(self.running):
            self._move_on(scan)
        self.running = [scan for scan in self.running if scan.running]

    def _move_on(self, scan: Scan) -> None:
        options = self.library.options
        age = self.library.now() - scan.started
        if not scan.appeared and age >= options.scan_appear:
            scan.appeared = True
            scan.fresh = self._appear(scan)
        if scan.refreshing and age >= options.scan_refreshing:
            scan.refreshing = False
            now = int(scan.started + options.scan_refreshing)
            scan.section.scanned_at = max(scan.section.scanned_at, now)
        while scan.passed < len(scan.fresh) and age >= self._pass_ends(scan):
            item = scan.fresh[scan.passed]
            scan.passed += 1
            if item.rk in self.library.items:
                refresh.item(self.library, item)

    def _pass_ends(self, scan: Scan) -> float:
        options = self.library.options
        return options.scan_refreshing + (scan.passed + 1) * options.scan_per_item

    def _appear(self, scan: Scan) -> list[Item]:
        section = scan.section
        roots = [scan.folder] if scan.folder else section.roots
        seen = [
            waiting
            for path, waiting in section.waiting.items()
            if any(covers(root, path) for root in roots)
            and any(covers(root, path) for root in section.roots)
        ]
        fresh = []
        for waiting in seen:
            del section.waiting[waiting.path]
            item = self.library.add_item(section, [(waiting.path, waiting.size)])
            if waiting.fields:
                item.agent = waiting.fields
                set_fields(self.library, item, waiting.fields)
            fresh.append(item)
        return fresh

    def is_refreshing(self, section: Section) -> bool:
        now = self.library.now()
        return any(s.section is section and s.refreshing and s.started <= now for s in self.running)

    def activities(self) -> list[El]:
        """The finished butler is always there, so the list is never empty."""
        rows = [activity("b-1", "butler", "Butler", "", 100)]
        for scan in self.running:
            uuid, title = f"scan-{scan.number}", scan.section.title
            if scan.refreshing:
                name = f"Scanning {title}"
                rows.append(activity(uuid, "library.update.section", name, "", -1))
            due = scan.fresh[scan.passed : scan.passed + PARALLEL_PASSES]
            for item in due:
                said = item.attrs.get("title", "")
                kind = "library.update.item.metadata"
                rows.append(activity(f"{uuid}-{item.rk}", kind, "Refreshing", said, 0))
        return rows


def activity(uuid: str, type: str, title: str, subtitle: str, progress: int) -> El:
    attrs = {
        "uuid": uuid,
        "type": type,
        "cancellable": False,
        "userID": 1,
        "title": title,
        "subtitle": subtitle,
        "progress": progress,
    }
    return El("Activity", attrs)
