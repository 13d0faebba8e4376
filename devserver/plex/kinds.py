"""The fixed vocabulary: which fields, tags and images exist and what each is called where."""

from __future__ import annotations

from typing import NamedTuple


class TagKind(NamedTuple):
    """One kind of tag under its three names."""

    wire: str  # in edit parameters, filters and locks
    element: str  # in XML
    plural: str  # in snapshots


class ImageKind(NamedTuple):
    """One kind of image under its names in attributes, URLs and snapshots."""

    attribute: str  # on the item, in locks and in DELETE
    select: str  # PUT .../poster
    plural: str  # POST .../posters, and upload://posters/...


SCALARS = (
    "title",
    "titleSort",
    "originalTitle",
    "originallyAvailableAt",
    "contentRating",
    "studio",
    "tagline",
    "summary",
    "rating",
    "audienceRating",
    "userRating",
    "addedAt",
    "editionTitle",
    "year",
)
FLOATS = ("rating", "audienceRating", "userRating")
INTS = ("year", "addedAt")

TAGS = (
    TagKind("genre", "Genre", "genres"),
    TagKind("collection", "Collection", "collections"),
    TagKind("label", "Label", "labels"),
    TagKind("director", "Director", "directors"),
    TagKind("writer", "Writer", "writers"),
    TagKind("producer", "Producer", "producers"),
    TagKind("country", "Country", "countries"),
    TagKind("actor", "Role", "actors"),
    TagKind("similar", "Similar", "similar"),
    TagKind("style", "Style", "styles"),
    TagKind("mood", "Mood", "moods"),
)
TAG_BY_WIRE = {kind.wire: kind for kind in TAGS}
TAG_BY_PLURAL = {kind.plural: kind for kind in TAGS}
FULL_ONLY_TAGS = frozenset({"label"})

IMAGES = (
    ImageKind("thumb", "poster", "posters"),
    ImageKind("art", "art", "arts"),
    ImageKind("clearLogo", "clearLogo", "clearLogos"),
    ImageKind("squareArt", "squareArt", "squareArts"),
)
IMAGE_BY_ATTRIBUTE = {kind.attribute: kind for kind in IMAGES}

TYPE_IDS = {"movie": 1, "show": 2, "season": 3, "episode": 4, "artist": 8, "photo": 13}
COLLECTION_TYPE = 18
