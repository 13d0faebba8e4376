"""Finds scenes that were not in Plex, and whose file Plex may have now, outside the scope of a run."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from plex.library import match
from plex.library.index import RELIST_SECONDS, Index
from plex.path_map.paths import PathMap
from plex.state.database import Store
from plex.state.ledger import SceneStates
from stash.port import StashPort
from stash.scene import Scene

# Names in `meta`: the mark of the index at the last whole look; the mark at the begin of a look that
# goes on, and the scene where it paused; when Plex was last asked for newcomers.
MEMORY, PLACE, ASKED = "newcomers", "newcomers_place", "newcomers_asked"
AT_ONCE = 50  # scenes in one question to Stash


@dataclass
class Newcomers:
    """Looks only when Plex lists other files than the last time. Asks Stash only about scenes that
    were not in Plex."""

    _stash: StashPort
    _store: Store
    _index: Index
    _path_map: PathMap
    _extras: Collection[str]

    def are_due(self, now: float) -> bool:
        """Whether to ask Plex for new files: scenes wait for their file, and the last question was not
        a moment ago."""
        asked = float(self._store.meta(ASKED) or 0)
        if 0 <= now - asked < RELIST_SECONDS or not SceneStates(self._store).absent():
            return False
        self._store.set_meta(ASKED, repr(now))
        return True

    def walk(self, besides: Collection[int], most: int = 0) -> "Iterator[tuple[Scene, None]]":
        """Yields the scenes that have an item in the index now, except `besides`, which the run compares
        anyway. Looks at `most` scenes (0: all), and goes on from there the next time."""
        absent = SceneStates(self._store).absent()
        if not absent:  # the usual case, without a count of the index
            return
        mark = self._mark()
        if mark == self._store.meta(MEMORY):
            return
        begun, _, after = self._store.meta(PLACE).rpartition(" ") if most else ("", "", "")
        begun, place = begun or mark, int(after or 0)
        ids = [n for n in absent if n > place and n not in besides]
        some = ids[:most] if most else ids
        for at in range(0, len(some), AT_ONCE):
            for scene in self._with_item(some[at : at + AT_ONCE]):
                yield scene, None
        is_complete = len(some) == len(ids)
        self._store.set_meta(PLACE, "" if is_complete else f"{begun} {some[-1]}")
        if is_complete:
            self._store.set_meta(MEMORY, begun)

    def _with_item(self, ids: Sequence[int]) -> list[Scene]:
        scenes = list(self._stash.scenes(ids, self._extras).values())
        keys = match.hints(scenes, self._index, self._path_map).keys
        return [scene for scene in scenes if keys.get(scene.id)]

    def _mark(self) -> str:
        row = self._store.rows("SELECT count(*), max(rating_key), total(rating_key) FROM part")
        return repr((row[0], self._path_map))
