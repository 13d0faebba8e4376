"""The Plex server in a box: what tests and the demo hold in their hands."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from . import front, person, snapshot
from .faults import Faults
from .items import Item, Media
from .library import Library
from .options import Options
from .outside import Outside
from .remote import verbs
from .request_log import Request
from .sections import Section, Waiting
from .state import State
from .wire import Listener


class PlexServer(Outside):
    """A strict simulator of a Plex Media Server over real HTTP.

    `clock` gives epoch seconds and drives every time stamp and scan. `latency` is in seconds
    per request and may be changed at any time, like `owner`, `phase` and `options`. Without a
    `machine_identifier` every server has another one.
    """

    def __init__(
        self,
        port: int = 0,
        token: str = "sim-token",
        clock: Callable[[], float] = time.time,
        owner: bool = True,
        latency: float = 0.0,
        host: str = "127.0.0.1",
        machine_identifier: str = "",
    ) -> None:
        self.options = Options()
        self.library = Library(self._now, self.options)
        self._state = State(self.library, token, owner, latency, machine_identifier)
        self._state.control = lambda verb, arguments: verbs(self)[verb](**arguments)
        self._listener = Listener(host, port, partial(front.respond, self._state), self.options)
        self.clock = clock

    def _now(self) -> float:
        return self.clock()

    # Running

    def start(self) -> PlexServer:
        self._state.interrupt.clear()
        self._listener.listen()
        return self

    def stop(self) -> None:
        self._state.interrupt.set()
        self._listener.close()

    def __enter__(self) -> PlexServer:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def go_down(self) -> None:
        """Refuse connections on the port, which stays ours; open ones are cut."""
        self._state.interrupt.set()
        self._listener.close(keep_port=True)

    def come_up(self) -> None:
        self.start()

    @property
    def url(self) -> str:
        return f"http://{self._listener.host}:{self._listener.port}"

    @property
    def port(self) -> int:
        return self._listener.port

    @property
    def machine_identifier(self) -> str:
        return self._state.machine_identifier

    # Sections

    def add_section(
        self,
        title: str,
        type: str = "movie",
        agent: str = "tv.plex.agents.none",
        roots: Iterable[str] = ("/data",),
        scanner: str = "Plex Video Files",
    ) -> int:
        with self.library.lock:
            return self.library.add_section(title, type, agent, roots, scanner).id

    def remove_section(self, id: int) -> None:
        with self.library.lock:
            self.library.remove_section(id)

    def recreate_section(self, title: str) -> int:
        """Deleted and added again: a new section id, and new rating keys for its files."""
        with self.library.lock:
            old = next(s for s in self.library.sections.values() if s.title == title)
            files = [[(part.file, part.size) for part in i.parts] for i in old.items.values()]
            self.library.remove_section(old.id)
            new = self.library.add_section(title, old.type, old.agent, old.roots, old.scanner)
            new.waiting = old.waiting
            for parts in files:
                self.library.add_item(new, parts)
            return new.id

    # Files and items

    def add_file(
        self,
        path: str,
        section: int | None = None,
        size: int = 1234,
        scanned: bool = True,
        **fields: Any,
    ) -> int:
        """The new item's rating key; 0 for a file that waits for a scan (`scanned=False`)."""
        with self.library.lock:
            where = self._section(section, path)
            if not scanned:
                self.library.leave_on_disk(where, Waiting(path, size, fields))
                return 0
            item = self.library.add_item(where, [(path, size)])
            if fields:
                person.set_fields(self.library, item, fields)
            return item.rk

    def _section(self, id: int | None, path: str) -> Section:
        return self.library.section_for(path) if id is None else self.library.section(id)

    def add_parts(self, rating_key: int, paths: Iterable[str], size: int = 1234) -> None:
        """More files of the same version, played one after the other."""
        with self.library.lock:
            item = self.library.item(rating_key)
            for path in paths:
                item.media[0].parts.append(self.library.new_part(path, size))
                self.library.name_file(path, item.rk)
            self.library.changed(item)

    def add_media(self, rating_key: int, path: str, size: int = 1234) -> None:
        """One more version of the item."""
        with self.library.lock:
            item = self.library.item(rating_key)
            part = self.library.new_part(path, size)
            item.media.append(Media(part.id, [part]))
            self.library.name_file(path, item.rk)
            self.library.changed(item)

    def remove_item(self, rating_key: int) -> None:
        with self.library.lock:
            self.library.forget(self.library.item(rating_key))

    def readd_item(self, rating_key: int) -> int:
        """Removed and found again by a scan: the same files under a new rating key, bare."""
        with self.library.lock:
            old = self.library.item(rating_key)
            self.library.forget(old)
            return self.library.add_item(old.section, [(p.file, p.size) for p in old.parts]).rk

    def move_file(self, old: str, new: str) -> None:
        with self.library.lock:
            self.library.move_file(old, new)

    def remove_file(self, path: str) -> None:
        with self.library.lock:
            self.library.remove_file(path)

    def trash_item(self, rating_key: int) -> None:
        """The file cannot be found at the moment; the item stays until the trash is emptied."""
        with self.library.lock:
            item = self.library.item(rating_key)
            item.deleted_at = int(self.clock())
            self.library.changed(item)

    # Looking

    def item(self, rating_key: int) -> dict[str, Any]:
        """A snapshot; KeyError when there is no such item."""
        with self.library.lock:
            self._state.scans.settle()
            return snapshot.of(self.library, self.library.items[rating_key])

    def item_by_file(self, path: str) -> dict[str, Any]:
        with self.library.lock:
            self._state.scans.settle()
            found: list[Item] = self.library.items_with_file(path)
            if not found:
                raise KeyError(path)
            return snapshot.of(self.library, found[0])

    def items(self) -> Iterator[dict[str, Any]]:
        with self.library.lock:
            self._state.scans.settle()
            keys = list(self.library.items)
        for key in keys:
            yield self.item(key)

    def written_by_plugin(self, rating_key: int) -> dict[str, set[str]]:
        """Field -> the value, the names or the image that came by a request of the API and that
        nobody else has written since. It is there for the proof."""
        with self.library.lock:
            return self.library.item(rating_key).authorship.by_field()

    def collections(self, section: int) -> dict[str, list[int]]:
        with self.library.lock:
            return {
                c.title: [item.rk for item in c.members]
                for c in self.library.collections.values()
                if c.section.id == section
            }

    def state(self) -> dict[str, Any]:
        with self.library.lock:
            self._state.scans.settle()
            return snapshot.state(self.library)

    def image(self, key: str) -> bytes | None:
        """The bytes behind an image key such as `upload://posters/<sha1>`."""
        return self.library.images.bytes_of(key)

    # Switches and records

    @property
    def faults(self) -> Faults:
        return self._state.faults

    @property
    def requests(self) -> list[Request]:
        return self._state.log.requests

    def writes(self) -> list[Request]:
        return self._state.log.writes()

    def clear_requests(self) -> None:
        self._state.log.clear()

    @property
    def overlapping_writes(self) -> int:
        return self._state.log.overlapping_writes

    @property
    def unauthenticated(self) -> int:
        return self._state.log.unauthenticated

    @property
    def errors(self) -> list[str]:
        """Tracebacks of the simulator's own mistakes; always empty, one hopes."""
        return self._state.errors

    @property
    def tag_mode(self) -> str:
        return self.library.tag_mode

    @tag_mode.setter
    def tag_mode(self, mode: str) -> None:
        if mode not in ("add", "replace", "mixed"):
            raise ValueError(mode)
        self.library.tag_mode = mode


def _shared(name: str) -> property:
    """An attribute of the state, offered on the server."""
    return property(
        lambda self: getattr(self._state, name),
        lambda self, value: setattr(self._state, name, value),
    )


for _name in ("token", "owner", "latency", "phase"):
    setattr(PlexServer, _name, _shared(_name))
