"""What the product asks of Stash: scenes by id and by page, settings, covers."""

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import errors
from net.place import is_loopback
from net.session import Session
from stash import hook, scene
from stash.transport import Transport

PAGE = 1000
IMAGE_BYTES = 10 << 20  # Plex answers 500 to anything larger
IMAGE_TYPES = ("image/jpeg", "image/png", "image/webp", "image/gif")


class SceneFilter(NamedTuple):
    """Which scenes a page walk visits: `updated_at` bounds are Stash's own strings, or None."""

    since: "str | None" = None
    until: "str | None" = None
    refs: "tuple[str, int] | None" = None


EVERYTHING = SceneFilter()


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

    @property
    def base(self) -> str:
        return self._wire.base

    def settings(self, plugin_id: str) -> Any:
        """The plugin's settings map as the user saved it; {} before the first save."""
        query = "query Settings($ids: [ID!]) { configuration { plugins(include: $ids) } }"
        plugins = self._wire.ask(query, {"ids": [plugin_id]})["configuration"]["plugins"]
        return (plugins or {}).get(plugin_id) or {}

    def version(self) -> str:
        """Stash's version, 'unknown' in unofficial builds."""
        return (
            self._wire.ask("query Version { version { version } }")["version"]["version"]
            or "unknown"
        )

    def config_dir(self) -> str:
        """Path of Stash's config file as Stash sees it."""
        query = "query ConfigPath { systemStatus { configPath } }"
        return self._wire.ask(query)["systemStatus"]["configPath"] or ""

    def scenes(self, ids: Sequence[int], extras: Collection[str] = ()) -> "dict[int, scene.Scene]":
        """The scenes that still exist, by id; with these of `scene.EXTRAS`.

        One alias per scene: `findScenes(ids:)` fails as a whole when one of them is gone.
        """
        if not ids:
            return {}
        asked = " ".join(f"s{i}: findScene(id: $i{i}) {{ ...S }}" for i in range(len(ids)))
        declared = ", ".join(f"$i{i}: ID!" for i in range(len(ids)))
        query = f"query Scenes({declared}) {{ {asked} }} {scene.fragment(extras)}"
        rows = self._wire.ask(query, {f"i{i}": str(number) for i, number in enumerate(ids)})
        found = [_scene(row) for row in rows.values() if row]
        return {one.id: one for one in found}

    def count(self, only: SceneFilter = EVERYTHING) -> int:
        """How many scenes `walk` would visit."""
        query = (
            "query Count($only: SceneFilterType) "
            "{ findScenes(scene_filter: $only, filter: {per_page: 1}) { count } }"
        )
        return self._wire.ask(query, {"only": _criteria(only)})["findScenes"]["count"]

    def walk(
        self, only: SceneFilter = EVERYTHING, page: int = PAGE, extras: Collection[str] = ()
    ) -> "Iterator[list[scene.Scene]]":
        """Whole scenes in pages, by ascending id; a page is never lost when scenes come or go."""
        for rows in self._pages("...S", scene.fragment(extras), only, page):
            yield [_scene(row) for row in rows]

    def walk_ids(self, only: SceneFilter, page: int = PAGE) -> "Iterator[list[int]]":
        """Only the ids, in pages."""
        for rows in self._pages("id", "", only, page):
            yield [int(row["id"]) for row in rows]

    def _pages(self, fields: str, fragment: str, only: SceneFilter, page: int) -> Iterator[Any]:
        query = (
            "query Page($only: SceneFilterType, $filter: FindFilterType) "
            f"{{ findScenes(scene_filter: $only, filter: $filter) {{ scenes {{ {fields} }} }} }} {fragment}"
        )
        window = {"sort": "id", "direction": "ASC", "per_page": page}
        last = 0
        while True:
            variables = {"only": _criteria(only, after=last), "filter": window}
            rows = self._wire.ask(query, variables)["findScenes"]["scenes"]
            if rows:
                yield rows
                last = max(int(row["id"]) for row in rows)
            if len(rows) < page:
                return

    def newest_timestamp(self) -> "str | None":
        """The latest `updated_at` in Stash's own writing, None without scenes."""
        query = (
            "query Newest($filter: FindFilterType) "
            "{ findScenes(filter: $filter) { scenes { updated_at } } }"
        )
        window = {"sort": "updated_at", "direction": "DESC", "per_page": 1}
        rows = self._wire.ask(query, {"filter": window})["findScenes"]["scenes"]
        return rows[0]["updated_at"] if rows else None

    def cover(self, one: scene.Scene) -> "bytes | None":
        """The cover's bytes; None when the scene has none (Stash then sends an SVG)."""
        if not one.cover_path:
            return None
        # Not the path of the URL that Stash gave: that may have a prefix of a proxy in it.
        kind, data = self._wire.image(f"/scene/{one.id}/screenshot")
        if kind not in IMAGE_TYPES or not data or len(data) > IMAGE_BYTES:
            return None
        return data


_REF_FILTERS = {"performer": "performers", "studio": "studios", "tag": "tags", "group": "groups"}


def _criteria(only: SceneFilter, after: int = 0) -> dict[str, Any]:
    criteria: dict[str, Any] = {"id": {"modifier": "GREATER_THAN", "value": after}}
    if only.since and only.until:
        criteria["updated_at"] = {"modifier": "BETWEEN", "value": only.since, "value2": only.until}
    elif only.since:
        criteria["updated_at"] = {"modifier": "GREATER_THAN", "value": only.since}
    if only.refs:
        kind, number = only.refs
        criteria[_REF_FILTERS[kind]] = {"modifier": "INCLUDES", "value": [str(number)]}
    return criteria


def _scene(row: Any) -> scene.Scene:
    try:
        return scene.from_row(row)
    except (KeyError, TypeError, ValueError) as error:
        said = f"Stash sent a scene that cannot be read ({type(error).__name__})"
        raise errors.Busy(said).of(errors.STASH, "unreadable") from None


def _is_here(connection: Mapping[str, Any]) -> bool:
    """Whether Stash runs on this machine: its own certificate is self-signed, and here there is
    nobody in between. It does if it started us; only a terminal brings an API key."""
    host, _ = hook.address(dict(connection))
    return "ApiKey" not in connection or is_loopback(host)
