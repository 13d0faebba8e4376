"""Collection: what Plex says about one of its collections, read from XML. Pure."""

from typing import Any, NamedTuple

from plex.item import number


class Collection(NamedTuple):
    """`edited`: somebody changed it in Plex, which locks what was changed."""

    rating_key: int
    title: str
    edited: bool = False


def collection(directory: Any) -> Collection:
    return Collection(
        rating_key=number(directory.get("ratingKey")) or 0,
        title=directory.get("title", ""),
        edited=any(one.get("locked") == "1" for one in directory.findall("Field")),
    )
