"""Which endpoint answers which method and path."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import answers_collections as gathered
from . import answers_images as images
from . import answers_items as items
from . import answers_sections as sections
from . import answers_server as server
from .message import Answer, Call

ITEM = r"/library/metadata/(\d+)"
IDS = r"/library/metadata/([\d,]+)"
SECTION = r"/library/sections/(\d+)"
COLLECTION = r"/library/collections/(\d+)"
PLURALS = r"(posters|arts|clearLogos|squareArts)"
SINGULARS = r"(poster|art|clearLogo|squareArt)"
ATTRIBUTES = r"(thumb|art|clearLogo|squareArt)"
OWNERS = r"/library/(?:metadata|collections)/(\d+)"


@dataclass(frozen=True)
class Route:
    """`writes`: it changes the library. `admin`: only the owner may. `public`: no token."""

    methods: frozenset[str]
    pattern: re.Pattern[str]
    answer: Callable[..., Answer]
    writes: bool = False
    admin: bool = False
    public: bool = False


def route(methods: str, pattern: str, answer: Callable[..., Answer], marks: str = "") -> Route:
    flags: dict[str, Any] = dict.fromkeys(marks.split(), True)
    return Route(frozenset(methods.split()), re.compile(pattern + "/?"), answer, **flags)


EDIT = "writes admin"
ROUTES = (
    route("GET", "/identity", server.identity, "public"),
    route("GET", "/?", server.root),
    route("GET", "/library", server.library, "admin"),
    route("GET", "/library/sections(?:/all)?", sections.sections),
    route("GET", "/library/all", sections.everything),
    route("GET", SECTION, sections.one_section),
    route("GET", SECTION + "/all", sections.listing),
    route("PUT", SECTION + "/all", items.edit_section, EDIT),
    route("GET", SECTION + "/collections", sections.collections),
    route("GET", SECTION + "/location", sections.locations),
    route("GET POST", SECTION + "/refresh", sections.begin_scan, "admin"),
    route("DELETE", SECTION + "/refresh", sections.cancel_scan, "admin"),
    route("PUT", SECTION + "/analyze", server.accepted, "admin"),
    route("PUT", SECTION + "/emptyTrash", sections.empty_trash, EDIT),
    route("DELETE", SECTION, sections.remove, EDIT),
    route("GET", SECTION + "/([a-zA-Z]+)", sections.choices),
    route("GET", IDS, items.metadata),
    route("PUT", IDS, items.edit_metadata, EDIT),
    route("DELETE", IDS, items.delete, EDIT),
    route("PUT GET", ITEM + "/refresh", items.refresh, EDIT),
    route("PUT", ITEM + "/(?:analyze|match|unmatch)", items.accepted, "admin"),
    route("GET", ITEM + "/matches", items.matches),
    route("GET", OWNERS + f"/{PLURALS}", images.offered),
    route("POST", OWNERS + f"/{PLURALS}", images.upload, EDIT),
    route("DELETE", OWNERS + f"/{PLURALS}.*", images.no_such, "admin"),
    route("PUT", OWNERS + f"/{SINGULARS}", images.select, EDIT),
    route("DELETE", OWNERS + f"/{ATTRIBUTES}", images.unset, EDIT),
    route("GET", OWNERS + f"/{ATTRIBUTES}(?:/\\d+)?", images.shown),
    route("GET", OWNERS + "/file", images.by_key),
    route("GET", "/photo/:/transcode", images.transcoded),
    route("GET PUT", "/:/rate", items.rate, "writes"),
    route("GET PUT", "/:/scrobble", items.scrobble, "writes"),
    route("GET PUT", "/:/unscrobble", items.unscrobble, "writes"),
    route("GET", "/:/prefs", server.prefs, "admin"),
    route("PUT", "/:/prefs", server.accepted, EDIT),
    route("GET", "/activities", server.activities),
    route("POST", "/library/collections", gathered.create, EDIT),
    route("GET", COLLECTION, gathered.one),
    route("DELETE", COLLECTION, gathered.delete, EDIT),
    route("GET", COLLECTION + "/(?:children|items)", gathered.members),
    route("GET", ITEM + "/children", gathered.members),
    route("GET", COLLECTION + r"/composite/\d+", images.composite),
    route("PUT", COLLECTION + "/items", gathered.add, EDIT),
    route("PUT", COLLECTION + r"/items/(\d+)/move", gathered.move, EDIT),
    route("PUT", OWNERS + "/prefs", gathered.prefs, EDIT),
    route("DELETE", COLLECTION + r"/(?:items|children)/(\d+)", gathered.remove, EDIT),
)


def route_for(call: Call) -> tuple[Route | None, list[str]]:
    """The route and what its pattern captured; None for an unknown path."""
    method = "GET" if call.method == "HEAD" else call.method
    for candidate in ROUTES:
        if method in candidate.methods:
            match = candidate.pattern.fullmatch(call.path)
            if match:
                return candidate, list(match.groups())
    return None, []
