"""After a lost answer, looks whether Plex has the write, and sends it again only if not."""

from collections.abc import Callable

import errors

Doubts = tuple[type[errors.Stash2PlexError], ...]


def once(
    send: Callable[[], None], is_done: Callable[[], bool], doubts: Doubts = (errors.Lost,)
) -> None:
    """Sends. After an error of `doubts` looks (`is_done`), and sends a second time if need be. Raises Busy
    when that answer is lost as well although Plex answers in between: then the fault is this request's, not
    the server's. Raises the first error when nothing can be seen."""
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
