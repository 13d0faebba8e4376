"""The verbs of the control plane: the methods of a `PlexServer`, in JSON terms."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

DIRECT = [
    "add_section",
    "remove_section",
    "recreate_section",
    "add_file",
    "add_parts",
    "add_media",
    "remove_item",
    "readd_item",
    "move_file",
    "remove_file",
    "trash_item",
    "item_by_file",
    "collections",
    "state",
    "edit_as_person",
    "unmatch_as_person",
    "begin_anew",
    "written_by_plugin",
    "agent_says",
    "agent_refresh",
    "scan",
    "advance_scan",
    "clear_requests",
]
SETTINGS = ("tag_mode", "phase", "latency", "owner", "token")
MOMENT = 0.1  # seconds for the answer to leave before the port closes


def verbs(plex: Any) -> dict[str, Callable[..., Any]]:
    """Every verb by name; its keyword arguments are the JSON body."""
    own: dict[str, Callable[..., Any]] = {name: getattr(plex, name) for name in DIRECT}
    return own | {
        "item": lambda rating_key: plex.item(int(rating_key)),
        "items": lambda: list(plex.items()),
        "requests": lambda: [vars(request) for request in plex.requests],
        "writes": lambda: [vars(request) for request in plex.writes()],
        "arm": lambda **fault: vars(plex.faults.arm(**fault)),
        "disarm": plex.faults.clear,
        "set": lambda **values: change(plex, values),
        "down": lambda seconds=0: down(plex, float(seconds)),
        "about": lambda: about(plex),
    }


def about(plex: Any) -> dict[str, Any]:
    settings = {name: getattr(plex, name) for name in SETTINGS}
    sections = {section.id: section.title for section in plex.library.sections.values()}
    counts = {
        "items": len(plex.library.items),
        "requests": len(plex.requests),
        "writes": len(plex.writes()),
        "overlapping_writes": plex.overlapping_writes,
        "unauthenticated": plex.unauthenticated,
    }
    return settings | counts | {"sections": sections, "options": vars(plex.options)}


def change(plex: Any, values: dict[str, Any]) -> dict[str, Any]:
    """`{"phase": "starting"}`, or any name of the options."""
    for name, value in values.items():
        owner = plex if name in SETTINGS else plex.options
        if not hasattr(owner, name):
            raise ValueError(f"no such setting: {name}")
        kind = type(getattr(owner, name))
        setattr(owner, name, kind(value) if kind in (set, float) else value)
    return about(plex)


def down(plex: Any, seconds: float) -> dict[str, Any]:
    """Refuse connections from now on, for that long; 0 = until somebody starts it again."""
    threading.Timer(MOMENT, plex.go_down).start()
    if seconds:
        threading.Timer(MOMENT + seconds, plex.come_up).start()
    return {"down_for": seconds or None}
