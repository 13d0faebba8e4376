"""What an image is, by its first bytes: a server says `image/jpeg` of its login page as well. Pure."""

KINDS = ("image/jpeg", "image/png", "image/webp", "image/gif")


def kind(data: bytes) -> str:
    """The content type of an image that Plex shows; '' for everything else."""
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return "image/gif" if data[:6] in (b"GIF87a", b"GIF89a") else ""


def is_cover(said: str, data: bytes) -> bool:
    """Whether these bytes are to go to Plex: they are an image, and were said to be one. (Of a
    scene without a cover Stash sends a drawing.)"""
    return said.partition(";")[0].strip().lower() in KINDS and bool(kind(data))
