"""After a lost answer, looks whether Plex has the write, and sends it again only if not."""

from collections.abc import Callable

import errors

Doubts = tuple[type[errors.Stash2PlexError], ...]


def once(
    send: Callable[[], None], is_done: Callable[[], bool], doubts: Doubts = (errors.Lost,)
) -> None:
    """Sends. After an error that is one of `doubts` asks `is_done`, and sends a second time if the write
    is missing. Raises Busy when the second answer is lost too, although Plex answers `is_done`: then this
    request is at fault, not the server. Raises the first error when `is_done` cannot tell."""
    try:
        return send()
    except doubts as doubt:
        if _looked(is_done, doubt):
            return None
    try:
        return send()
    except errors.Lost as lost:
        if _looked(is_done, lost):
            return None
        sentence = "Plex answers, but its answer to this change was lost twice"
        raise errors.Busy(sentence).of(errors.PLEX, lost.cause) from None


def _looked(is_done: Callable[[], bool], doubt: errors.Stash2PlexError) -> bool:
    try:
        return is_done()
    except errors.Busy:
        raise doubt from None
