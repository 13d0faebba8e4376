"""What the product asks of Stash: scenes by id and by page, settings, covers."""

import copy
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeVar

import errors
from net.halving import by_halves
from net.session import Session, is_loopback
from stash import hook, scene
from stash.transport import Transport
from validation.image import is_cover

PAGE = 1000
AT_ONCE = 100  # scenes of a page that Stash cannot give as a whole
IN_A_ROW = 3  # bad scenes before any good one: the fault is Stash's
IMAGE_BYTES = 10 << 20  # Plex answers 500 to anything larger
Rows = dict[int, Any]  # by scene id, ascending
T = TypeVar("T")
# What reading an answer of another shape raises.
_SHAPES = (KeyError, TypeError, ValueError, AttributeError, OverflowError)


_PAGE = (
    "query Page($only: SceneFilterType, $filter: FindFilterType) "
    "{{ findScenes(scene_filter: $only, filter: $filter) {{ scenes {{ {fields} }} }} }} {fragment}"
)
# Kinds of what scenes show by way of something else: of a studio below it, and of a performer who
# has that tag; by what has to be known of a scene to show it.
BELOW, OF_PERFORMERS = "studio below", "tag of performers"
INDIRECT = {"studio": (scene.PARENTS, BELOW), "tag": (scene.PERFORMER_TAGS, OF_PERFORMERS)}


class SceneFilter(NamedTuple):
    """Which scenes a page walk visits: `updated_at` bounds are Stash's own strings, or None.

    `refs` is (kind, id) of what they show; kinds of INDIRECT are shown by way of something else.
    """

    since: "str | None" = None
    until: "str | None" = None
    refs: "tuple[str, int] | None" = None


EVERYTHING = SceneFilter()


class ScenePage(NamedTuple):
    """Rows by scene id, ascending; the id up to which the page reaches; how many scenes Stash has
    for it; and why it cannot give some of them, by id."""

    rows: Rows
    last: int
    size: int
    unread: Mapping[int, str] = {}


