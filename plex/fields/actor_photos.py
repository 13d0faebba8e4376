"""Photos of actors: the address from which Plex's clients load them, built without any key. Pure.

Plex keeps one photo per name for the whole server, and the latest address wins. Therefore a photo is
sent with the first item that shows the actor, and again only after it changed or got lost. If several
performers have the same name, the performer whose photo was sent keeps it while any scene shows them.
"""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from plex.fields.text import name_key
from stash.scene import Scene
from validation.settings import SyncSettings

_PERFORMER = re.compile(r"/performer/(\d+)/")


class Sent(NamedTuple):
    """The address that we sent for a name, and the address that Plex then showed."""

    url: str
    got: str


def wanted(
    scene: Scene, settings: SyncSettings, holders: "Mapping[str, int] | None" = None
) -> dict[str, str]:
    """Returns the address of each performer's photo, by `name_key`. `holders` has the performer id
    whose photo a name already shows. For other names the performer with the lowest id wins."""
    addresses: dict[str, str] = {}
    base, held = settings.actor_photo_url, holders or {}
    for performer in sorted(scene.performers, key=lambda each: each.id) if base else ():
        name = name_key(performer.name)
        if performer.photo and held.get(name, performer.id) == performer.id:
            addresses.setdefault(name, base + performer.photo)
    return addresses


def holder(sent: Sent) -> int:
    """Returns the id of the performer whose photo was sent, or 0."""
    match = _PERFORMER.search(sent.url)
    return int(match[1]) if match else 0


def due(
    wish: Mapping[str, str],
    actors: Iterable[str],
    shown: Mapping[str, str],
    sent: Mapping[str, Sent],
    fill_only: bool,
) -> dict[str, str]:
    """Returns the photos to send with an item that will have these `actors`. `shown` has the photos on
    the item now. With `fill_only` only actors without a photo get one."""
    on_it = {name_key(name) for name in actors}
    return {
        name: url
        for name, url in wish.items()
        if name in on_it and _is_due(url, shown.get(name), sent.get(name), fill_only)
    }


def _is_due(url: str, now: "str | None", sent: "Sent | None", fill_only: bool) -> bool:
    """`now` is None for an actor who is not on the item yet."""
    if now == url or (now and fill_only):
        return False
    if sent is None or sent.url != url:
        return True
    # It was sent already. A different photo is Plex's or a person's choice, no photo means it got lost.
    return now == "" and bool(sent.got)
