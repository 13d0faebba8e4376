"""JSON documents of a few kilobytes, always whole and of a known version; damaged ones are set aside. Also
notes, which are shorter and only hints."""

import json
import os
from functools import partial
from pathlib import Path
from typing import Any

from disk import messages
from disk.quarantine import patiently, set_aside

Document = dict[str, Any]
# The text of each file as this process saw it last, beside what tells that it is another file now.
_seen: "dict[Path, tuple[tuple[int, ...], str]]" = {}


def read(path: Path, version: int, now: float) -> tuple[Document, str]:
    """Returns the document and a notice: (document, ''), or ({}, '') if there is no file.

    A damaged file is set aside, and the notice says so: ({}, a sentence). A document without a version
    has version 0. Raises SetupError if the version is later, or the file cannot be read.
    """
    try:
        document = json.loads(_text(path))
    except FileNotFoundError:
        return {}, ""
    except OSError as error:
        raise messages.unusable(path.name, error) from None
    except (ValueError, RecursionError) as error:
        return {}, _without(path, now, messages.why(error))
    if not isinstance(document, dict):
        return {}, _without(path, now, "it holds something else")
    _refuse_newer(document, path.name, version)
    return document | {"version": version}, ""


def write(path: Path, document: Document) -> None:
    """Replace the file as a whole: a reader sees the old or the new document, never a half.

    Only one process may write at a time. The next writer overwrites what a killed one left. Raises
    SetupError if the disk refuses it.
    """
    temporary = path.with_name(f"{path.name}.tmp")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        text = json.dumps(document, indent=1)
        _put(temporary, text)
        signature = _signature(temporary)  # a rename keeps it
        patiently(partial(os.replace, temporary, path))
        _seen[path] = signature, text
    except OSError as error:
        raise messages.unusable(path.name, error) from None


def put_note(path: "str | os.PathLike[str]", text: str) -> None:
    """Replace a small file as a whole. A power cut may lose it. Raises OSError."""
    fresh = f"{os.fspath(path)}.new"
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8", errors="surrogateescape") as file:
        file.write(text)
    patiently(partial(os.replace, fresh, path))


def _text(path: Path) -> str:
    """The text of the file. A process reads it again only after it was replaced."""
    signature = _signature(path)
    known, text = _seen.get(path, ((), ""))
    if known != signature:
        if path.is_dir():
            raise ValueError("it is a folder")
        text = patiently(partial(path.read_text, encoding="utf-8"))
        _seen[path] = signature, text
    return text


def _signature(path: Path) -> tuple[int, ...]:
    """Differs for each content: every writer replaces the file, so its inode changes."""
    status = path.stat()
    return status.st_ino, status.st_size, status.st_mtime_ns


def _put(path: Path, text: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _without(path: Path, now: float, why: str) -> str:
    """Set the damaged file aside. Returns a sentence about it."""
    notice = f"{path.name} could not be read ({why}) and is begun anew"
    try:
        name = set_aside(path, now)
    except OSError as error:
        return f"{notice}; it could not be moved ({messages.why(error)})"
    return f"{notice}; the old file is kept as {name}" if name else ""


def _refuse_newer(document: Document, name: str, version: int) -> None:
    known = document.get("version")
    at = known if isinstance(known, int) and known > 0 else 0
    if at > version:
        raise messages.newer(name, at, version)
