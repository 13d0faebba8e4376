"""Scenes that were not in Plex, and whose file Plex may have now: a run looks for them outside its scope."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from plex import match
from plex.index import Index
from plex.paths import PathMap
from plex.seen import Seen
from plex.store import Store
from stash.scene import Scene

MEMORY = "newcomers"  # among the meta: what the index had when they were last looked for
AT_ONCE = 50  # scenes of one question to Stash


class Newcomers:
    """Looks only when Plex lists other files than the last time; Stash is asked only about scenes
    that were not in Plex."""

    def __init__(
        self, stash: Any, store: Store, index: Index, path_map: PathMap, extras: Collection[str]
    ) -> None:
        self._stash, self._store, self._index = stash, store, index
        self._path_map, self._extras = path_map, extras

    def walk(self, besides: Collection[int]) -> "Iterator[tuple[Scene, None]]":
        """Those for which the index has an item, without the scenes that are looked at anyway."""
        mark = self._mark()
        if mark == self._store.meta(MEMORY):
            return
        ids = [n for n in Seen(self._store).absent() if n not in besides]
        for at in range(0, len(ids), AT_ONCE):
            for scene in self._found(ids[at : at + AT_ONCE]):
                yield scene, None
        self._store.set_meta(MEMORY, mark)

    def _found(self, ids: Sequence[int]) -> list[Scene]:
        scenes = list(self._stash.scenes(ids, self._extras).values())
        keys = match.hints(scenes, self._index, self._path_map).keys
        return [scene for scene in scenes if keys.get(scene.id)]

    def _mark(self) -> str:
        row = self._store.rows("SELECT count(*), max(rating_key), total(rating_key) FROM part")
        return repr((row[0], self._path_map))
