"""The settings that decide what Plex says about a scene, as plain values without pydantic. Pure.

`sync_settings` of `Stash2PlexConfig` builds them for the functions that decide.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class SyncSettings:
    """Each field has the name and the meaning of the setting in `Stash2PlexConfig`. Lists of tags may
    contain `*`. Paths are folders of Stash. An empty template or text is unset."""

    path_map: Sequence[tuple[str, str]]
    sync_fields: tuple[str, ...]
    only_organized: bool
    only_stash_id: bool
    include_tags: tuple[str, ...]
    exclude_tags: tuple[str, ...]
    include_paths: tuple[str, ...]
    exclude_paths: tuple[str, ...]
    on_leave: str
    title_template: str
    sort_title_template: str
    tagline_template: str
    content_rating: str
    genre_only: tuple[str, ...]
    genre_ignore: tuple[str, ...]
    performer_tags: bool
    max_tags: int
    actor_photo_url: str
    collections_from: tuple[str, ...]
    collection_tags: tuple[str, ...]
    collection_prefix: str
    poster_fit: bool
    labels: tuple[str, ...]
    label_tags: tuple[str, ...]
    label_organized: str
    on_edit_in_plex: str
    preserve_plex_edits: bool
    allow_ambiguous_match: bool


def sync_settings(
    config: object, path_map: "Sequence[tuple[str, str]] | None" = None
) -> SyncSettings:
    """Returns the settings in the attributes of `config`. `path_map` replaces the user's map."""
    chosen = {name: getattr(config, name) for name in SyncSettings.__dataclass_fields__}
    return SyncSettings(**chosen if path_map is None else {**chosen, "path_map": path_map})
