"""What was compared and agreed, by a number per scene: as long as that is the same, it agrees.

The number is made of all that decides: the scene as Stash sends it, what Plex's listing tells of the
items at its paths, what the ledger knows of these, the settings, and the code of our rules. So
nothing has to be forgotten when something changes: it no longer fits.
"""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from disk.database import insert
from plex.fields.item import whole_print
from plex.images import letterbox
from plex.library.index import Index
from plex.path_map import paths
from plex.state.database import LOST, Store
from plex.state.ledger import Ledger
from stash import scene
from validation.settings import SyncSettings

ROOT = Path(__file__).resolve().parent.parent
CODE = ("plex", "reconciliation", "stash", "validation")  # where our rules are
Prints = dict[int, int]  # by the ids of scenes


class Verified:
    """Reads and writes the numbers; `settings` and `path_map` are those that are in force."""

    def __init__(
        self,
        store: Store,
        index: Index,
        ledger: Ledger,
        settings: SyncSettings,
        path_map: paths.PathMap,
    ) -> None:
        self._store, self._index, self._ledger = store, index, ledger
        self._path_map = path_map
        decisive = (settings, path_map, type(path_map).__name__, letterbox.available())
        self._rules = code(ROOT) + repr((decisive, store.meta(LOST))).encode()

    def prints(self, rows: Mapping[int, Any]) -> Prints:
        """The numbers of a page of scenes, without those of which it cannot be told: such as have
        no item, share one, or have one that changed just now."""
        keys = {number: self._keys(row) for number, row in rows.items()}
        marks = self._index.marks(list({key for some in keys.values() for key in some}))
        items = {n: {i for key in some for i in marks.get(key, ())} for n, some in keys.items()}
        claims = Counter(key for found in items.values() for key, _ in found)
        known = self._ledger.prints(list(claims))
        return {
            number: self._print(rows[number], sorted(found), known)
            for number, found in items.items()
            if found and all(mark and claims[key] == 1 for key, mark in found)
        }

    def _print(self, row: Any, items: Iterable[tuple[int, int]], known: Mapping[int, bytes]) -> int:
        seen = [b"%d %d %b" % (key, mark, known.get(key, b"")) for key, mark in items]
        return whole_print(b"\0".join([self._rules, scene.said(row), *seen]))

    def _keys(self, row: Any) -> list[str]:
        """The index's keys of the scene's files; none for a row that is no scene, which whoever
        reads it will say."""
        try:
            files = scene.files(row)
        except ValueError:
            return []
        return paths.candidates((one.path for one in files), self._path_map)

    def agreed(self, ids: Collection[int]) -> Prints:
        """The numbers of these scenes, and of some others, when they were last found to agree."""
        between = "SELECT scene_id, print FROM verified WHERE scene_id BETWEEN ? AND ?"
        return dict(self._store.rows(between, (min(ids), max(ids))))

    def put(self, prints: Prints) -> None:
        """These agree."""
        if not prints:
            return
        with self._store.writing() as db:
            insert(db, "INSERT OR REPLACE INTO verified", prints.items())

    def forget(self) -> None:
        """Whatever agreed is to be looked at again."""
        with self._store.writing() as db:
            db.execute("DELETE FROM verified")


def code(root: Path) -> bytes:
    """A digest of our rules: an update may have changed them."""
    found = hashlib.blake2b(digest_size=8)
    for name in CODE:
        for path in sorted((root / name).rglob("*.py")):
            found.update(path.read_bytes())
    return found.digest()
