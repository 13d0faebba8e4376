"""Asks Stash for scenes by id and by page, for settings, and for covers."""

import copy
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeVar

import errors
from net.retry import by_halves
from stash import queries, scene
from stash.queries import EVERYTHING, SceneFilter, criteria
from stash.transport import Transport, is_cover

PAGE = 1000
AT_ONCE = 100  # scenes of a page that Stash cannot give as a whole
ENDINGS = 25  # paths in one question: Stash compares each with all its files
IN_A_ROW = 3  # bad scenes before any good one: the fault is Stash's
IMAGE_BYTES = 10 << 20  # Plex answers 500 to anything larger
Rows = dict[int, Any]  # by scene id, ascending
T = TypeVar("T")
# Errors that the reading of an answer with another shape raises.
_SHAPES = (KeyError, TypeError, ValueError, AttributeError, OverflowError)


_PAGE = (
    "query Page($only: SceneFilterType, $filter: FindFilterType) "
    "{{ findScenes(scene_filter: $only, filter: $filter) {{ scenes {{ {fields} }} }} }} {fragment}"
)


class ScenePage(NamedTuple):
    """A page of scenes as Stash sends them."""

    rows: Rows
    last: int  # the id up to which the page reaches
    size: int  # scenes in the page, with those that Stash cannot give
    unread: Mapping[int, str] = {}  # scene id -> why Stash cannot give it


