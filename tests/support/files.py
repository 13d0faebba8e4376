"""Files below a folder, for the tests that infer a path map."""

from __future__ import annotations

from plex.path_map.file_pairs import File

NAMES = ("a.mp4", "x/b.mp4", "x/c.mp4", "y/d.mp4", "y/z/e.mp4")


def below(folder, names=NAMES, first=1000):
    """Files in the separators of their folder, each with a size of its own."""
    separator = "\\" if "\\" in folder else "/"
    head = folder.rstrip("\\/") + separator
    return [File(head + n.replace("/", separator), first + i) for i, n in enumerate(names)]
