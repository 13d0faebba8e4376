"""The holds: scenes that a person excluded from syncs. A hold belongs to the scene's file."""

from collections.abc import Callable

from plex.path_map import paths
from plex.state import file_id
from plex.state.journal import Journal
from stash.scene import Scene


class Holds:
    """The holds at this moment. After Stash's database was replaced, a scene id may belong to another
    scene, which nobody held. The hold is then suspended, and resumes when its scene is back."""

    def __init__(
        self,
        journal: Journal,
        path_map: paths.PathMap,
        freed: bool = False,
        warn: Callable[[str], None] = lambda line: None,
    ) -> None:
        """With `freed` all scenes count as released."""
        self._journal, self._path_map, self._warn = journal, path_map, warn
        self._held = {} if freed else journal.held()
        self._suspended = {} if freed else journal.suspended_holds()

    def __contains__(self, scene_id: object) -> bool:
        """Whether the scene id may have a hold."""
        return scene_id in self._held or scene_id in self._suspended

    def why(self, scene: Scene) -> str:
        """Returns why the scene is held, or ''."""
        if scene.id not in self:
            return ""
        ids = file_id.of_scene(scene, self._path_map)
        if hold := self._held.get(scene.id):
            if file_id.is_same(hold.files, ids):
                return hold.why
            self._journal.suspend_hold(scene.id)
            self._suspended[scene.id] = self._held.pop(scene.id)
            self._warn(
                f"{scene.label()} has another file than the held scene with the same id had. It is synced, "
                "and the hold waits until its own scene is back"
            )
        elif file_id.is_same((hold := self._suspended[scene.id]).files, ids):
            self._journal.resume_hold(scene.id)
            self._held[scene.id] = self._suspended.pop(scene.id)
            return hold.why
        return ""
