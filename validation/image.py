"""Recognizes images by their first bytes: a server may send its login page as `image/jpeg`. Pure."""

KINDS = ("image/jpeg", "image/png", "image/webp", "image/gif")


def kind(data: bytes) -> str:
    """Returns the content type of an image that Plex can show, or ''."""
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return "image/gif" if data[:6] in (b"GIF87a", b"GIF89a") else ""


def is_cover(content_type: str, data: bytes) -> bool:
    """Whether Stash sent a cover: both the content type and the bytes are those of an image. For a
    scene without a cover Stash sends a drawing (SVG)."""
    return content_type.partition(";")[0].strip().lower() in KINDS and bool(kind(data))
