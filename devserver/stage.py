"""How the demo and the play box speak to a person: plain lines, dimmed log lines, a table."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from devserver.box import Box

ROOT = Path(__file__).resolve().parent.parent
WIDTH = 100
LINES = 6  # of the plugin's log per step; the rest is counted
DIM, BOLD, PLAIN = "\x1b[2m", "\x1b[1m", "\x1b[0m"


def coloured() -> bool:
    return (
        sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    )


def say(text: str = "", style: str = "") -> None:
    print(f"{style}{text}{PLAIN}" if style and coloured() else text, flush=True)


def cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


class Story:
    """Numbered steps, with what the plugin logged in each."""

    def __init__(self, box: Box) -> None:
        self._box = box
        self._step = 0
        self._logged = 0

    def step(self, title: str) -> None:
        self._step += 1
        self._logged = len(self._box.stash.logs)
        say()
        say(f"{self._step}. {title}", BOLD)

    def tell(self, text: str) -> None:
        say(f"   {text}")

    def log(self, lines: int = LINES) -> None:
        """What the plugin logged since the step began: the first lines and the last one."""
        found, self._logged = self._box.stash.logs[self._logged :], len(self._box.stash.logs)
        shown = [line for line in found if line.level not in ("debug", "trace")]
        head, last = shown[: lines - 1], shown[lines - 1 :][-1:]
        left = len(shown) - len(head) - len(last)
        for line in head:
            log_line(line)
        if left:
            say(f"   | … and {left} more", DIM)
        for line in last:
            log_line(line)


def log_line(line: Any) -> None:
    level = "" if line.level == "info" else f"{line.level}: "
    say(cut(f"   | {level}{line.text}", WIDTH), DIM)


def table(heads: Sequence[str], rows: Iterable[Sequence[Any]], width: int = 36) -> None:
    """Columns under heads, each as wide as its longest text."""
    texts = [[cut(_text(value), width) for value in row] for row in [heads, *rows]]
    widths = [max(len(row[at]) for row in texts) for at in range(len(heads))]
    for row in texts:
        say(
            "   "
            + "  ".join(text.ljust(size) for text, size in zip(row, widths, strict=True)).rstrip()
        )


def _text(value: Any) -> str:
    if isinstance(value, (list, tuple, set)):
        return ", ".join(map(str, value)) or "-"
    return str(value).replace("\n", " ") if value not in (None, "") else "-"


@contextmanager
def open_box(folder: Path | None = None, stash_port: int = 0, plex_port: int = 0) -> Iterator[Box]:
    """A box with the packaged plugin in it, below `folder` or in one that goes afterwards."""
    sys.path.insert(0, str(ROOT / "scripts"))
    import package

    with TemporaryDirectory(prefix="stash2plex-", ignore_cleanup_errors=True) as temporary:
        root = folder or Path(temporary)
        archive = package.build(root / "dist")
        with Box(root, archive, {"port": stash_port}, {"port": plex_port}) as box:
            box.stash.timeout = 600
            yield box
