"""Uploads posters and backgrounds to Plex, each image once."""

import hashlib
import tempfile
from dataclasses import dataclass

import errors
from net.retry import once
from plex.client.port import PlexPort
from plex.fields.item import Item, Kind, Offered
from plex.state.entry import ImageRecord

SMALL = 64 << 10  # bytes


class Spooled:
    """Bytes that are kept until they are used. Many bytes are in a file, which is deleted with the
    object."""

    def __init__(self, data: bytes) -> None:
        self._file = tempfile.SpooledTemporaryFile(SMALL)  # noqa: SIM115 (open as long as this)
        self._file.write(data)

    def __del__(self) -> None:
        self._file.close()

    def read(self) -> bytes:
        self._file.seek(0)
        return self._file.read()


@dataclass(frozen=True)
class Picture:
    """An image that Plex is to show; `sha1` is also Plex's name for it."""

    kind: Kind
    data: Spooled
    sha1: str

    @property
    def key(self) -> str:
        return self.kind.key(self.sha1)


def picture(kind: Kind, data: bytes) -> Picture:
    return Picture(kind, Spooled(data), hashlib.sha1(data, usedforsecurity=False).hexdigest())


def known(plex: PlexPort, item: Item, kind: Kind, past: ImageRecord) -> "Offered | None":
    """The images that Plex offers for the item, and whether it shows them; None if that does not matter.
    After an earlier upload, even if its answer was lost, Plex may have the bytes already. The image that a
    person picked has to be known for an undo."""
    if past.sha1 or past.begun or kind.lock in item.locks:
        return plex.images(item.rating_key, kind)
    return None


def show(plex: PlexPort, rating_key: int, image: Picture, offered: "Offered | None") -> None:
    """Makes Plex show the image. Uploads can never be deleted, so none is made twice."""
    kind = image.kind
    if offered and _picked(plex, rating_key, image, offered):
        return
    once(
        lambda: plex.upload_image(rating_key, kind, image.data.read()),
        lambda: _picked(plex, rating_key, image, plex.images(rating_key, kind)),
        doubts=(errors.Lost, errors.Busy),
    )


def _picked(plex: PlexPort, rating_key: int, image: Picture, offered: Offered) -> bool:
    """Picks the image if Plex has its bytes. Returns whether it has."""
    kind = image.kind
    if image.key in offered and not offered[image.key]:
        once(
            lambda: plex.select_image(rating_key, kind, image.key),
            lambda: plex.images(rating_key, kind).get(image.key, False),
        )
    return image.key in offered
