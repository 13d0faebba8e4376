"""Sends one message in a process of its own, which is killed when its time is over."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from app.notify.memory import Sent
from app.notify.message import Message
from app.notify.sender import TOO_LATE

SENDER = Path(__file__).with_name("sender.py")
SECONDS = 10.0  # for all addresses together, Python's start included
POLL = 0.25  # seconds between two looks whether other work waits
NOT_AWAITED = "not waited for, because other work came"


def send(
    message: Message,
    addresses: Sequence[str],
    is_needed: Callable[[], bool] = lambda: False,
    seconds: float = SECONDS,
) -> list[Sent]:
    """Send the message. Returns the result at each address after `seconds` at most. If `is_needed` says
    that this process is needed elsewhere, the sender goes on alone. Raises OSError if it cannot start."""
    given = {
        "addresses": list(addresses), "message": message._asdict(), "seconds": seconds,
        "path": list(sys.path),
    }  # fmt: skip
    said, missing = _said(json.dumps(given), is_needed, seconds)
    known = {row.number: row for row in said}
    numbers = range(1, len(addresses) + 1)
    return [known.get(number) or Sent(number, "", missing) for number in numbers]


def _said(given: str, is_needed: Callable[[], bool], seconds: float) -> tuple[list[Sent], str]:
    """The results so far, and why there are no others."""
    process = subprocess.Popen(
        [sys.executable, "-S", str(SENDER)], env=_surroundings(), stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8",
    )  # fmt: skip
    end, text = time.monotonic() + seconds, given
    while True:
        try:
            output, _ = process.communicate(text or None, timeout=POLL)
            return _read(output), TOO_LATE
        except subprocess.TimeoutExpired as waiting:
            text = ""  # it was sent
            if is_needed():
                return _read(_partial(waiting.output)), NOT_AWAITED
            if time.monotonic() >= end:
                process.kill()


def _surroundings() -> dict[str, str]:
    """The variables of this process, without those of Apprise, and without the key of Stash."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith("APPRISE") and name != "STASH_API_KEY"
    }


def _partial(output: "bytes | str | None") -> str:
    return output.decode("utf-8", "replace") if isinstance(output, bytes) else output or ""


def _read(output: str) -> list[Sent]:
    rows = [json.loads(line) for line in output.splitlines() if line.endswith("}")]
    return [Sent(row["number"], row["service"], row["problem"]) for row in rows]
