"""The scenes of a scope of which it cannot be told that they agree as they did, and the numbers by
which it will be told the next time."""

from collections.abc import Callable, Collection, Container, Iterator, Mapping
from typing import Any

import errors
from net.ahead import ahead
from plex.sync.work import extras
from reconciliation.gone import Gone
from reconciliation.result import GapDetectionResult
from reconciliation.verified import Prints, Verified
from stash.api import EVERYTHING, SceneFilter
from stash.scene import Scene
from validation.settings import SyncSettings

IN_A_ROW = 3  # scenes that cannot be read
Walked = tuple[Scene, "int | None"]  # with its number, if it has one (see `Verified`)


class Walking:
    """Through Stash by pages, one ahead; `tell` is called when one is done with."""

    def __init__(
        self,
        stash: Any,
        settings: SyncSettings,
        verified: Verified,
        held: Container[int],
        tell: Callable[[], None],
        gone: Gone,
    ) -> None:
        self._stash, self._extras = stash, extras(settings)
        self._verified = verified
        self._held, self._tell, self._gone = held, tell, gone
        self._unread = 0  # scenes in a row

    def __call__(
        self, only: SceneFilter, deep: bool, result: GapDetectionResult
    ) -> Iterator[Walked]:
        """Those that moved, or all of them if it is to be `deep`; the others are counted."""
        for page in ahead(self._stash.pages(only, extras=self._extras)):
            ids, prints = page.rows.keys(), self._verified.prints(page.rows)
            result.left_out += [f"scene {number}: {why}" for number, why in page.unread.items()]
            if only == EVERYTHING:
                self._gone.met(page.last, {*ids, *page.unread})
            moved = ids if deep else self._moved(ids, prints, result)
            if moved:
                rows = {number: page.rows[number] for number in moved}
                for scene in self._read(rows, result):
                    yield scene, prints.get(scene.id)
            self._tell()
        if only == EVERYTHING:
            self._gone.end()

    def _read(self, rows: Mapping[int, Any], result: GapDetectionResult) -> Iterator[Scene]:
        """One that cannot be read is left out; the error if that goes on."""
        for number, row in rows.items():
            try:
                yield from self._stash.read({number: row}, self._extras)
                self._unread = 0
            except errors.Busy as error:
                self._unread += 1
                if self._unread == IN_A_ROW:  # it is Stash then
                    raise
                result.left_out.append(f"scene {number}: {error}")

    def _moved(self, ids: Collection[int], prints: Prints, result: GapDetectionResult) -> list[int]:
        agreed = self._verified.agreed(ids)
        moved = [
            number for number in ids
            if number in self._held or number not in agreed or agreed[number] != prints.get(number)
        ]  # fmt: skip
        unmoved = len(ids) - len(moved)
        result.unmoved += unmoved
        result.scenes_checked += unmoved
        result.compared += unmoved
        return moved
