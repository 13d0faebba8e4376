"""The kinds of images that an item has, with the names that Plex uses for them. Pure."""

from collections.abc import Mapping
from typing import NamedTuple

from plex.fields import registry
from plex.fields.registry import Field

UPLOADED = "upload://"
Offered = Mapping[str, bool]  # an item's images in Plex by key, and whether Plex shows each


class Kind(NamedTuple):
    """One kind of image: our name of the field, and the names that Plex uses for it."""

    field: str
    lock: str  # also the attribute of an item
    singular: str
    plural: str

    @property
    def as_field(self) -> Field:
        """The image as a text field whose value is Plex's key of the image."""
        return Field(self.field, "text", self.lock)

    def key(self, sha1: str) -> str:
        """Returns Plex's key of the image after its upload."""
        return f"{UPLOADED}{self.plural}/{sha1}"


POSTER = Kind(registry.POSTER, "thumb", "poster", "posters")
BACKGROUND = Kind(registry.BACKGROUND, "art", "art", "arts")
KINDS = (POSTER, BACKGROUND)
BY_FIELD = {kind.field: kind for kind in KINDS}


def selected(offered: Offered) -> str:
    """Returns the key of the image that Plex shows, or ''."""
    return next((key for key, is_shown in offered.items() if is_shown), "")
