"""A sign-in to Plex that is not over: the PIN, and later the token, in a file that only its owner may read.
The file goes when the sign-in ends, is given up or expires. The browser knows only the `id`."""

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import errors
from disk import json_file, messages
from stash import stdio

FILE, CLIENT = "sign_in.json", "plex_client"
LONGEST = 1800.0  # seconds from the first press to the saved settings
OVER = "The sign-in has expired. Sign in again."


@dataclass
class SignIn:
    """`servers` has the token and the answering addresses of each server that the account owns, by its
    identifier. `address` is of the chosen one."""

    id: str
    pin: int
    ends: float
    token: str = ""
    servers: dict[str, dict[str, Any]] = field(default_factory=dict)
    machine: str = ""
    address: str = ""


def begin(data_dir: str, pin: int, seconds: float, now: float) -> SignIn:
    """Note a new sign-in. One that was begun before is over."""
    given = SignIn(os.urandom(18).hex(), pin, now + min(seconds, LONGEST))
    _hide(given)
    json_file.write(Path(data_dir) / FILE, asdict(given))
    return given


def load(data_dir: str, id: str, now: float) -> SignIn:
    """The sign-in with this id. Raises SetupError if it is over, or if another one was begun."""
    tidy(data_dir, now)
    found = _read(data_dir)
    if found is None:
        raise errors.SetupError(OVER)
    if found.id != id:
        raise errors.SetupError("Another sign-in was begun. Go on with that one, or sign in again.")
    _hide(found)
    return found


def keep(data_dir: str, given: SignIn) -> None:
    """Note how far the sign-in is, unless it was given up meanwhile. Raises SetupError then."""
    _hide(given)
    now = _read(data_dir)
    if now is None or now.id != given.id:
        raise errors.SetupError(OVER)
    json_file.write(Path(data_dir) / FILE, asdict(given))


def end(data_dir: str) -> None:
    """Forget the sign-in."""
    for name in (FILE, f"{FILE}.tmp"):
        try:
            Path(data_dir, name).unlink(missing_ok=True)
        except OSError as error:
            raise messages.unusable(FILE, error) from None


def tidy(data_dir: str, now: float) -> None:
    """Forget a sign-in that has expired, or cannot be read. After the clock was set back it counts as
    expired, too."""
    if any(os.path.exists(os.path.join(data_dir, name)) for name in (FILE, f"{FILE}.tmp")):
        found = _read(data_dir)
        if found is None or not now < found.ends <= now + LONGEST:
            end(data_dir)


def client(data_dir: str) -> str:
    """The identifier under which plex.tv knows this installation. It is not the same everywhere: whoever
    knows it and the number of a PIN gets the token of that PIN."""
    path = Path(data_dir) / CLIENT
    with suppress(OSError, ValueError):
        known = path.read_text(encoding="ascii").strip()
        if known.isascii() and known.startswith("stash2plex-") and len(known) < 100:
            return known
    made = f"stash2plex-{os.urandom(16).hex()}"
    try:
        json_file.put_note(path, made)
    except OSError as error:
        raise messages.unusable(CLIENT, error) from None
    return made


def _read(data_dir: str) -> "SignIn | None":
    try:
        return SignIn(**json.loads(Path(data_dir, FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _hide(given: SignIn) -> None:
    """From now on the log and the answers mask these."""
    for secret in (given.token, str(given.pin), *(row["token"] for row in given.servers.values())):
        stdio.hide(secret)
