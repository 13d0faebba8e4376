"""Photos of actors: an address that Plex's clients load them from, built without any key. Pure.

Plex keeps one photo per name on the whole server, and the last one told wins. So a photo is sent
with the first item that shows the actor, and not again unless it changes or gets lost. Of several
performers of one name, the one whose photo was sent keeps the place while any scene shows them.
"""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from plex.fields.names import name_key
from stash.scene import Scene
from validation.settings import SyncSettings

_PERFORMER = re.compile(r"/performer/(\d+)/")


class Sent(NamedTuple):
    """The address that we sent for a name, and the one that Plex then said."""

    url: str
    got: str


def wanted(
    scene: Scene, settings: SyncSettings, holders: "Mapping[str, int] | None" = None
) -> dict[str, str]:
    """The address of each performer's photo, by the key of the name. `holders` says which performer's
    photo a name has already; else the oldest one of a name comes first."""
    found: dict[str, str] = {}
    base, held = settings.actor_photo_url, holders or {}
    for one in sorted(scene.performers, key=lambda one: one.id) if base else ():
        name = name_key(one.name)
        if one.photo and held.get(name, one.id) == one.id:
            found.setdefault(name, base + one.photo)
    return found


def holder(sent: Sent) -> int:
    """The id of the performer whose photo was sent, 0 if it is of none."""
    found = _PERFORMER.search(sent.url)
    return int(found[1]) if found else 0


def due(
    wish: Mapping[str, str],
    actors: Iterable[str],
    shown: Mapping[str, str],
    sent: Mapping[str, Sent],
    fill_only: bool,
) -> dict[str, str]:
    """What has to be sent with an item that will have these `actors`; `shown` is what it has."""
    on_it = {name_key(name) for name in actors}
    return {
        name: url
        for name, url in wish.items()
        if name in on_it and _is_due(url, shown.get(name), sent.get(name), fill_only)
    }


def _is_due(url: str, now: "str | None", sent: "Sent | None", fill_only: bool) -> bool:
    """`now` is None of an actor who is not on the item yet."""
    if now == url or (now and fill_only):
        return False
    if sent is None or sent.url != url:
        return True
    # Told already: Plex made something else of it, or somebody did; unless it got lost.
    return now == "" and bool(sent.got)
