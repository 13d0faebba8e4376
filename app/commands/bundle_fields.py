"""What of an answer may be shown to strangers: what is named here, and nothing else. Pure.

What somebody adds to an answer later is hidden until it is named.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

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


def facts(found: Any, key: str = "") -> Any:
    """The same with all texts hidden that are not named above, and all keys."""
    if isinstance(found, Mapping):
        return {name: facts(one, name) for name, one in found.items() if name in KEYS | WORDS}
    if isinstance(found, str):
        return found if key in WORDS and _WORD.fullmatch(found) else HIDDEN
    if isinstance(found, Sequence):
        return [facts(one, key) for one in found]
    return found


def settings(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Of each setting whether it is at its default, and whether what was set is refused."""
    return [
        {"name": row["name"], "is_default": row["is_default"], "refused": bool(row["problem"]),
         "value": row["value"] if row["is_default"] or row["name"] in SETTINGS else HIDDEN}
        for row in rows
    ]  # fmt: skip


def findings(found: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"id": one["id"], "level": one["level"],
         "said": one["said"] if one["id"] in FINDINGS else HIDDEN}
        for one in found
    ]  # fmt: skip
