"""What a bug report needs, in one document that shows neither the token nor names, paths or hosts."""

import platform
import re
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from app import doctor
from app.run import Run
from stash import wire
from validation.text import without_paths

SHOWN = 20  # dead letters, and runs of the journal
# What people wrote: these settings hold names and places of theirs.
PRIVATE = (
    "plex_library", "path_map", "include_tags", "exclude_tags", "include_paths", "exclude_paths",
    "genre_only", "genre_ignore", "collection_tags", "collection_prefix", "labels", "label_tags",
    "label_organized", "actor_photo_url", "plex_url",
)  # fmt: skip
HIDDEN = "[hidden]"
_ADDRESS = re.compile(r"\b(https?://)[^/\s\"'<>]+")
_QUOTED = re.compile(r"“[^”]*”")


def bundle(run: Run) -> dict[str, Any]:
    """Check Setup, the queue and the last runs, without anything private."""
    found = doctor.doctor(run)
    names = _names(run, found)
    for row in found["settings"]:
        if row["name"] in PRIVATE and not row["is_default"]:
            row["value"] = HIDDEN
    found["unmatched"] = [
        {"why": file["why"]} for one in found["unmatched"] for file in one["tried"]
    ]
    for library in found["plex"].get("libraries", ()):
        library["name"], library["roots"] = HIDDEN, len(library["roots"])
    found["paths"].pop("proven", None)
    for pair in found["paths"].get("pairs", ()):
        pair["stash"] = pair["plex"] = HIDDEN
    document = {"about": _about(run), "doctor": found, "runs": _runs(run)}
    return {"bundle": _without(document, names)}


def _about(run: Run) -> dict[str, Any]:
    manifest = Path(__file__).resolve().parent.parent / "Stash2Plex.yml"
    version = re.search(r"^version: (\S+)", manifest.read_text(encoding="utf-8"), re.MULTILINE)
    return {
        "version": version[1] if version else "",
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


def _names(run: Run, found: dict[str, Any]) -> list[str]:
    """What must not be in it, the longest first: libraries, and the host of Plex."""
    names = {one["name"] for one in found["plex"].get("libraries", ())}
    if run.knows_settings:
        names |= {urlsplit(run.config.plex_url).hostname or "", *run.config.plex_library}
    return sorted((one for one in names if len(str(one)) > 2), key=len, reverse=True)


def _without(value: Any, names: list[str]) -> Any:
    if isinstance(value, dict):
        return {name: _without(one, names) for name, one in value.items()}
    if isinstance(value, list):
        return [_without(one, names) for one in value]
    if not isinstance(value, str):
        return value
    text = _QUOTED.sub(f"“{HIDDEN}”", _ADDRESS.sub(rf"\1{HIDDEN}", wire.redact(value)))
    for name in names:
        text = text.replace(name, HIDDEN)
    return without_paths(text)