class StashApi:
    """Queries; Unreachable, Refused, Busy or SetupError when Stash has no answer to one."""

    def __init__(
        self,
        connection: Mapping[str, Any],
        connect: float = 5,
        read: float = 30,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        session = Session(connect, read, verify=not _is_here(connection))
        self._wire = Transport(connection, session, sleep)

    def beside(self) -> "StashApi":
        """The same Stash for another thread, over a connection of its own."""
        twin = copy.copy(self)
        twin._wire = self._wire.beside()
        return twin

    @property
    def base(self) -> str:
        return self._wire.base

    def settings(self, plugin_id: str) -> Any:
        """The plugin's settings map as the user saved it; {} before the first save."""
        query = "query Settings($ids: [ID!]) { configuration { plugins(include: $ids) } }"
        return self._asked(
            lambda data: (data["configuration"]["plugins"] or {}).get(plugin_id) or {},
            query, {"ids": [plugin_id]},
        )  # fmt: skip

    def version(self) -> str:
        """Stash's version, 'unknown' in unofficial builds."""
        query = "query Version { version { version } }"
        return self._asked(lambda data: str(data["version"]["version"] or "unknown"), query)

    def loaded_plugin(self, plugin_id: str) -> "dict[str, str]":
        """`version` and `url` of the plugin with this id that Stash has loaded; {} if it has none."""
        query = "query Loaded { plugins { id version url } }"
        rows = self._asked(lambda data: data["plugins"] or [], query)
        found = next((one for one in rows if one["id"] == plugin_id), None)
        return {name: str(found[name] or "") for name in ("version", "url")} if found else {}

    def config_dir(self) -> str:
        """Path of Stash's config file as Stash sees it."""
        query = "query ConfigPath { systemStatus { configPath } }"
        return self._asked(lambda data: str(data["systemStatus"]["configPath"] or ""), query)

    def scenes(self, ids: Sequence[int], extras: Collection[str] = ()) -> "dict[int, scene.Scene]":
        """The scenes that still exist, by id; with these of `scene.EXTRAS`.

        One alias per scene: `findScenes(ids:)` fails as a whole when one of them is gone.
        """
        found = self._by_id(ids, scene.fragment(extras))
        return {number: _scene(row, number, extras) for number, row in found.items()}

    def _by_id(self, ids: Sequence[int], fragment: str) -> dict[int, Any]:
        """The rows of these scenes, as far as Stash has them."""
        if not ids:
            return {}
        asked = " ".join(f"s{i}: findScene(id: $i{i}) {{ ...S }}" for i in range(len(ids)))
        declared = ", ".join(f"$i{i}: ID!" for i in range(len(ids)))
        query = f"query Scenes({declared}) {{ {asked} }} {fragment}"
        variables = {f"i{i}": str(number) for i, number in enumerate(ids)}
        return self._asked(
            lambda data: {n: data[f"s{i}"] for i, n in enumerate(ids) if data[f"s{i}"] is not None},
            query, variables,
        )  # fmt: skip

    def count(self, only: SceneFilter = EVERYTHING) -> int:
        """How many scenes `walk` would visit."""
        query = (
            "query Count($only: SceneFilterType) "
            "{ findScenes(scene_filter: $only, filter: {per_page: 1}) { count } }"
        )
        return self._asked(
            lambda data: int(data["findScenes"]["count"]), query, {"only": _criteria(only)}
        )

    def walk(
        self, only: SceneFilter = EVERYTHING, page: int = PAGE, extras: Collection[str] = ()
    ) -> "Iterator[list[scene.Scene]]":
        """Whole scenes in pages, by ascending id; a page is never lost when scenes come or go."""
        for one in self.pages(only, page, extras):
            yield self.read(one.rows, extras)

    def pages(
        self,
        only: SceneFilter = EVERYTHING,
        size: int = PAGE,
        extras: Collection[str] = (),
    ) -> Iterator[ScenePage]:
        """The same as Stash sends them, for `read`."""
        return self._pages("...S", scene.fragment(extras), only, size)

    def read(self, rows: Mapping[int, Any], extras: Collection[str] = ()) -> "list[scene.Scene]":
        """The scenes in rows of `pages` with the same `extras`."""
        return [_scene(row, number, extras) for number, row in rows.items()]

    def sample(self, pages: int = 5, page: int = 200) -> "list[scene.File]":
        """The files of some scenes, in pages spread over all ids."""
        rows = self._spread("files { path size }", "", pages, page)
        return self._read(lambda: [one for row in rows for one in scene.files(row)])

    def some(self, pages: int, page: int, extras: Collection[str] = ()) -> "list[scene.Scene]":
        """Some whole scenes, in pages spread over all ids."""
        rows = self._spread("...S", scene.fragment(extras), pages, page)
        return self._read(lambda: [_scene(row, scene.number(row["id"]), extras) for row in rows])

    def _spread(self, fields: str, fragment: str, pages: int, page: int) -> list[Any]:
        """The rows of some pages; of a small library those of all."""
        query = (
            "query Sample($filter: FindFilterType) "
            f"{{ findScenes(filter: $filter) {{ count scenes {{ {fields} }} }} }} {fragment}"
        )

        def asked(number: int) -> "tuple[list[Any], int]":
            window = {"sort": "id", "direction": "ASC", "per_page": page, "page": number}
            return self._asked(_sampled, query, {"filter": window})

        found, count = asked(1)
        last = -(-count // page)
        spread = {round(1 + at * (last - 1) / (pages - 1)) for at in range(1, pages)}
        for number in sorted(spread - {0, 1}):
            found += asked(number)[0]
        return found

    def walk_ids(self, only: SceneFilter, page: int = PAGE) -> "Iterator[list[int]]":
        """Only the ids, in pages."""
        for one in self._pages("id", "", only, page):
            yield list(one.rows)

    def _pages(
        self, fields: str, fragment: str, only: SceneFilter, size: int
    ) -> Iterator[ScenePage]:
        query = _PAGE.format(fields=fields, fragment=fragment)
        window = {"sort": "id", "direction": "ASC", "per_page": size}
        last = 0
        while True:
            variables = {"only": _criteria(only, after=last), "filter": window}
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
        ids, rows, unread = list(asked.rows), Rows(), dict[int, str]()
        parts = [ids[at : at + AT_ONCE] for at in range(0, len(ids), AT_ONCE)]
        ask = partial(self._by_id, fragment=fragment)
        for part, answer in by_halves(parts, ask, (errors.Busy,)):
            if not isinstance(answer, errors.Stash2PlexError):
                rows |= answer
                continue
            unread[part[0]] = str(answer)
            if not rows and (len(unread) == IN_A_ROW or part[0] == ids[-1]):
                raise answer
        return ScenePage(rows, asked.last, asked.size, unread)

    def _page(self, query: str, variables: Mapping[str, Any], after: int) -> ScenePage:
        rows = self._asked(_ascending, query, variables)
        if rows and next(iter(rows)) <= after:
            raise _unreadable("scenes that were asked for before")
        return ScenePage(rows, max(rows, default=after), len(rows))

    def newest_timestamp(self) -> "str | None":
        """The latest `updated_at` in Stash's own writing, None without scenes."""
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
        """What `read` finds in the answer; Busy when that has not the shape it should have."""
        data = self._wire.ask(query, variables)
        return self._read(lambda: read(data))

    def _read(self, read: Callable[[], T]) -> T:
        try:
            return read()
        except _SHAPES as error:
            raise _unreadable(type(error).__name__) from None

    def cover(self, one: scene.Scene) -> "bytes | None":
        """The cover's bytes; None when the scene has none (Stash then sends an SVG). Busy when what
        answers is no image at all, which says nothing about the cover."""
        if not one.has_cover:
            return None
        # Not the path of the URL that Stash gave: that may have a prefix of a proxy in it.
        kind, data = self._wire.image(f"/scene/{one.id}/screenshot", IMAGE_BYTES)
        if kind and not kind.startswith("image/"):
            raise _unreadable(f"the cover of scene {one.id} is {kind.partition(';')[0]}")
        return data if is_cover(kind, data) else None


def _refs(kind: str, number: int) -> dict[str, Any]:
    """The criterion of scenes that show it."""
    it = {"modifier": "INCLUDES", "value": [str(number)]}
    if kind == BELOW:
        return {"studios": it | {"depth": 1}}
    return {"performers_filter": {"tags": it}} if kind == OF_PERFORMERS else {f"{kind}s": it}


def _criteria(only: SceneFilter, after: int = 0) -> dict[str, Any]:
    criteria: dict[str, Any] = {"id": {"modifier": "GREATER_THAN", "value": after}}
    if only.since and only.until:
        criteria["updated_at"] = {"modifier": "BETWEEN", "value": only.since, "value2": only.until}
    elif only.since:
        criteria["updated_at"] = {"modifier": "GREATER_THAN", "value": only.since}
    if only.refs:
        criteria |= _refs(*only.refs)
    return criteria


def _ascending(data: Any) -> "dict[int, Any]":
    """The rows of a page by id. Otherwise than upwards this would be a walk without end."""
    rows = data["findScenes"]["scenes"]
    found = {scene.number(row["id"]): row for row in rows}
    if len(found) != len(rows) or list(found) != sorted(found):
        raise ValueError("not in order")
    return found


def _sampled(data: Any) -> "tuple[list[Any], int]":
    """The rows of a page, and how many scenes there are in all."""
    found = data["findScenes"]
    return list(found["scenes"]), int(found["count"])


def _scene(row: Any, number: int, extras: Collection[str]) -> scene.Scene:
    """The scene of that number."""
    try:
        found = scene.from_row(row, extras)
    except ValueError:
        raise _unreadable(f"scene {number}") from None
    if found.id != number:
        raise _unreadable(f"scene {found.id} instead of {number}")
    return found


def _unreadable(why: str) -> errors.Stash2PlexError:
    said = f"Stash sent an answer that cannot be read ({why})"
    return errors.Busy(said).of(errors.STASH, "unreadable")


def _is_here(connection: Mapping[str, Any]) -> bool:
    """Whether Stash runs on this machine: its own certificate is self-signed, and here there is
    nobody in between. It does if it started us; only a terminal brings an API key."""
    host, _ = hook.address(dict(connection))
    return "ApiKey" not in connection or is_loopback(host)
