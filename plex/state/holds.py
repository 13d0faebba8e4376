"""Which scenes a person wants left alone: by number, and only while the number stands for their file."""

from collections.abc import Callable

from plex.path_map import paths
from plex.state import file_id
from plex.state.journal import Journal
from stash.scene import Scene


class Holds:
    """The holds as they are now. When Stash's database was replaced, a number may stand for another
    scene, which nobody held: the hold is laid aside, and is in force again when its scene is back."""

    def __init__(
        self,
        journal: Journal,
        path_map: paths.PathMap,
        freed: bool = False,
        warn: Callable[[str], None] = lambda line: None,
    ) -> None:
        """`freed`: as if all of them were let go of."""
        self._journal, self._path_map, self._warn = journal, path_map, warn
        self._held = {} if freed else journal.held()
        self._former = {} if freed else journal.suspended_holds()

    def __contains__(self, scene_id: object) -> bool:
        """Whether there may be a hold of the scene with this number."""
        return scene_id in self._held or scene_id in self._former

    def why(self, scene: Scene) -> str:
        """Why the scene is held; '' if it is not."""
        if scene.id not in self:
            return ""
        ids = file_id.of_scene(scene, self._path_map)
        if hold := self._held.get(scene.id):
            if file_id.is_same(hold.files, ids):
                return hold.why
            self._journal.suspend_hold(scene.id)
            self._former[scene.id] = self._held.pop(scene.id)
            self._warn(
                f"{scene.label()} has another file than the scene that was held under its number: it is "
                "synced, and the hold waits for the return of its own scene"
            )
        elif file_id.is_same((hold := self._former[scene.id]).files, ids):
            self._journal.resume_hold(scene.id)
            self._held[scene.id] = self._former.pop(scene.id)
            return hold.why
        return ""
