"""Paths of two servers: how a file that Stash names is called in Plex. Pure.

Separators, Unicode form and (on Windows) case may differ for one and the same file.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence

PathMap = Sequence[tuple[str, str]]


class Inferred(tuple[tuple[str, str], ...]):
    """A path map that nobody set: the file that it leads to has to have the same size as well."""


_WINDOWS = re.compile(r"[A-Za-z]:[\\/]|\\\\|//")


def is_windows(path: str) -> bool:
    """Drive letter or UNC: such paths have two separators and no case."""
    return bool(_WINDOWS.match(path))


def key(path: str) -> str:
    """The form in which two names of one file are equal; also the index's primary key."""
    plain = _composed(_slashes(path))
    return _caseless(plain) if is_windows(path) else plain


def _slashes(path: str) -> str:
    # A backslash is an ordinary character in the name of a POSIX file.
    return path.replace("\\", "/") if is_windows(path) else path


def _composed(path: str) -> str:
    return path if path.isascii() else unicodedata.normalize("NFC", path)


def _caseless(path: str) -> str:
    """As NTFS compares names: letter by letter, so that ß is not ss. Keeps the length."""
    if path.isascii():
        return path.upper()
    return "".join(up if len(up := char.upper()) == 1 else char for char in path)


def parts(path: str) -> list[str]:
    """Its folders from the root on and its name, as they are spelt; a drive or a server is a root."""
    found = _slashes(path).split("/")
    return ["//" + found[2], *found[3:]] if is_windows(path) and not found[0] else found


def joined(some: Sequence[str], like: str) -> str:
    """The folder of these parts, in the separators of the path `like`."""
    text = "/".join(some)
    if text == some[0] and not text.startswith("//"):
        text += "/"  # the root itself, of POSIX or of a drive
    return text.replace("/", "\\") if is_windows(like) and "\\" in like else text


def folded(part: str, windows: bool) -> str:
    """The form in which two names of one folder are equal."""
    return _caseless(_composed(part)) if windows else _composed(part)


def plex_path(path: str, path_map: PathMap) -> str:
    """Where Plex sees the file that Stash has at `path`: the longest prefix wins."""
    found = _governing(path, path_map)
    return _join(found[0][1], found[1]) if found else path


def pair_for(path: str, path_map: PathMap) -> "tuple[str, str] | None":
    """The pair of the map that `path` falls under."""
    found = _governing(path, path_map)
    return found[0] if found else None


def _governing(path: str, path_map: PathMap) -> "tuple[tuple[str, str], str] | None":
    """The pair with the longest prefix of `path`, and what lies below that."""
    for pair in _longest_first(path_map):
        rest = _below(path, pair[0])
        if rest is not None:
            return pair, rest
    return None


def _longest_first(path_map: PathMap) -> Sequence[tuple[str, str]]:
    if len(path_map) < 2:
        return path_map
    return sorted(path_map, key=lambda pair: -len(pair[0].rstrip("/\\")))


def _below(path: str, prefix: str) -> "str | None":
    """What of `path` lies below `prefix`, at a border between folders; None if it does not."""
    source = _slashes(path)
    head = (prefix.replace("\\", "/") if is_windows(path) else prefix).rstrip("/")
    # As it is spelt if possible: a scan asks Plex for the folder's very name.
    for form in (str, _composed):
        start, rest = form(source)[: len(form(head))], form(source)[len(form(head)) :]
        same = start == form(head)
        if is_windows(path):
            same = _caseless(start) == _caseless(form(head))
        if same and (not rest or rest.startswith("/")):
            return rest.lstrip("/")
    return None


def is_below(path: str, folder: str) -> bool:
    """Whether the file lies in that folder, at any depth."""
    return _below(path, folder) is not None


def _join(target: str, rest: str) -> str:
    separator = "\\" if "\\" in target else "/"
    if not rest:
        return target
    return target.rstrip("\\/") + separator + rest.replace("/", separator)


def candidates(paths: Iterable[str], path_map: PathMap) -> list[str]:
    """The index keys under which Plex may know any of the files, each once."""
    return list(dict.fromkeys(key(plex_path(path, path_map)) for path in paths))


def climbs(path: str) -> bool:
    """Whether a part of the path leads upwards: where it ends, only the other machine knows."""
    return ".." in _slashes(path).split("/")


def folder(path: str) -> str:
    """The parent folder, in the path's own separators; the root of a drive keeps its own."""
    cut = max(path.rfind("/"), path.rfind("\\") if is_windows(path) else -1)
    return path[: cut + 1] if cut == 0 or path[:cut].endswith(":") else path[: max(cut, 0)]
