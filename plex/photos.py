"""Photos of actors: an address that Plex's clients load them from, built without any key. Pure.

Plex keeps one photo per name on the whole server, and the last one told wins. So a photo is sent
with the first item that shows the actor, and not again unless it changes or gets lost.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple, Protocol

from plex.names import name_key
from stash.scene import Scene


class Choice(Protocol):
    """Where the photos are, seen from Plex's clients; '' for nowhere."""

    @property
    def actor_photo_url(self) -> str: ...


class Sent(NamedTuple):
    """The address that we sent for a name, and the one that Plex then said."""

    url: str
    got: str


def wanted(scene: Scene, choice: Choice) -> dict[str, str]:
    """The address of each performer's photo, by the key of the name."""
    base = choice.actor_photo_url
    return {name_key(one.name): base + one.photo for one in scene.performers if base and one.photo}


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
