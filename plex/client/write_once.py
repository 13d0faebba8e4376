"""A write whose answer was lost is looked up, and sent again only if it is not there."""

from collections.abc import Callable

import errors

Doubts = tuple[type[errors.Stash2PlexError], ...]


def once(
    send: Callable[[], None],
    is_done: Callable[[], bool],
    doubts: Doubts = (errors.Lost,),
) -> None:
    """Send; after an error of `doubts` look (`is_done`), and if need be send a second time.

    Busy when that is lost as well although Plex answers in between: it is this request then,
    not the server. If nothing can be seen, the doubt itself goes on.
    """
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
        said = "Plex answers, but its answer to this change was lost twice"
        raise errors.Busy(said).of(errors.PLEX, lost.cause) from None


def _looked(is_done: Callable[[], bool], doubt: errors.Stash2PlexError) -> bool:
    try:
        return is_done()
    except errors.Busy:
        raise doubt from None
