"""The lists of names that Plex should show: people, genres, collections and labels. Pure."""

from collections.abc import Iterable, Iterator

from plex.fields.names import alphabetical, distinct_names, is_listed, name_key
from plex.fields.text import people
from stash.scene import Ref, Scene
from validation.settings import SyncSettings

# What may be a collection, and the word for it that a prefix may use.
STUDIO, PARENT, GROUP, PERFORMER = "studio", "parent_studio", "group", "performer"
KINDS = {STUDIO: "Studio", PARENT: "Studio", GROUP: "Group", PERFORMER: "Performer", "tag": "Tag"}


Names = tuple[str, ...]


def genres(scene: Scene, settings: SyncSettings) -> Names:
    """The scene's own tags come first: where there are too many, those of its performers go."""
    found = list(_genres(scene.tags, settings))
    if settings.performer_tags:
        found += _genres((tag for one in scene.performers for tag in one.tags), settings)
    return distinct_names(found)[: settings.max_tags]


def _genres(tags: Iterable[Ref], settings: SyncSettings) -> list[str]:
    only, ignore = settings.genre_only, settings.genre_ignore
    known = (tag.name for tag in tags)
    return alphabetical(
        n for n in known if not is_listed(n, ignore) and (not only or is_listed(n, only))
    )


def actors(scene: Scene, settings: SyncSettings) -> Names:
    return distinct_names(one.name for one in scene.performers)


def directors(scene: Scene, settings: SyncSettings) -> Names:
    return people(scene.director)


def collections(scene: Scene, settings: SyncSettings) -> Names:
    return distinct_names(
        _titled(kind, name, settings) for kind, name in _gathered(scene, settings)
    )


def positions(scene: Scene, settings: SyncSettings) -> dict[str, int]:
    """The scene's number in groups, by the keys of the collections that they are."""
    if GROUP not in settings.collections_from:
        return {}
    known = [one for one in scene.groups if one.place is not None]
    titles = {one: distinct_names([_titled(GROUP, one.name, settings)]) for one in known}
    return {name_key(title): one.place or 0 for one in known for title in titles[one]}


def _titled(kind: str, name: str, settings: SyncSettings) -> str:
    prefix = settings.collection_prefix
    return f"{prefix.replace('{kind}', KINDS[kind])} {name}" if prefix and name.strip() else name


def _gathered(scene: Scene, settings: SyncSettings) -> Iterator[tuple[str, str]]:
    """(kind, name) of everything that is to be a collection."""
    above = scene.studio.parent if scene.studio else None
    sources: dict[str, Iterable[Ref]] = {
        STUDIO: [scene.studio] if scene.studio else [],
        PARENT: [above] if above else [],
        GROUP: scene.groups,
        PERFORMER: scene.performers,
    }
    for kind in settings.collections_from:
        for one in sources[kind]:
            yield kind, one.name
    for name in _tags(scene, settings.collection_tags):
        yield "tag", name


def labels(scene: Scene, settings: SyncSettings) -> Names:
    organized = [settings.label_organized] if scene.organized else []
    return distinct_names([*settings.labels, *_tags(scene, settings.label_tags), *organized])


def _tags(scene: Scene, listed: Names) -> list[str]:
    return alphabetical(tag.name for tag in scene.tags if is_listed(tag.name, listed))
