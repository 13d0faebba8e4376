"""A bug report in one document, without token, names, paths or hosts. Values that an answer gains later
stay hidden until they are named here."""

import platform
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from app.commands import doctor
from app.run import Run
from app.setup_check import checks

SHOWN = 20  # runs of the journal that it lists
HIDDEN = "[hidden]"
# Settings whose values are numbers, switches or our own words.
SETTINGS = frozenset((
    "sync_fields", "only_organized", "only_stash_id", "on_leave", "performer_tags", "max_tags",
    "collections_from", "poster_fit", "reconcile_interval", "reconcile_scope", "deep_interval",
    "events_only", "hook_mode", "brake_share", "brake_scenes", "on_edit_in_plex", "preserve_plex_edits",
    "allow_ambiguous_match", "skip_not_found", "trigger_plex_scan", "max_retries", "connect_timeout",
    "read_timeout", "plex_insecure_tls", "journal_days", "journal_rows", "notify_runs", "card_badge",
    "debug_logging", "obfuscate_paths", "paused",
))  # fmt: skip
# Findings whose sentences hold only numbers and versions.
FINDINGS = frozenset(("stash.version", "plugin", "plex.owner", "plex.test", "queue", "disk"))
# Keys whose numbers, switches and nested parts are shown.
KEYS = frozenset((
    "stash", "plex", "paths", "files", "disk", "queue", "reconciliation", "outage", "libraries",
    "pairs", "reachable", "owner", "id", "items", "chosen", "roots", "set", "agree", "of",
    "looked_at", "unknown", "unmatched", "free", "total", "ours", "pending", "waiting", "in_progress",
    "dead", "flagged", "held", "since", "at", "last_run_time", "scenes_checked", "gaps_found",
    "gaps_by_type", "empty_metadata", "stale_sync", "missing", "drifted", "enqueued", "startup",
    "total_runs", "running", "next_due", "due_now", "deep", "unmoved", "last_deep_time", "next_deep",
    "next_quick", "next_usual", "last_usual_time",
    "edits", "several", "adds", "rates_apart", "test", "lines", "moved",
    "failures_in_a_row", "last_failure_time", "retry_at", "run", "fields", "undone", "refused",
))  # fmt: skip
# Keys whose texts are our own words, or versions.
WORDS = frozenset((
    "version", "type", "agent", "language", "python", "system", "command", "interval",
    "deep_interval", "scope", "kind", "cause", "state", "line", "seen", "level",
))  # fmt: skip
_WORD = re.compile(r"[A-Za-z0-9 ._:()+-]{0,100}")


def bundle(run: Run) -> dict[str, Any]:
    """Check Setup, the queue and the last runs, as far as strangers may see them."""
    answer = doctor.doctor(run)
    listed = {"settings": shown_settings(answer.pop("settings"))}
    listed["findings"] = shown_findings(answer.pop("findings"))
    for library in answer["plex"].get("libraries", ()):
        library["roots"] = len(library["roots"])
    answer["unmatched"] = len(answer["unmatched"])
    report = {"ok": answer.pop("ok"), **listed, **shown_facts(answer)}
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
        {"run": past.run, "at": past.at, "command": past.command, "fields": past.fields,
         "items": past.items, "undone": past.undone}
        for past in run.journal.runs(SHOWN)
    ]  # fmt: skip


def shown_facts(value: Any, key: str = "") -> Any:
    """The value without the keys that are not in KEYS or WORDS, and with other texts hidden."""
    if isinstance(value, Mapping):
        return {
            name: shown_facts(part, name) for name, part in value.items() if name in KEYS | WORDS
        }
    if isinstance(value, str):
        return value if key in WORDS and _WORD.fullmatch(value) else HIDDEN
    if isinstance(value, Sequence):
        return [shown_facts(part, key) for part in value]
    return value


def shown_settings(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Each setting: whether it has its default, whether its value is refused, and a value that may be shown."""
    return [
        {"name": row["name"], "is_default": row["is_default"], "refused": bool(row["problem"]),
         "value": row["value"] if row["is_default"] or row["name"] in SETTINGS else HIDDEN}
        for row in rows
    ]  # fmt: skip


def shown_findings(findings: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"id": finding["id"], "level": finding["level"],
         "said": finding["said"] if finding["id"] in FINDINGS else HIDDEN}
        for finding in findings
    ]  # fmt: skip
