"""The progress of the drains of a run: n of m jobs, where n counts a scene as soon as it is written."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from app.progress import SYNC
from plex.sync.watcher import Watcher

if TYPE_CHECKING:
    from app.progress import Progress
    from stash.scene import Scene


class SyncProgress(Watcher):
    """A batch is judged as a whole, after it was read back, and a batch of a slow Plex takes long. The scenes
    in it that are written count until then."""

    def __init__(self, progress: "Progress") -> None:
        self._progress = progress
        self._written: set[int] = set()  # scenes that are not judged yet
        self._before = 0, 0  # done and put off by earlier drains of this run
        self._now = 0, 0, 0

    def begin(self) -> None:
        """Another drain begins."""
        (done, later), (more, put_off, _) = self._before, self._now
        self._before, self._now = (done + more, later + put_off), (0, 0, 0)
        self._written.clear()

    def begins(self, scene: "Scene") -> None:
        self._progress.about(scene.name)

    def wrote(self, scene: "Scene") -> None:
        self._written.add(scene.id)
        self._tell()

    def judged(self, ids: Iterable[int]) -> None:
        """These scenes are about to be counted by the drain, or are done again."""
        self._written.difference_update(ids)

    def counted(self, done: int, later: int, total: int) -> None:
        """The jobs that the drain has judged."""
        self._now = done, later, total
        self._tell()

    def _tell(self) -> None:
        (before, put_off), (done, later, total) = self._before, self._now
        done = min(done + len(self._written), total - later)
        if total:
            whole = before + put_off + total
            self._progress.count(SYNC, before + done, whole, put_off + later)
