"""The kinds of images that an item has, and what Plex calls each of them where. Pure."""

from typing import NamedTuple

from plex.fields import registry
from plex.fields.registry import Field

UPLOADED = "upload://"


class Kind(NamedTuple):
    """One kind of image: our name of the field, and what Plex calls it where."""

    field: str
    lock: str  # also the attribute of an item
    singular: str
    plural: str

    @property
    def as_field(self) -> Field:
        """It is decided like a text: its value is Plex's key of the image."""
        return Field(self.field, "text", self.lock)

    def key(self, sha1: str) -> str:
        """What Plex calls the image with these bytes once it is uploaded."""
        return f"{UPLOADED}{self.plural}/{sha1}"


POSTER = Kind(registry.POSTER, "thumb", "poster", "posters")
BACKGROUND = Kind(registry.BACKGROUND, "art", "art", "arts")
KINDS = (POSTER, BACKGROUND)
BY_FIELD = {kind.field: kind for kind in KINDS}
