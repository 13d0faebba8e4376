"""The rules of the fields with a list of names: people, genres, collections and labels. Pure."""

from collections.abc import Iterable, Iterator

from plex.fields.names import alphabetical, distinct_names, is_listed, name_key
from plex.fields.text import people
from stash.scene import Ref, Scene
from validation.settings import SyncSettings

# Sources of collections, and the word for each that a prefix may contain.
STUDIO, PARENT, GROUP, PERFORMER = "studio", "parent_studio", "group", "performer"
KINDS = {STUDIO: "Studio", PARENT: "Studio", GROUP: "Group", PERFORMER: "Performer", "tag": "Tag"}
Names = tuple[str, ...]


def genres(scene: Scene, settings: SyncSettings) -> Names:
    """The scene's own tags come first: if there are too many, the performers' tags are dropped."""
    chosen = list(_genres(scene.tags, settings))
    if settings.performer_tags:
        chosen += _genres((tag for each in scene.performers for tag in each.tags), settings)
    return distinct_names(chosen)[: settings.max_tags]


def _genres(tags: Iterable[Ref], settings: SyncSettings) -> list[str]:
    only, ignore = settings.genre_only, settings.genre_ignore
    known = (tag.name for tag in tags)
    kept = (name for name in known if not is_listed(name, ignore))
    return alphabetical(name for name in kept if not only or is_listed(name, only))


def actors(scene: Scene, settings: SyncSettings) -> Names:
    return distinct_names(performer.name for performer in scene.performers)


def directors(scene: Scene, settings: SyncSettings) -> Names:
    return people(scene.director)


def collections(scene: Scene, settings: SyncSettings) -> Names:
    gathered = _gathered(scene, settings)
    return distinct_names(_titled(kind, name, settings) for kind, name in gathered)


def positions(scene: Scene, settings: SyncSettings) -> dict[str, int]:
    """Returns the scene's number in its groups, by the `name_key` of their collections."""
    if GROUP not in settings.collections_from:
        return {}
    numbered = [group for group in scene.groups if group.place is not None]
    return {
        name_key(title): group.place or 0
        for group in numbered
        for title in distinct_names([_titled(GROUP, group.name, settings)])
    }


def _titled(kind: str, name: str, settings: SyncSettings) -> str:
    prefix = settings.collection_prefix
    return f"{prefix.replace('{kind}', KINDS[kind])} {name}" if prefix and name.strip() else name


def _gathered(scene: Scene, settings: SyncSettings) -> Iterator[tuple[str, str]]:
    """Yields (kind, name) of each collection that the scene belongs to."""
    above = scene.studio.parent if scene.studio else None
    sources: dict[str, Iterable[Ref]] = {
        STUDIO: [scene.studio] if scene.studio else [],
        PARENT: [above] if above else [],
        GROUP: scene.groups,
        PERFORMER: scene.performers,
    }
    for kind in settings.collections_from:
        for ref in sources[kind]:
            yield kind, ref.name
    for name in _tags(scene, settings.collection_tags):
        yield "tag", name


def labels(scene: Scene, settings: SyncSettings) -> Names:
    organized = [settings.label_organized] if scene.organized else []
    return distinct_names([*settings.labels, *_tags(scene, settings.label_tags), *organized])


def _tags(scene: Scene, patterns: Names) -> list[str]:
    return alphabetical(tag.name for tag in scene.tags if is_listed(tag.name, patterns))
