"""Asks Plex to scan the folders of files that it lacks, and waits until Plex has read them.

plex.sqlite keeps the times of the scans, so that several processes ask for a folder only once in a while.
"""

import json
from collections.abc import Callable, Iterable, Sequence

import errors
from plex.client.port import PlexPort
from plex.client.section import Section
from plex.library import readiness
from plex.path_map import paths
from plex.state.database import Store

WINDOW = 15.0  # seconds in which a folder is scanned once
BEGIN = 10.0  # until a scan that was asked for must have shown itself
LOOK = 1.0  # between two looks at Plex
STAY = 120.0  # for all looks of a process: a task that stays holds up the others of Stash
MEMORY = "scans"  # among the meta
_NO_SCAN = (errors.Busy, errors.Rejected, errors.Gone, errors.SetupError)


class Scans:
    """The scans that a process asked for and waits for. `settled` is called when Plex is done."""

    def __init__(
        self,
        plex: PlexPort,
        store: Store,
        clock: Callable[[], float],
        warn: Callable[[str], None],
        settled: Callable[[], None],
    ) -> None:
        self._plex, self._store, self._clock = plex, store, clock
        self._warn, self._settled = warn, settled
        self._sections: Sequence[Section] | None = None
        self._passed: set[str] = set()  # files that a scan of just now may find
        self._done: set[str] = set()  # files that a scan was asked for: once is enough
        self._later: dict[str, float] = {}  # folder -> when it is asked for again
        self._waits = False
        self._begun = float("-inf")  # when the last scan was asked for
        self._until: float | None = None
        self._looked = float("-inf")

    # -- asking

    def want(self, files: Iterable[str]) -> None:
        """Notes that Plex lacks these files. The paths are Plex's."""
        by_place: dict[str, set[str]] = {}
        for file in set(files) - self._done:
            by_place.setdefault(paths.folder(file), set()).add(file)
        for place in sorted(place for place in by_place if not paths.climbs(place)):
            self._want(place, by_place[place])

    def _want(self, place: str, files: set[str]) -> None:
        now = self._clock()
        last = self._recent(now).get(place)
        self._waits = True
        if last is None:
            self._ask(place, now)
        elif files & self._passed:  # that scan did not find them: they came after it
            self._later.setdefault(place, last + WINDOW)
        else:
            self._passed |= files
            return
        self._done |= files

    def _recent(self, now: float) -> dict[str, float]:
        """The folders that were asked for less than WINDOW ago, with the times."""
        try:
            known = json.loads(self._store.meta(MEMORY) or "{}")
            return {place: at for place, at in known.items() if 0 <= now - at < WINDOW}
        except (ValueError, TypeError, AttributeError):
            return {}  # damaged: the folders are asked for once more

    def _ask(self, place: str, now: float) -> None:
        """Asks every library with the folder, even if Plex refuses the scan of another library."""
        try:
            if self._sections is None:
                self._sections = self._plex.sections()
        except _NO_SCAN as error:
            self._warn(f"Plex could not be asked to scan {place}: {error}")
            return
        # Noted first: a scan too few is better than a scan by each of many processes.
        self._store.set_meta(MEMORY, json.dumps(self._recent(now) | {place: now}))
        for section in self._sections:
            if paths.is_in(place, section.roots):
                try:
                    self._plex.scan(section.id, place)
                    self._begun = now
                except _NO_SCAN as error:
                    self._warn(f"“{section.title}” could not be asked to scan {place}: {error}")

    # -- waiting

    def wait(self) -> None:
        """Waits for Plex, which still reads items that are to be written."""
        self._waits = True

    def stay(self) -> bool:
        """Whether it is worth staying for Plex. Call it again and again: it looks at Plex now and then."""
        if not (self._waits or self._later):
            return False
        now = self._clock()
        self._until = now + STAY if self._until is None else self._until
        if now >= self._until:
            return False
        if not 0 <= now - self._looked < LOOK:
            self._looked = now
            return self._look(now)
        return True

    def _look(self, now: float) -> bool:
        try:
            for place in [place for place, due in self._later.items() if now >= due]:
                del self._later[place]
                self._waits = True
                self._ask(place, now)
            if self._waits and self._has_settled(now):
                self._waits, self._sections = False, None
                self._settled()
        except errors.Stash2PlexError:  # the next job meets the error, and reports it
            self._until = now
            return False
        return True

    def _has_settled(self, now: float) -> bool:
        sections = self._plex.sections()
        if readiness.is_reading(self._plex, sections):
            self._begun = float("-inf")  # the scan has shown itself
            return False
        before = {section.id: section.stamp for section in self._sections or ()}
        moved = before != {section.id: section.stamp for section in sections}
        return moved or now - self._begun >= BEGIN
