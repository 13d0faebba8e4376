"""Collection: what Plex says about one of its collections, read from XML. Pure."""

from typing import Any, NamedTuple

from plex.fields.item import number

CUSTOM = 2


class Collection(NamedTuple):
    """`edited`: somebody changed it in Plex, which locks what was changed. `sort` is CUSTOM where
    its items stand as they were moved. `size` is how many items Plex counts, None if it does not say."""

    rating_key: int
    title: str
    edited: bool = False
    sort: int = 0
    size: "int | None" = None


def collection(directory: Any) -> Collection:
    return Collection(
        rating_key=number(directory.get("ratingKey")) or 0,
        title=directory.get("title", ""),
        sort=number(directory.get("collectionSort")) or 0,
        size=number(directory.get("childCount")),
        edited=any(one.get("locked") == "1" for one in directory.findall("Field")),
    )
