"""Parts of Plex that could not be listed. Nothing is concluded from what is not seen in them."""

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
AGAIN = 60.0  # seconds until a process lists such a library once more


class Part(NamedTuple):
    """A library that could not be listed, or not all of it, and why; `roots` are its folders."""

    title: str
    why: str
    whole: bool  # nothing of it could be listed
    roots: tuple[str, ...]

    @property
    def words(self) -> str:
        """Why a scene of it is not looked at."""
        what = "" if self.whole else "all of "
        return f"{HIDDEN} {what}its library “{self.title}”: {self.why}"

    @property
    def line(self) -> str:
        """For the log and the screens."""
        if self.whole:
            return f"{self.words}; its scenes wait, and the other libraries are synced"
        return f"{self.words}; scenes that it does not show wait, and all others are synced"


class Failure(NamedTuple):
    """Why a library could not be listed, and whether nothing of it came."""

    why: str
    whole: bool


class Tries:
    """Listings that may fail one by one."""

    def __init__(self) -> None:
        self.failed: dict[int, Failure] = {}
        self._error: errors.Stash2PlexError | None = None

    def of(self, section: int, ask: Callable[[], int]) -> int:
        """What `ask` gives; 0 if Plex cannot do this for the library."""
        try:
            return ask()
        except BAD_PART as error:
            self._error, self.failed[section] = error, Failure(in_words(error), whole=True)
            return 0

    def refuse_all(self, sections: Set[int], rest: Set[int]) -> None:
        """The error if it meets every library (`rest`: those that met one a moment ago): then it is
        the server's."""
        if self._error and sections <= self.failed.keys() | rest:
            raise self._error


class Unlisted:
    """The parts, by the ids of their libraries. Kept on disk: each process knows of them."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._tried = store.tried

    def parts(self) -> dict[int, Part]:
        return self._read()[0]

    def resting(self, now: float) -> set[int]:
        """The libraries that this process found out a moment ago it cannot list, or not all of them."""
        return {number for number, at in self._tried.items() if 0 <= now - at < AGAIN}

    def note(
        self, sections: Sequence[Section], failed: Mapping[int, "Failure | None"], now: float
    ) -> None:
        """Keep what became of the libraries that were just listed (None: all of it came); of the
        other `sections` what is known stays."""
        known = self.parts()
        parts = {
            one.id: part for one in sections
            if (part := _failed(one, failed[one.id]) if one.id in failed else known.get(one.id))
        }  # fmt: skip
        for number, why in failed.items():
            self._tried.pop(number, None)
            if why:
                self._tried[number] = now
        roots = [root for one in sections if one.id not in parts for root in one.roots]
        text = json.dumps([parts, roots]) if parts else ""
        if text != self._store.meta(META):
            self._store.set_meta(META, text)

    def hides(self, files: Iterable[str]) -> "Part | None":
        """The part that may have one of these files of Plex, by its folders; None if they are in
        libraries that were listed."""
        parts, listed = self._read()
        if not parts:
            return None
        for file in files:
            for one in parts.values():
                if _covers(one.roots, file):
                    return one
            if not _covers(listed, file):  # how Plex calls its folder is not known
                return next(iter(parts.values()))
        return None

    def _read(self) -> tuple[dict[int, Part], list[str]]:
        return read(self._store.meta(META))


def read(text: str) -> tuple[dict[int, Part], list[str]]:
    """What is kept: the parts, and the folders of the other libraries."""
    try:
        parts, roots = json.loads(text or "[{}, []]")
        return {int(n): _part(*one) for n, one in parts.items()}, list(map(str, roots))
    except (ValueError, TypeError, AttributeError):
        return {}, []  # damaged: the next listing makes it anew


def _failed(section: Section, failure: "Failure | None") -> "Part | None":
    return Part(section.title, *failure, tuple(section.roots)) if failure else None


def _part(title: object, why: object, whole: object, roots: Iterable[object]) -> Part:
    return Part(str(title), str(why), bool(whole), tuple(map(str, roots)))


def _covers(roots: Iterable[str], file: str) -> bool:
    return any(paths.is_below(file, root) for root in roots)
