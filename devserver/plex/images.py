"""Posters and backgrounds: stored once by SHA-1, offered per item, never forgotten."""

from __future__ import annotations

import hashlib
import ipaddress
import struct
import zlib
from urllib.parse import urlsplit

from .kinds import ImageKind


class Shelf:
    """The images of one kind that one item offers, and which of them is shown."""

    __slots__ = ("keys", "selected")

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.selected = ""

    def show(self, key: str) -> None:
        if key not in self.keys:
            self.keys.append(key)
        self.selected = key


class ImageStore:
    """Bytes by image key for the whole server."""

    def __init__(self) -> None:
        self._bytes: dict[str, bytes] = {}

    def upload(self, kind: ImageKind, data: bytes) -> str:
        key = f"upload://{kind.plural}/{hashlib.sha1(data).hexdigest()}"
        self._bytes[key] = data
        return key

    def bytes_of(self, key: str) -> bytes | None:
        if key.startswith("media://"):
            return frame(key)
        return self._bytes.get(key)


def frame_key(rating_key: int) -> str:
    """The picture that Plex itself takes out of the video file."""
    digest = hashlib.sha1(str(rating_key).encode()).hexdigest()
    return f"media://{digest[0]}/{digest[1:]}.bundle/Contents/Thumbnails/thumb1.jpg"


def frame(key: str) -> bytes:
    """A small one-colour PNG, another colour for each key."""
    colour = hashlib.sha1(key.encode()).digest()[:3]
    rows = b"".join(b"\0" + colour * 16 for _ in range(9))
    header = struct.pack(">IIBBBBB", 16, 9, 8, 2, 0, 0, 0)
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*c) for c in chunks)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def media_type(data: bytes) -> str:
    if data.startswith(b"\x89PNG"):
        return "image/png"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "image/webp"
    return "image/jpeg"


def is_private(url: str) -> bool:
    """Does the address lie in the local network, where Plex refuses to fetch from?"""
    host = urlsplit(url).hostname or ""
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return host == "localhost" or "." not in host or host.endswith((".local", ".lan"))
