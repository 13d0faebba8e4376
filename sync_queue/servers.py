"""Which Plex server's memory is in force. Each server has a folder of its own, and the first one has
the data dir itself: what is remembered of one server is never applied to another, and is whole when
that server comes back."""

import os
from hashlib import blake2b
from pathlib import Path

from disk import messages
from disk.json_file import put_note
from disk.lock import FileLock
from sync_queue.inbox import SERVER, SERVERS, make_private

LONGEST = 64  # characters of a folder's name


def enter(data_dir: "str | os.PathLike[str]", machine: str, present: str, url: str) -> str:
    """Put the memory of the server `machine`, met at `url`, in force, and give its folder. `present`
    is the server that the memory in force belongs to. SetupError when the disk does not take it."""
    first = _first(data_dir) or present
    name, path = _name(machine, first), Path(data_dir) / SERVER
    try:
        with FileLock(path.with_name(f"{SERVER}.lock")):
            put_note(path, f"{name}\n{first}\n{_digest(url)}\n")
    except OSError as error:
        raise messages.unusable(SERVER, error) from None
    return folder(data_dir, machine, first)


def folder(data_dir: "str | os.PathLike[str]", machine: str, present: str) -> str:
    """Where the memory of the server `machine` is, in force or not; made if it is not there."""
    name = _name(machine, _first(data_dir) or present)
    found = os.path.join(data_dir, *name.split("/")) if name else os.fspath(data_dir)
    try:
        make_private(found)
    except OSError as error:
        raise messages.unusable(SERVERS, error) from None
    return found


def _name(machine: str, first: str) -> str:
    return "" if machine == first else f"{SERVERS}/{_leaf(machine)}"


def may_be_another(data_dir: "str | os.PathLike[str]", url: str) -> bool:
    """Whether there are several servers, and the one in force was met at another address."""
    met_at = _line(data_dir, 2)
    return bool(met_at) and met_at != _digest(url)


def in_force(data_dir: "str | os.PathLike[str]", known: str) -> str:
    """The server whose memory is in force: the one that this memory knows, or else, after it was
    lost, the one whose folder it is. '' while none was met."""
    leaf = _line(data_dir, 0).rpartition("/")[2]
    return known or leaf or _first(data_dir)


def _first(data_dir: "str | os.PathLike[str]") -> str:
    """The server whose memory is in the data dir itself; '' while no other one was ever met."""
    return _line(data_dir, 1)


def _line(data_dir: "str | os.PathLike[str]", number: int) -> str:
    try:
        lines = (Path(data_dir) / SERVER).read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return ""
    return lines[number] if len(lines) > number else ""


def _digest(url: str) -> str:
    """Only to tell addresses apart: some people paste a token with theirs."""
    return blake2b(url.encode("utf-8", "replace"), digest_size=8).hexdigest()


def _leaf(machine: str) -> str:
    """The identifier is a word of hexadecimal digits, unless something else answers for Plex."""
    if machine.isascii() and machine.isalnum() and len(machine) <= LONGEST:
        return machine
    return blake2b(machine.encode("utf-8", "replace"), digest_size=20).hexdigest()
