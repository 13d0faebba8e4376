"""Decides which scenes are synced, and gives the reason for a scene that is not. Pure."""

from collections.abc import Iterable
from typing import NamedTuple

from plex.fields.text import is_listed
from plex.path_map import paths
from stash.scene import Scene
from validation.settings import SyncSettings

NOT_ORGANIZED = "not organized"
NO_STASH_ID = "no stash-box id"
EXCLUDED_TAG, EXCLUDED_PATH = "excluded by tag", "excluded by path"
NO_TAG, NO_PATH = "none of the included tags", "outside the included paths"
REASONS = (NOT_ORGANIZED, NO_STASH_ID, EXCLUDED_TAG, EXCLUDED_PATH, NO_TAG, NO_PATH)


class Skip(NamedTuple):
    """Why a scene is not synced: `reason` is one of REASONS, `what` the tag or path that caused it."""

    reason: str
    what: str = ""

    @property
    def words(self) -> str:
        return f"{self.reason} “{self.what}”" if self.what else self.reason


def skip_reason(scene: Scene, settings: SyncSettings) -> "Skip | None":
    """Returns why the scene is not synced, or None. An exclusion wins over an inclusion."""
    if settings.only_organized and not scene.organized:
        return Skip(NOT_ORGANIZED)
    if settings.only_stash_id and not scene.has_stash_id:
        return Skip(NO_STASH_ID)
    tags = [tag.name for tag in scene.tags]
    for name in tags:
        if is_listed(name, settings.exclude_tags):
            return Skip(EXCLUDED_TAG, name)
    files = [file.path for file in scene.files]
    if folder := _below(files, settings.exclude_paths):
        return Skip(EXCLUDED_PATH, folder)
    if settings.include_tags and not any(is_listed(name, settings.include_tags) for name in tags):
        return Skip(NO_TAG)
    if settings.include_paths and not _below(files, settings.include_paths):
        return Skip(NO_PATH)
    return None


def _below(files: Iterable[str], folders: Iterable[str]) -> str:
    """Returns the first folder that contains any of the files, or ''."""
    known = list(files)
    return next((f for f in folders if any(paths.is_below(file, f) for file in known)), "")
