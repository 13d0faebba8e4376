"""Check Setup and Health Check: all that has to be right, looked at, with what to do. Nothing is
written to Plex, and what fails is a finding, not an error of the task."""

from collections.abc import Sequence
from typing import Any

import errors
from app.run import Run
from app.setup_check import diagnosis, settings_report
from app.setup_check import finding as found_by
from app.setup_check.checks import QUICK, WHOLE, Check, Visit, failed
from app.setup_check.finding import Finding
from stash import stdio

FEW, MANY = (1, 20), (5, 40)  # pages of scenes whose items are looked for, and their size
_LOUD = {found_by.ERROR: stdio.error, found_by.WARNING: stdio.warning}
# What the answer has in any case.
SILENT: dict[str, dict[str, Any]] = {
    "stash": {"reachable": False, "version": ""},
    "plex": {"reachable": False, "version": "", "owner": None, "libraries": []},
}
NOTHING: dict[str, Any] = {
    "stash": {}, "plex": {}, "paths": {}, "files": {}, "unmatched": [], "settings": [], "disk": {},
    "queue": {},
}  # fmt: skip


def doctor(run: Run) -> dict[str, Any]:
    """Check Setup: everything."""
    visit = _visited(run, WHOLE, MANY)
    _say(visit.findings)
    stdio.info(found_by.summary(visit.findings))
    findings = [one._asdict() for one in found_by.sorted_by_gravity(visit.findings)]
    facts = NOTHING | visit.facts
    for server in ("stash", "plex"):
        facts[server] = SILENT[server] | facts[server]
    return {"ok": found_by.is_well(visit.findings), "findings": findings} | facts


def settings(run: Run) -> dict[str, Any]:
    """The settings as they count, without a look at Plex."""
    from validation.config import UNLISTED

    config = run.config
    return {"settings": settings_report.rows(config, run.settings_warnings, UNLISTED)}


def health_check(run: Run) -> dict[str, Any]:
    """Health Check: the part of it that takes no time."""
    visit = _visited(run, QUICK, FEW)
    healthy = found_by.is_well(visit.findings)
    _say(visit.findings)
    stdio.info("healthy" if healthy else "not healthy: see above")
    libraries = visit.facts.get("plex", {}).pop("libraries", None)
    if libraries is not None:
        visit.facts["libraries"] = [one["name"] for one in libraries if one["chosen"]]
    visit.facts.pop("unmatched", None)
    return visit.facts | {"healthy": healthy}


def _visited(run: Run, checks: Sequence[tuple[str, Check]], scenes: tuple[int, int]) -> Visit:
    visit = Visit(run, scenes)
    with run.overheard() as warnings:
        for number, (id, check) in enumerate(checks):
            try:
                check(visit)
            except (errors.Stash2PlexError, OSError) as error:
                visit.tell(failed(id, error))
            visit.tell(*(diagnosis.overheard(one, run.settings_warnings) for one in warnings))
            warnings.clear()
            run.progress.set((number + 1) / len(checks))
    return visit


def _say(findings: Sequence[Finding]) -> None:
    for one in found_by.sorted_by_gravity(findings):
        _LOUD.get(one.level, stdio.info)(one.line)
