"""What decides of the scenes of a page, read once for the same bytes: a library that rests is told
apart by its pages, none of which is parsed."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from plex.client.outline import packed, unpacked
from plex.fields.item import whole_print
from plex.path_map import paths
from plex.state.database import Store
from stash import scene
from stash.page import Extent, Page


class Outline(NamedTuple):
    """By the ids of scenes: all that Stash says of one, as a number, and the index's keys of its
    files."""

    said: Mapping[int, int]
    keys: Mapping[int, list[str]]


class Outlines:
    """Keeps an outline for each page of a walk through all scenes; `rules` is what else decides."""

    def __init__(self, store: Store, rules: bytes, path_map: paths.PathMap) -> None:
        self._store, self._rules, self._path_map = store, rules, path_map
        rows = store.rows("SELECT after, print, size, last FROM walked")
        self._kept = {after: (print_, Extent(*extent)) for after, print_, *extent in rows}
        self._met: dict[int, int] = {}  # pages that are about to be asked for

    def known(self, after: int, body: bytes) -> "Extent | None":
        """The extent of a page that read the same before. Asked by whoever reads ahead."""
        self._met[after] = met = whole_print(self._rules, body)
        kept, extent = self._kept.get(after, (0, Extent(0, 0)))
        return extent if kept == _sealed(met, extent) else None

    def of(self, page: Page) -> Outline:
        """The page's outline, which is kept if the page was asked for as `known`."""
        met = self._met.pop(page.after, 0)
        if not met or page.unread:
            return self._read(page)
        seal = _sealed(met, page.extent)
        sql = "SELECT told FROM walked WHERE after = ?"
        is_known = self._kept.get(page.after) == (seal, page.extent)
        if is_known and (told := unpacked(self._store.value(sql, (page.after,)))):
            ids, said, keys = told
            return Outline(dict(zip(ids, said, strict=True)), dict(zip(ids, keys, strict=True)))
        outline = self._read(page)
        self._keep(page, seal, outline)
        return outline

    def _keep(self, page: Page, seal: int, outline: Outline) -> None:
        told = packed(
            [list(outline.said), list(outline.said.values()), list(outline.keys.values())]
        )
        size, last = page.extent
        with self._store.writing() as db:
            # Pages that began in between began there because other scenes were before them.
            db.execute("DELETE FROM walked WHERE after > ? AND after < ?", (page.after, last))
            row = page.after, last, size, seal, told
            db.execute("INSERT OR REPLACE INTO walked VALUES (?, ?, ?, ?, ?)", row)

    def _read(self, page: Page) -> Outline:
        return outline(page.rows, self._path_map)


def _sealed(met: int, extent: Extent) -> int:
    """The number to keep: with an extent that is damaged on disk it is another one, for a wrong
    one would leave scenes out, or ask for the same ones for ever."""
    return whole_print(b"%d %d %d" % (met, *extent))


def outline(rows: Mapping[int, Any], path_map: paths.PathMap) -> Outline:
    said = {number: whole_print(scene.said(row)) for number, row in rows.items()}
    return Outline(said, {number: _keys(row, path_map) for number, row in rows.items()})


def _keys(row: Mapping[str, Any], path_map: paths.PathMap) -> list[str]:
    """Its files by the index's keys; none of what is no scene, which whoever reads it will say."""
    try:
        files = scene.files(row)
    except ValueError:
        return []
    return paths.candidates((one.path for one in files), path_map)
