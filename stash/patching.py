"""The scenes around one that Stash cannot give: asked for by halves, down to the scene."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import errors

Rows = dict[int, Any]  # by the ids of scenes
AT_ONCE = 100  # scenes of one question
IN_A_ROW = 3  # scenes that fail before any other came: it is the server then


def patched(
    ids: Sequence[int], ask: Callable[[Sequence[int]], Mapping[int, Any]]
) -> tuple[Rows, dict[int, str]]:
    """The rows of these scenes, and why others could not be had. Raises if Stash gives none."""
    rows: Rows = {}
    unread: dict[int, str] = {}
    left = [list(ids[at : at + AT_ONCE]) for at in range(0, len(ids), AT_ONCE)]
    left.reverse()  # the last of them comes next
    while left:
        some = left.pop()
        try:
            rows.update(ask(some))
        except errors.Busy as error:
            if half := len(some) // 2:
                left += [some[half:], some[:half]]
                continue
            unread[some[0]] = str(error)
            if not rows and (len(unread) == IN_A_ROW or not left):
                raise
    return rows, unread
