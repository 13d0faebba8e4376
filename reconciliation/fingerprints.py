"""A fingerprint for each scene that agrees with Plex: while it stays the same, the scene agrees.

A fingerprint covers all that decides: the scene as Stash sends it, the rows of its items in Plex's
listing, what the ledger knows of these items, the settings, and the code of the rules. A change of
any of them gives another fingerprint, and nothing has to be marked as changed.
"""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from disk.database import insert
from plex.fields.item import digest64
from plex.images import letterbox
from plex.library.index import Index
from plex.path_map import paths
from plex.state.database import LOST, Store
from plex.state.ledger import Ledger
from stash import scene
from validation.settings import SyncSettings

ROOT = Path(__file__).resolve().parent.parent
CODE = ("plex", "reconciliation", "stash", "validation")  # folders with rules
ByScene = dict[int, int]  # scene id -> fingerprint


class Fingerprints:
    """Computes and keeps fingerprints. `settings` and `path_map` are those in force."""

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
        fits = settings.poster_fit and letterbox.available()
        decisive = (settings, path_map, type(path_map).__name__, fits)
        rules = _own_code() + repr((decisive, store.meta(LOST))).encode()
        self._rules = hashlib.blake2b(rules, digest_size=16).digest()

    def compute(self, rows: Mapping[int, Any]) -> ByScene:
        """Returns the fingerprints of these rows of Stash. A scene has none if it has no item, if
        it shares an item, or if an item changed a moment ago."""
        keys = {scene_id: self._keys(row) for scene_id, row in rows.items()}
        marks = self._index.marks(list({key for some in keys.values() for key in some}))
        items = {n: {i for key in some for i in marks.get(key, ())} for n, some in keys.items()}
        claims = Counter(rating_key for marked in items.values() for rating_key, _ in marked)
        known = self._ledger.prints(list(claims))
        return {
            scene_id: self._fingerprint(rows[scene_id], sorted(marked), known)
            for scene_id, marked in items.items()
            if marked and all(mark and claims[key] == 1 for key, mark in marked)
        }

    def _fingerprint(
        self, row: Any, items: Iterable[tuple[int, int]], known: Mapping[int, bytes]
    ) -> int:
        seen = [b"%d %d %b" % (key, mark, known.get(key, b"")) for key, mark in items]
        return digest64(b"\0".join([self._rules, scene.as_bytes(row), *seen]))

    def _keys(self, row: Any) -> list[str]:
        """The index's keys of the scene's files. A row without the shape of a scene has none: the
        walk reports it when it reads the row."""
        try:
            files = scene.file_paths(row)
        except ValueError:
            return []
        return paths.candidates(files, self._path_map)

    @property
    def rules(self) -> str:
        """Changes with the settings, the path map and the code."""
        return f"{digest64(self._rules):x}"

    def size(self) -> int:
        """Returns the number of scenes that agreed when they were last compared."""
        return int(self._store.value("SELECT count(*) FROM verified"))

    def agreed(self, ids: Collection[int]) -> ByScene:
        """Returns the fingerprints of these scenes, and of some others, from when they last agreed."""
        between = "SELECT scene_id, print FROM verified WHERE scene_id BETWEEN ? AND ?"
        return dict(self._store.rows(between, (min(ids), max(ids))))

    def put(self, agreed: ByScene) -> None:
        """Keeps the fingerprints of scenes that agree."""
        if not agreed:
            return
        with self._store.writing() as db:
            insert(db, "INSERT OR REPLACE INTO verified", agreed.items())

    def forget(self) -> None:
        """Drops all fingerprints: the next run compares everything."""
        with self._store.writing() as db:
            db.execute("DELETE FROM verified")


def code(root: Path) -> bytes:
    """A digest of the rules: an update may change them."""
    digest = hashlib.blake2b(digest_size=8)
    for name in CODE:
        for path in sorted((root / name).rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.digest()


@cache
def _own_code() -> bytes:
    return code(ROOT)
