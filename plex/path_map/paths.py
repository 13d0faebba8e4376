"""Translates paths of Stash into paths of Plex. Pure.

Separators, Unicode form and (on Windows) case may differ for the same file.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence

PathMap = Sequence[tuple[str, str]]


class Inferred(tuple[tuple[str, str], ...]):
    """A path map that the plugin inferred: a file matches only if its size is equal as well."""


_WINDOWS = re.compile(r"[A-Za-z]:[\\/]|\\\\|//")


def is_windows(path: str) -> bool:
    """Whether the path has a drive letter or is UNC. These paths have two separators and ignore case."""
    is_posix = path[:1] == "/" != path[1:2]  # spares most paths the expression
    return not is_posix and bool(_WINDOWS.match(path))


def key(path: str) -> str:
    """Returns the form in which two spellings of a path are equal. It is the key of the index."""
    if not is_windows(path):
        return _composed(path)
    return _caseless(_composed(path.replace("\\", "/")))


def _slashes(path: str) -> str:
    # In a POSIX name a backslash is an ordinary character.
    return path.replace("\\", "/") if is_windows(path) else path


def _composed(path: str) -> str:
    return path if path.isascii() else unicodedata.normalize("NFC", path)


def _caseless(path: str) -> str:
    """Ignores case as NTFS does: letter by letter, ß is not ss. Keeps the length."""
    if path.isascii():
        return path.upper()
    return "".join(up if len(up := char.upper()) == 1 else char for char in path)


def parts(path: str) -> list[str]:
    """Splits the path into root, folders and name. A drive or a server is a root."""
    pieces = _slashes(path).split("/")
    return ["//" + pieces[2], *pieces[3:]] if is_windows(path) and not pieces[0] else pieces


def joined(parts: Sequence[str], like: str) -> str:
    """Joins parts to a folder, with the separators of the path `like`."""
    text = "/".join(parts)
    if text == parts[0] and not text.startswith("//"):
        text += "/"  # the root of POSIX or of a drive
    return text.replace("/", "\\") if is_windows(like) and "\\" in like else text


def folded(part: str, windows: bool) -> str:
    """Returns the form in which two spellings of a folder name are equal."""
    return _caseless(_composed(part)) if windows else _composed(part)


def plex_path(path: str, path_map: PathMap) -> str:
    """Returns Plex's path of the file that Stash has at `path`. The longest prefix wins."""
    governing = _governing(path, path_map)
    return _join(governing[0][1], governing[1]) if governing else path


def pair_for(path: str, path_map: PathMap) -> "tuple[str, str] | None":
    """Returns the pair of the map that applies to `path`."""
    governing = _governing(path, path_map)
    return governing[0] if governing else None


def _governing(path: str, path_map: PathMap) -> "tuple[tuple[str, str], str] | None":
    """Returns the pair with the longest prefix of `path`, and the rest of the path."""
    for pair in sorted(path_map, key=lambda pair: -len(pair[0].rstrip("/\\"))):
        rest = _below(path, pair[0])
        if rest is not None:
            return pair, rest
    return None


def _below(path: str, prefix: str) -> "str | None":
    """Returns the part of `path` below the folder `prefix`, or None if it is not below."""
    windows, head = is_windows(path), prefix.rstrip("/")
    if not windows and path.isascii() and head.isascii():  # one spelling only
        rest = path[len(head) :]
        return rest.lstrip("/") if path.startswith(head) and rest[:1] in ("", "/") else None
    source = _slashes(path)
    head = (prefix.replace("\\", "/") if windows else prefix).rstrip("/")
    # Keeps the spelling if possible, since a scan asks Plex for the exact name of a folder.
    for form in (str, _composed):
        start, rest = form(source)[: len(form(head))], form(source)[len(form(head)) :]
        same = start == form(head)
        if windows:
            same = _caseless(start) == _caseless(form(head))
        if same and (not rest or rest.startswith("/")):
            return rest.lstrip("/")
    return None


def is_below(path: str, folder: str) -> bool:
    """Whether the file is in the folder, at any depth."""
    return _below(path, folder) is not None


def is_in(path: str, folders: Iterable[str]) -> bool:
    """Whether the file is in any of the folders."""
    return any(is_below(path, folder) for folder in folders)


def _join(target: str, rest: str) -> str:
    separator = "\\" if "\\" in target else "/"
    if not rest:
        return target
    return target.rstrip("\\/") + separator + rest.replace("/", separator)


def candidates(paths: Iterable[str], path_map: PathMap) -> list[str]:
    """Returns the index keys under which Plex may have the files, each once."""
    return list(dict.fromkeys(key(plex_path(path, path_map)) for path in paths))


def endings(path: str, path_map: PathMap) -> list[str]:
    """Returns what a path of Stash ends with if the file is Plex's `path`: the part below a folder of the
    map, or the whole path. In both Unicode forms."""
    rests = [f"/{rest}" for _, folder in path_map if (rest := _below(path, folder))] or [path]
    forms = (unicodedata.normalize(form, rest) for rest in rests for form in ("NFC", "NFD"))
    return list(dict.fromkeys(forms))


def climbs(path: str) -> bool:
    """Whether the path contains `..`: only the other machine knows where such a path ends."""
    return ".." in _slashes(path).split("/")


def folder(path: str) -> str:
    """Returns the parent folder with the path's separators. A drive keeps the separator of its root."""
    cut = max(path.rfind("/"), path.rfind("\\") if is_windows(path) else -1)
    return path[: cut + 1] if cut == 0 or path[:cut].endswith(":") else path[: max(cut, 0)]
