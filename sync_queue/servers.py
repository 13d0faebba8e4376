"""Which Plex server's state is in use. The first server's state is in the data dir, every other server has
a folder of its own. State of one server is never applied to another, and is there again when that server
comes back."""

import os
from hashlib import blake2b
from pathlib import Path

from disk import messages
from disk.json_file import put_note
from disk.lock import FileLock
from sync_queue.inbox import SERVER, SERVERS, make_private

LONGEST = 64  # characters of a folder's name


def enter(data_dir: "str | os.PathLike[str]", machine: str, present: str, url: str) -> str:
    """Make the state of the server `machine` at `url` the current one. Returns its folder. `present` is the
    server of the state that is current now. Raises SetupError if the disk refuses it."""
    first = _first(data_dir) or present
    name, path = _name(machine, first), Path(data_dir) / SERVER
    try:
        with FileLock(path.with_name(f"{SERVER}.lock")):
            put_note(path, f"{name}\n{first}\n{_digest(url)}\n")
    except OSError as error:
        raise messages.unusable(SERVER, error) from None
    return folder(data_dir, machine, first)


def folder(data_dir: "str | os.PathLike[str]", machine: str, present: str) -> str:
    """The folder with the state of the server `machine`, made if it is missing."""
    name = _name(machine, _first(data_dir) or present)
    path = os.path.join(data_dir, *name.split("/")) if name else os.fspath(data_dir)
    try:
        make_private(path)
    except OSError as error:
        raise messages.unusable(SERVERS, error) from None
    return path


def _name(machine: str, first: str) -> str:
    return "" if machine == first else f"{SERVERS}/{_leaf(machine)}"


def may_be_another(data_dir: "str | os.PathLike[str]", url: str) -> bool:
    """Whether there are several servers, and the current one had another address."""
    met_at = _line(data_dir, 2)
    return bool(met_at) and met_at != _digest(url)


def current(data_dir: "str | os.PathLike[str]", known: str) -> str:
    """The server of the current state: the one that the store knows or, after the store was lost, the one
    that the folder is named after. '' before any server was met."""
    leaf = _line(data_dir, 0).rpartition("/")[2]
    return known or leaf or _first(data_dir)


def _first(data_dir: "str | os.PathLike[str]") -> str:
    """The server whose state is in the data dir itself; '' before a second server was met."""
    return _line(data_dir, 1)


def _line(data_dir: "str | os.PathLike[str]", number: int) -> str:
    try:
        lines = (Path(data_dir) / SERVER).read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return ""
    return lines[number] if len(lines) > number else ""


def _digest(url: str) -> str:
    """A hash that tells addresses apart. Some people paste an address with a token."""
    return blake2b(url.encode("utf-8", "replace"), digest_size=8).hexdigest()


def _leaf(machine: str) -> str:
    """The folder's name. An identifier of Plex is hexadecimal; another program may answer with any text."""
    if machine.isascii() and machine.isalnum() and len(machine) <= LONGEST:
        return machine
    return blake2b(machine.encode("utf-8", "replace"), digest_size=20).hexdigest()