class StashApi:
    """Asks one Stash. Every method raises Unreachable, Refused, Busy or SetupError if it gets no usable
    answer."""

    def __init__(
        self,
        connection: Mapping[str, Any],
        connect: float = 5,
        read: float = 30,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._transport = Transport(connection, connect, read, sleep)

    def beside(self) -> "StashApi":
        """Returns the same Stash for another thread, with its own connection."""
        twin = copy.copy(self)
        twin._transport = self._transport.beside()
        return twin

    @property
    def base(self) -> str:
        return self._transport.base

    def settings(self, plugin_id: str) -> Any:
        """Returns the plugin's settings as the user saved them; {} before the first save."""
        query = "query Settings($ids: [ID!]) { configuration { plugins(include: $ids) } }"
        return self._asked(
            lambda data: (data["configuration"]["plugins"] or {}).get(plugin_id) or {},
            query, {"ids": [plugin_id]},
        )  # fmt: skip

    def change_settings(self, plugin_id: str, changed: Mapping[str, Any]) -> None:
        """Saves these settings of the plugin. Stash replaces the whole map, so the others are read first.
        Raises Busy when Stash does not show them afterwards."""
        wanted = {**self.settings(plugin_id), **changed}
        kept = self._saved_settings(plugin_id, wanted)
        if any(kept.get(name) != value for name, value in wanted.items()):
            raise errors.Busy("Stash did not keep the settings: save them again").of(errors.STASH)

    def forget_settings(self, plugin_id: str, names: Collection[str]) -> None:
        """Removes these settings of the plugin and keeps the others. Raises Busy when Stash shows one of
        them afterwards, or lacks another."""
        known = self.settings(plugin_id)
        wanted = {name: value for name, value in known.items() if name not in names}
        if self._saved_settings(plugin_id, wanted) != wanted:
            raise errors.Busy("Stash did not remove the settings: try again").of(errors.STASH)

    def _saved_settings(self, plugin_id: str, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """Replaces the whole map of settings. Returns the map that Stash shows afterwards."""
        query = (
            "mutation Save($id: ID!, $map: Map!) { configurePlugin(plugin_id: $id, input: $map) }"
        )
        self._transport.ask(query, {"id": plugin_id, "map": dict(wanted)})
        return self.settings(plugin_id)

    def version(self) -> str:
        """Returns Stash's version, 'unknown' for unofficial builds."""
        query = "query Version { version { version } }"
        return self._asked(lambda data: str(data["version"]["version"] or "unknown"), query)

    def loaded_plugin(self, plugin_id: str) -> "dict[str, str]":
        """Returns `version` and `url` of the loaded plugin with this id; {} without one."""
        query = "query Loaded { plugins { id version url } }"
        rows = self._asked(lambda data: data["plugins"] or [], query)
        plugin = next((row for row in rows if row["id"] == plugin_id), None)
        return {name: str(plugin[name] or "") for name in ("version", "url")} if plugin else {}

    def scenes(self, ids: Sequence[int], extras: Collection[str] = ()) -> "dict[int, scene.Scene]":
        """Returns the scenes that still exist, by id, with these of `scene.EXTRAS`."""
        rows = self._by_id(ids, scene.fragment(extras))
        return {number: _scene(row, number, extras) for number, row in rows.items()}

    def _by_id(self, ids: Sequence[int], fragment: str) -> dict[int, Any]:
        """Returns the rows of the scenes that still exist."""
        if not ids:
            return {}
        # One alias per scene: `findScenes(ids:)` fails as a whole when a scene is gone.
        asked = " ".join(f"s{i}: findScene(id: $i{i}) {{ ...S }}" for i in range(len(ids)))
        declared = ", ".join(f"$i{i}: ID!" for i in range(len(ids)))
        query = f"query Scenes({declared}) {{ {asked} }} {fragment}"
        variables = {f"i{i}": str(number) for i, number in enumerate(ids)}
        return self._asked(
            lambda data: {n: data[f"s{i}"] for i, n in enumerate(ids) if data[f"s{i}"] is not None},
            query, variables,
        )  # fmt: skip

    def count(self, only: SceneFilter = EVERYTHING) -> int:
        """Returns the number of scenes that `walk` visits."""
        query = (
            "query Count($only: SceneFilterType) "
            "{ findScenes(scene_filter: $only, filter: {per_page: 1}) { count } }"
        )
        variables = {"only": criteria(only)}
        return self._asked(lambda data: int(data["findScenes"]["count"]), query, variables)

    def walk(
        self, only: SceneFilter = EVERYTHING, page: int = PAGE, extras: Collection[str] = ()
    ) -> "Iterator[list[scene.Scene]]":
        """Yields whole scenes in pages, by ascending id. Skips no scene when others come or go."""
        for found in self.pages(only, page, extras):
            yield self.read(found.rows, extras)

    def pages(
        self, only: SceneFilter = EVERYTHING, size: int = PAGE, extras: Collection[str] = ()
    ) -> Iterator[ScenePage]:
        """Yields the pages as Stash sends them, for `read`."""
        return self._pages(scene.fragment(extras), only, size)

    def pages_of(self, ids: Sequence[int], extras: Collection[str] = ()) -> Iterator[ScenePage]:
        """Yields the pages with these scenes, as far as they still exist."""
        fragment = scene.fragment(extras)
        query = f"query These($ids: [ID!]) {{ findScenes(ids: $ids) {{ scenes {{ ...S }} }} }} {fragment}"
        for at in range(0, len(ids), PAGE):
            some, unread = ids[at : at + PAGE], dict[int, str]()
            try:  # fails as a whole when a scene is gone
                rows = self._asked(_by_number, query, {"ids": [str(number) for number in some]})
            except errors.Busy:
                rows, unread = self._readable(some, fragment)
            yield ScenePage(rows, max(some), len(rows), unread)

    def recent(
        self, kinds: Sequence[str] = queries.KINDS, page: int = 1
    ) -> "dict[str, queries.Recent]":
        """Returns a page of each kind, newest first."""
        return self._asked(lambda data: queries.read(kinds, data), queries.query(kinds, page))

    def ids_ending(self, endings: Sequence[str]) -> list[int]:
        """Returns the scenes that may have a file whose path ends like this, below any folder."""
        found: set[int] = set()
        for at in range(0, len(endings), ENDINGS):
            some = endings[at : at + ENDINGS]
            found.update(
                self._asked(queries.ids, queries.ending_query(len(some)), queries.variables(some))
            )
        return sorted(found)

    def read(self, rows: Mapping[int, Any], extras: Collection[str] = ()) -> "list[scene.Scene]":
        """Returns the scenes in rows of `pages` with the same `extras`."""
        return [_scene(row, number, extras) for number, row in rows.items()]

    def sample(self, pages: int = 5, page: int = 200) -> "list[scene.File]":
        """Returns the files of some scenes, from pages spread over all ids."""
        rows = self._spread("files { path size }", "", pages, page)
        return self._read(lambda: [file for row in rows for file in scene.files(row)])

    def some(self, pages: int, page: int, extras: Collection[str] = ()) -> "list[scene.Scene]":
        """Returns some whole scenes, from pages spread over all ids."""
        rows = self._spread("...S", scene.fragment(extras), pages, page)
        return self._read(lambda: [_scene(row, scene.number(row["id"]), extras) for row in rows])

    def _spread(self, fields: str, fragment: str, pages: int, page: int) -> list[Any]:
        """Returns the rows of some pages, or of all pages of a small library."""
        query = (
            "query Sample($filter: FindFilterType) "
            f"{{ findScenes(filter: $filter) {{ count scenes {{ {fields} }} }} }} {fragment}"
        )

        def ask(number: int) -> "tuple[list[Any], int]":
            window = {"sort": "id", "direction": "ASC", "per_page": page, "page": number}
            return self._asked(_sampled, query, {"filter": window})

        rows, count = ask(1)
        last = -(-count // page)
        spread = {round(1 + at * (last - 1) / (pages - 1)) for at in range(1, pages)}
        for number in sorted(spread - {0, 1}):
            rows += ask(number)[0]
        return rows

    def walk_ids(self, only: SceneFilter, page: int = PAGE) -> "Iterator[list[int]]":
        """Yields only the ids, in pages."""
        for found in self._pages("", only, page):
            yield list(found.rows)

    def _pages(self, fragment: str, only: SceneFilter, size: int) -> Iterator[ScenePage]:
        """Yields pages of whole scenes, or with an empty fragment of their ids."""
        query = _PAGE.format(fields="...S" if fragment else "id", fragment=fragment)
        window = {"sort": "id", "direction": "ASC", "per_page": size}
        last = 0
        while True:
            variables = {"only": criteria(only, after=last), "filter": window}
            try:
                page = self._page(query, variables, last)
            except errors.Busy:
                if not fragment:
                    raise
                page = self._partial_page(fragment, variables, last)
            if page.size:
                yield page
            if page.size < size:
                return
            last = page.last

    def _partial_page(self, fragment: str, variables: Mapping[str, Any], after: int) -> ScenePage:
        """Returns what Stash gives of a page that it cannot give as a whole. Raises if it gives no
        scene of it."""
        asked = self._page(_PAGE.format(fields="id", fragment=""), variables, after)
        if not asked.rows:
            return asked
        rows, unread = self._readable(list(asked.rows), fragment)
        return ScenePage(rows, asked.last, asked.size, unread)

    def _readable(self, ids: Sequence[int], fragment: str) -> "tuple[Rows, dict[int, str]]":
        """Returns what Stash gives of these scenes, and why it cannot give the others. Raises if it gives
        none of them."""
        rows, unread = Rows(), dict[int, str]()
        parts = [ids[at : at + AT_ONCE] for at in range(0, len(ids), AT_ONCE)]
        ask = partial(self._by_id, fragment=fragment)
        for part, answer in by_halves(parts, ask, (errors.Busy,)):
            if not isinstance(answer, errors.Stash2PlexError):
                rows |= answer
                continue
            unread[part[0]] = str(answer)
            if not rows and (len(unread) == IN_A_ROW or part[0] == ids[-1]):
                raise answer
        return rows, unread

    def _page(self, query: str, variables: Mapping[str, Any], after: int) -> ScenePage:
        rows = self._asked(_ascending, query, variables)
        if rows and next(iter(rows)) <= after:
            raise _unreadable("scenes that were asked for before")
        return ScenePage(rows, max(rows, default=after), len(rows))

    def newest_timestamp(self) -> "str | None":
        """Returns the latest `updated_at` as Stash writes it, None without scenes."""
        query = (
            "query Newest($filter: FindFilterType) "
            "{ findScenes(filter: $filter) { scenes { updated_at } } }"
        )
        window = {"sort": "updated_at", "direction": "DESC", "per_page": 1}
        return self._asked(
            lambda data: next((str(r["updated_at"] or "") for r in data["findScenes"]["scenes"]), None),
            query, {"filter": window},
        )  # fmt: skip

    def _asked(
        self, read: Callable[[Any], T], query: str, variables: "Mapping[str, Any] | None" = None
    ) -> T:
        """Returns what `read` takes from the answer. Raises Busy when the answer has another shape."""
        data = self._transport.ask(query, variables)
        return self._read(lambda: read(data))

    def _read(self, read: Callable[[], T]) -> T:
        try:
            return read()
        except _SHAPES as error:
            raise _unreadable(type(error).__name__) from None

    def cover(self, one: scene.Scene) -> "bytes | None":
        """Returns the bytes of the cover; None when the scene has none (Stash then sends an SVG).
        Raises Busy when the answer is no image, which proves nothing about the cover."""
        if not one.has_cover:
            return None
        # Not the path in the URL of Stash, which may contain the prefix of a proxy.
        kind, data = self._transport.image(f"/scene/{one.id}/screenshot", IMAGE_BYTES)
        if kind and not kind.startswith("image/"):
            raise _unreadable(f"the cover of scene {one.id} is {kind.partition(';')[0]}")
        return data if is_cover(kind, data) else None


def _by_number(data: Any) -> Rows:
    return {scene.number(row["id"]): row for row in data["findScenes"]["scenes"]}


def _ascending(data: Any) -> "dict[int, Any]":
    """Returns the rows of a page by id. In another order a walk would have no end."""
    rows = data["findScenes"]["scenes"]
    by_id = {scene.number(row["id"]): row for row in rows}
    if len(by_id) != len(rows) or list(by_id) != sorted(by_id):
        raise ValueError("not in order")
    return by_id


def _sampled(data: Any) -> "tuple[list[Any], int]":
    """Returns the rows of a page, and the number of all scenes."""
    answer = data["findScenes"]
    return list(answer["scenes"]), int(answer["count"])


def _scene(row: Any, number: int, extras: Collection[str]) -> scene.Scene:
    """Returns the scene in the row, which must have this id."""
    try:
        read = scene.from_row(row, extras)
    except ValueError:
        raise _unreadable(f"scene {number}") from None
    if read.id != number:
        raise _unreadable(f"scene {read.id} instead of {number}")
    return read


def _unreadable(why: str) -> errors.Stash2PlexError:
    words = f"Stash sent an answer that cannot be read ({why})"
    return errors.Busy(words).of(errors.STASH, "unreadable")
