"""The text of a notification: short, and without anything that a service takes for markup. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from app.notify.causes import FAILURE, INFO, SUCCESS, WARNING, Cause

NAME = "Stash2Plex"
LINE, BODY, LINES = 300, 1500, 12  # characters of a line and of the body; lines
GRAVITY = (FAILURE, WARNING, INFO, SUCCESS)
# A mark without width after these keeps services from reading a mention, a link or a tag.
_BREAK = "\u200b"
_OPENS = ("@", "<", "](", "`", "*", "~~", "||", "__")
_CONTROL = dict.fromkeys(
    (*range(32), *range(127, 160), *range(0x200B, 0x2010), *range(0x2028, 0x202F), *range(0x2060, 0x206A)),
    " ",
)  # fmt: skip


class Message(NamedTuple):
    """`level` is failure, warning, success or info."""

    title: str
    body: str
    level: str


def message_of(causes: Sequence[Cause]) -> Message:
    """One message about all of them. It has a body in any case: some services send no bare title."""
    ranked = sorted(causes, key=lambda cause: GRAVITY.index(cause.level))
    rest = len(ranked) - 1
    title = ranked[0].headline + (f" (and {rest} more)" if rest else "")
    lines = [plain(f"{cause.headline}. {cause.details}".rstrip(" .") + ".") for cause in ranked]
    if len(lines) > LINES:
        lines = [*lines[:LINES], f"… and {len(lines) - LINES} more."]
    body = "\n".join(lines)
    short = body if len(body) <= BODY else f"{body[: BODY - 1]}…"
    return Message(f"{NAME}: {plain(title)}", short, ranked[0].level)


def test_message() -> Message:
    return Message(
        f"{NAME}: test", "This is a test. Notifications of Stash2Plex arrive here.", INFO
    )


def plain(text: str) -> str:
    """One line, at most LINE characters, in which nothing opens markup."""
    line = " ".join(text.translate(_CONTROL).split())
    line = line if len(line) <= LINE else f"{line[: LINE - 1]}…"
    for mark in _OPENS:
        line = line.replace(mark, f"{mark[0]}{_BREAK}{mark[1:]}")
    return line
