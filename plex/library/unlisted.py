"""The parts of Plex that could not be listed. Nothing is concluded about the scenes in them."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from typing import NamedTuple

import errors
from plex.client.pages import BAD_PART, in_words
from plex.client.section import Section
from plex.path_map import paths
from plex.state.database import Store
from plex.state.scene_state import HIDDEN

META = "unlisted"
AGAIN = 60.0  # seconds until a process tries to list such a library again


class Part(NamedTuple):
    """A library that could not be listed completely, and why. `roots` are its folders."""

    title: str
    why: str
    whole: bool  # nothing of it could be listed
    roots: tuple[str, ...]

    @property
    def words(self) -> str:
        """Why the scenes in this library are not looked at."""
        what = "" if self.whole else "all of "
        return f"{HIDDEN} {what}its library “{self.title}”: {self.why}"

    @property
    def line(self) -> str:
        """The line for the log and the screens."""
        if self.whole:
            return f"{self.words}; its scenes wait, and the other libraries are synced"
        return f"{self.words}; scenes that it does not show wait, and all others are synced"


class Failure(NamedTuple):
    """Why a library could not be listed, and whether nothing of it came."""

    why: str
    whole: bool


Endings = Mapping[int, Failure | None]  # of listings, by library; None for a complete one


class Tries:
    """Listings of several libraries, each of which may fail."""

    def __init__(self) -> None:
        self.failed: dict[int, Failure] = {}
        self._error: errors.Stash2PlexError | None = None

    def run(self, section: int, ask: Callable[[], int]) -> int:
        """Returns what `ask` returns; 0 if Plex cannot do this for the library."""
        try:
            return ask()
        except BAD_PART as error:
            self._error, self.failed[section] = error, Failure(in_words(error), whole=True)
            return 0

    def raise_if_all_failed(self, sections: Set[int], rest: Set[int]) -> None:
        """Raises the error if every library failed, now or a moment ago (`rest`): then the server is at
        fault."""
        if self._error and sections <= self.failed.keys() | rest:
            raise self._error


class Unlisted:
    """The parts by the ids of their libraries, kept on disk for every process."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._tried = store.tried

    def parts(self) -> dict[int, Part]:
        return self._read()[0]

    def resting(self, now: float) -> set[int]:
        """Returns the libraries that this process failed to list completely a moment ago."""
        return {number for number, at in self._tried.items() if 0 <= now - at < AGAIN}

    def note(self, sections: Sequence[Section], failed: Endings, now: float) -> None:
        """Keeps how some listings ended (None: complete), and what is known of other `sections`."""
        known = self.parts()
        parts = {
            s.id: part for s in sections
            if (part := _failed(s, failed[s.id]) if s.id in failed else known.get(s.id))
        }  # fmt: skip
        for number, why in failed.items():
            self._tried.pop(number, None)
            if why:
                self._tried[number] = now
        roots = [root for section in sections if section.id not in parts for root in section.roots]
        text = json.dumps([parts, roots]) if parts else ""
        if text != self._store.meta(META):
            self._store.set_meta(META, text)

    def hides(self, files: Iterable[str]) -> "Part | None":
        """Returns the part that may have one of these files of Plex; None if all are in listed libraries."""
        parts, listed = self._read()
        if not parts:
            return None
        for file in files:
            for part in parts.values():
                if paths.is_in(file, part.roots):
                    return part
            if not paths.is_in(file, listed):  # the name of its folder in Plex is not known
                return next(iter(parts.values()))
        return None

    def _read(self) -> tuple[dict[int, Part], list[str]]:
        return read(self._store.meta(META))


def read(text: str) -> tuple[dict[int, Part], list[str]]:
    """Returns the kept parts, and the folders of the other libraries."""
    try:
        parts, roots = json.loads(text or "[{}, []]")
        return {int(n): _part(*part) for n, part in parts.items()}, list(map(str, roots))
    except (ValueError, TypeError, AttributeError):
        return {}, []  # damaged: the next listing replaces it


def _failed(section: Section, failure: "Failure | None") -> "Part | None":
    return Part(section.title, *failure, tuple(section.roots)) if failure else None


def _part(title: object, why: object, whole: object, roots: Iterable[object]) -> Part:
    return Part(str(title), str(why), bool(whole), tuple(map(str, roots)))
