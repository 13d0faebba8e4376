"""What a bug report needs, in one document that shows neither the token nor names, paths or hosts."""

import platform
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from app.commands import doctor
from app.run import Run
from app.setup_check import checks

SHOWN = 20  # runs of the journal
HIDDEN = "[hidden]"
# Settings whose values are numbers, switches, or words of ours.
SETTINGS = frozenset((
    "sync_fields", "only_organized", "only_stash_id", "on_leave", "performer_tags", "max_tags",
    "collections_from", "poster_fit", "reconcile_interval", "reconcile_scope", "deep_interval",
    "hook_mode", "brake_share", "brake_scenes", "on_edit_in_plex", "preserve_plex_edits",
    "allow_ambiguous_match", "skip_not_found", "trigger_plex_scan", "max_retries", "connect_timeout",
    "read_timeout", "plex_insecure_tls", "journal_days", "journal_rows", "card_badge",
    "debug_logging", "obfuscate_paths", "paused",
))  # fmt: skip
# Findings whose sentences are made of numbers and versions.
FINDINGS = frozenset(("stash.version", "plugin", "plex.owner", "queue", "disk"))
# Keys under which numbers, switches, and parts that have such keys again, are shown.
KEYS = frozenset((
    "stash", "plex", "paths", "files", "disk", "queue", "reconciliation", "outage", "libraries",
    "pairs", "reachable", "owner", "id", "items", "chosen", "roots", "set", "agree", "of",
    "looked_at", "unknown", "unmatched", "free", "total", "ours", "pending", "waiting", "in_progress",
    "dead", "flagged", "held", "since", "at", "last_run_time", "scenes_checked", "gaps_found",
    "gaps_by_type", "empty_metadata", "stale_sync", "missing", "drifted", "enqueued", "startup",
    "total_runs", "running", "next_due", "due_now", "deep", "unmoved", "last_deep_time", "next_deep",
    "failures_in_a_row", "last_failure_time", "retry_at", "run", "fields", "undone", "refused",
))  # fmt: skip
# Keys under which a word of ours, or the version of a program, stands.
WORDS = frozenset((
    "version", "type", "agent", "language", "python", "system", "command", "interval",
    "deep_interval", "scope", "cause", "state",
))  # fmt: skip
_WORD = re.compile(r"[A-Za-z0-9 ._:()+-]{0,100}")


def bundle(run: Run) -> dict[str, Any]:
    """Check Setup, the queue and the last runs, as far as strangers may see them."""
    found = doctor.doctor(run)
    listed = {"settings": shown_settings(found.pop("settings"))}
    listed["findings"] = shown_findings(found.pop("findings"))
    for library in found["plex"].get("libraries", ()):
        library["roots"] = len(library["roots"])
    found["unmatched"] = len(found["unmatched"])
    report = {"ok": found.pop("ok"), **listed, **shown_facts(found)}
    return {"bundle": {"about": _about(run), "doctor": report, "runs": _runs(run)}}


def _about(run: Run) -> dict[str, Any]:
    return {
        "version": checks.about().get("version", ""),
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


def shown_facts(found: Any, key: str = "") -> Any:
    """The same with all texts hidden that are not named above, and all keys."""
    if isinstance(found, Mapping):
        return {name: shown_facts(one, name) for name, one in found.items() if name in KEYS | WORDS}
    if isinstance(found, str):
        return found if key in WORDS and _WORD.fullmatch(found) else HIDDEN
    if isinstance(found, Sequence):
        return [shown_facts(one, key) for one in found]
    return found


def shown_settings(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Of each setting whether it is at its default, and whether what was set is refused."""
    return [
        {"name": row["name"], "is_default": row["is_default"], "refused": bool(row["problem"]),
         "value": row["value"] if row["is_default"] or row["name"] in SETTINGS else HIDDEN}
        for row in rows
    ]  # fmt: skip


def shown_findings(found: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"id": one["id"], "level": one["level"],
         "said": one["said"] if one["id"] in FINDINGS else HIDDEN}
        for one in found
    ]  # fmt: skip
