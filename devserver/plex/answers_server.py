"""Endpoints about the server itself."""

from __future__ import annotations

from typing import Any

from .answering import container
from .markup import El
from .message import Answer, Call
from .state import State


def root(state: State, call: Call) -> Answer:
    return container(
        state,
        call,
        [El("Directory", {"count": 1, "key": "library", "title": "library"})],
        {
            "allowSync": state.owner,
            "friendlyName": state.friendly_name,
            "machineIdentifier": state.machine_identifier,
            "version": state.library.options.version,
            "myPlex": True,
            "myPlexSigninState": "ok",
            "claimed": True,
            "platform": "Linux",
            "updatedAt": int(state.library.now()),
        },
    )


def identity(state: State, call: Call) -> Answer:
    attrs: dict[str, Any] = {"claimed": True, "machineIdentifier": state.machine_identifier}
    return container(state, call, [], {**attrs, "version": state.library.options.version})


def library(state: State, call: Call) -> Answer:
    rows = [
        El("Directory", {"key": "sections", "title": "Library Sections"}),
        El("Directory", {"key": "recentlyAdded", "title": "Recently Added Content"}),
        El("Directory", {"key": "onDeck", "title": "On Deck Content"}),
    ]
    attrs = {"allowSync": False, "identifier": "com.plexapp.plugins.library"}
    return container(state, call, rows, {**attrs, "title1": "Plex Library"})


def prefs(state: State, call: Call) -> Answer:
    setting = {
        "id": "FriendlyName",
        "label": "Friendly name",
        "summary": "",
        "type": "text",
        "default": "",
        "value": state.friendly_name,
        "hidden": False,
        "advanced": False,
        "group": "general",
    }
    return container(state, call, [El("Setting", setting)])


def activities(state: State, call: Call) -> Answer:
    return container(state, call, state.scans.activities())


def accepted(state: State, call: Call, *_: str) -> Answer:
    """A request that Plex takes and that means nothing here (unknown preferences too)."""
    return Answer()
