"""Check Setup and Health Check: run the checks, and log each finding with advice. They write nothing to Plex.
A check that fails is a finding, not an error of the task."""

from collections.abc import Sequence
from typing import Any

import errors
from app.run import Run
from app.setup_check import diagnosis
from app.setup_check import finding as by_level
from app.setup_check.checks import QUICK, WHOLE, Check, Visit, failed
from app.setup_check.finding import Finding
from stash import stdio

FEW, MANY = (1, 20), (5, 40)  # pages of scenes to look for in Plex, and their size
_LOUD = {by_level.ERROR: stdio.error, by_level.WARNING: stdio.warning}
# Keys that every answer has.
SILENT: dict[str, dict[str, Any]] = {
    "stash": {"reachable": False, "version": ""},
    "plex": {"reachable": False, "version": "", "owner": None, "libraries": []},
}
NOTHING: dict[str, Any] = {
    "stash": {}, "plex": {}, "paths": {}, "files": {}, "unmatched": [], "settings": [], "disk": {},
    "queue": {},
}  # fmt: skip


def doctor(run: Run) -> dict[str, Any]:
    """Check Setup: all checks."""
    visit = _visited(run, WHOLE, MANY)
    _say(visit.findings)
    stdio.info(by_level.summary(visit.findings))
    findings = [finding._asdict() for finding in by_level.sorted_by_gravity(visit.findings)]
    facts = NOTHING | visit.facts
    for server in ("stash", "plex"):
        facts[server] = SILENT[server] | facts[server]
    return {"ok": by_level.is_healthy(visit.findings), "findings": findings} | facts


def health_check(run: Run) -> dict[str, Any]:
    """Health Check: the checks that take little time."""
    visit = _visited(run, QUICK, FEW)
    healthy = by_level.is_healthy(visit.findings)
    _say(visit.findings)
    stdio.info("healthy" if healthy else "not healthy: see the lines above")
    libraries = visit.facts.get("plex", {}).pop("libraries", None)
    if libraries is not None:
        visit.facts["libraries"] = [row["name"] for row in libraries if row["chosen"]]
    visit.facts.pop("unmatched", None)
    return visit.facts | {"healthy": healthy}


def _visited(run: Run, checks: Sequence[tuple[str, Check, str]], scenes: tuple[int, int]) -> Visit:
    visit = Visit(run, scenes)
    with run.overheard() as warnings:
        for number, (id, check, server) in enumerate(checks):
            try:
                if not server or visit.answers(server):
                    check(visit)
            except (errors.Stash2PlexError, OSError) as error:
                visit.tell(failed(id, error))
            visit.tell(*(diagnosis.overheard(line, run.settings_warnings) for line in warnings))
            warnings.clear()
            run.progress.set((number + 1) / len(checks))
    return visit


def _say(findings: Sequence[Finding]) -> None:
    for finding in by_level.sorted_by_gravity(findings):
        _LOUD.get(finding.level, stdio.info)(finding.line)
