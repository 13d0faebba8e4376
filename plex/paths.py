"""Paths of two servers: how a file that Stash names is called in Plex. Pure.

Separators, Unicode form and (on Windows) case may differ for one and the same file.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence

PathMap = Sequence[tuple[str, str]]

_WINDOWS = re.compile(r"[A-Za-z]:[\\/]|\\\\|//")


def is_windows(path: str) -> bool:
    """Drive letter or UNC: such paths have two separators and no case."""
    return bool(_WINDOWS.match(path))


def key(path: str) -> str:
    """The form in which two names of one file are equal; also the index's primary key."""
    plain = _slashes(path)
    composed = plain if plain.isascii() else unicodedata.normalize("NFC", plain)
    return composed.casefold() if is_windows(plain) else composed


def _slashes(path: str) -> str:
    # A backslash is an ordinary character in the name of a POSIX file.
    return path.replace("\\", "/") if is_windows(path) else path


def plex_path(path: str, path_map: PathMap) -> str:
    """Where Plex sees the file that Stash has at `path`: the longest prefix wins."""
    source = _slashes(path)
    for prefix, target in sorted(path_map, key=lambda pair: -len(pair[0])):
        rest = _below(source, prefix)
        if rest is not None:
            return _join(target, rest)
    return path


def _below(source: str, prefix: str) -> "str | None":
    """What of `source` lies below `prefix`, at a border between folders; None if it does not."""
    head = _slashes(prefix).rstrip("/")
    same = key(source[: len(head)]) == key(head)
    if not same and not source.isascii():
        source, head = unicodedata.normalize("NFC", source), unicodedata.normalize("NFC", head)
        same = source[: len(head)] == head
    rest = source[len(head) :]
    return rest.lstrip("/") if same and (rest.startswith("/") or not rest) else None


def _join(target: str, rest: str) -> str:
    separator = "\\" if "\\" in target else "/"
    if not rest:
        return target
    return target.rstrip("\\/") + separator + rest.replace("/", separator)


def candidates(paths: Iterable[str], path_map: PathMap) -> list[str]:
    """The index keys under which Plex may know any of the files, each once."""
    return list(dict.fromkeys(key(plex_path(path, path_map)) for path in paths))


def folder(path: str) -> str:
    """The parent folder, in the path's own separators."""
    cut = max(path.rfind("/"), path.rfind("\\") if is_windows(path) else -1)
    return path[:cut] if cut > 0 else path[: cut + 1]
