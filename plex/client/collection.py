"""Collection: one of Plex's collections, read from XML. Pure."""

from typing import Any, NamedTuple

from plex.fields.item import whole_number

CUSTOM = 2


class Collection(NamedTuple):
    """`edited`: somebody changed the collection in Plex, which locks the changed fields. `sort` is CUSTOM
    if its items keep the order in which they were moved. `size` is Plex's number of items, if it has one."""

    rating_key: int
    title: str
    edited: bool = False
    sort: int = 0
    size: "int | None" = None


def collection(directory: Any) -> Collection:
    return Collection(
        rating_key=whole_number(directory.get("ratingKey")) or 0,
        title=directory.get("title", ""),
        sort=whole_number(directory.get("collectionSort")) or 0,
        size=whole_number(directory.get("childCount")),
        edited=any(child.get("locked") == "1" for child in directory.findall("Field")),
    )
