"""The lists of names that Plex should show: people, genres, collections and labels. Pure."""

from collections.abc import Iterable, Iterator
from typing import Protocol

from plex.fields.names import in_order, is_listed, name_key, names
from plex.fields.text import people
from stash.scene import Ref, Scene

# What may be a collection, and the word for it that a prefix may use.
STUDIO, PARENT, GROUP, PERFORMER = "studio", "parent_studio", "group", "performer"
KINDS = {STUDIO: "Studio", PARENT: "Studio", GROUP: "Group", PERFORMER: "Performer", "tag": "Tag"}


class Choice(Protocol):
    """What of the config decides about lists. Lists of tags may have `*`."""

    @property
    def max_tags(self) -> int: ...
    @property
    def genre_only(self) -> tuple[str, ...]: ...
    @property
    def genre_ignore(self) -> tuple[str, ...]: ...
    @property
    def performer_tags(self) -> bool: ...
    @property
    def collections_from(self) -> tuple[str, ...]: ...
    @property
    def collection_tags(self) -> tuple[str, ...]: ...
    @property
    def collection_prefix(self) -> str: ...
    @property
    def labels(self) -> tuple[str, ...]: ...
    @property
    def label_tags(self) -> tuple[str, ...]: ...
    @property
    def label_organized(self) -> str: ...


Names = tuple[str, ...]


def genres(scene: Scene, choice: Choice) -> Names:
    """The scene's own tags come first: where there are too many, those of its performers go."""
    found = list(_genres(scene.tags, choice))
    if choice.performer_tags:
        found += _genres((tag for one in scene.performers for tag in one.tags), choice)
    return names(found)[: choice.max_tags]


def _genres(tags: Iterable[Ref], choice: Choice) -> list[str]:
    only, ignore = choice.genre_only, choice.genre_ignore
    known = (tag.name for tag in tags)
    return in_order(
        n for n in known if not is_listed(n, ignore) and (not only or is_listed(n, only))
    )


def actors(scene: Scene, choice: Choice) -> Names:
    return names(one.name for one in scene.performers)


def directors(scene: Scene, choice: Choice) -> Names:
    return people(scene.director)


def collections(scene: Scene, choice: Choice) -> Names:
    return names(_titled(kind, name, choice) for kind, name in _gathered(scene, choice))


def places(scene: Scene, choice: Choice) -> dict[str, int]:
    """The scene's number in groups, by the keys of the collections that they are."""
    if GROUP not in choice.collections_from:
        return {}
    known = [one for one in scene.groups if one.place is not None]
    titles = {one: names([_titled(GROUP, one.name, choice)]) for one in known}
    return {name_key(title): one.place or 0 for one in known for title in titles[one]}


def _titled(kind: str, name: str, choice: Choice) -> str:
    prefix = choice.collection_prefix
    return f"{prefix.replace('{kind}', KINDS[kind])} {name}" if prefix and name.strip() else name


def _gathered(scene: Scene, choice: Choice) -> Iterator[tuple[str, str]]:
    """(kind, name) of everything that is to be a collection."""
    above = scene.studio.parent if scene.studio else None
    sources: dict[str, Iterable[Ref]] = {
        STUDIO: [scene.studio] if scene.studio else [],
        PARENT: [above] if above else [],
        GROUP: scene.groups,
        PERFORMER: scene.performers,
    }
    for kind in choice.collections_from:
        for one in sources[kind]:
            yield kind, one.name
    for name in _tags(scene, choice.collection_tags):
        yield "tag", name


def labels(scene: Scene, choice: Choice) -> Names:
    organized = [choice.label_organized] if scene.organized else []
    return names([*choice.labels, *_tags(scene, choice.label_tags), *organized])


def _tags(scene: Scene, listed: Names) -> list[str]:
    return in_order(tag.name for tag in scene.tags if is_listed(tag.name, listed))
