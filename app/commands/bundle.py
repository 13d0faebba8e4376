"""What a bug report needs, in one document that shows neither the token nor names, paths or hosts."""

import platform
import sys
from typing import Any

from app import manifest
from app.commands import bundle_fields, doctor
from app.run import Run

SHOWN = 20  # runs of the journal


def bundle(run: Run) -> dict[str, Any]:
    """Check Setup, the queue and the last runs, as far as strangers may see them."""
    found = doctor.doctor(run)
    listed = {"settings": bundle_fields.settings(found.pop("settings"))}
    listed["findings"] = bundle_fields.findings(found.pop("findings"))
    for library in found["plex"].get("libraries", ()):
        library["roots"] = len(library["roots"])
    found["unmatched"] = len(found["unmatched"])
    report = {"ok": found.pop("ok"), **listed, **bundle_fields.facts(found)}
    return {"bundle": {"about": _about(run), "doctor": report, "runs": _runs(run)}}


def _about(run: Run) -> dict[str, Any]:
    return {
        "version": manifest.about().get("version", ""),
        "python": sys.version.split()[0],
        "system": platform.platform(),
        "at": run.clock(),
    }


def _runs(run: Run) -> list[dict[str, Any]]:
    return [
        {"run": one.run, "at": one.at, "command": one.command, "fields": one.fields,
         "items": one.items, "undone": one.undone}
        for one in run.journal.runs(SHOWN)
    ]  # fmt: skip
