"""Stash over GraphQL, built on stashapi: scenes by id and by page, settings, covers.

stashapi's StashInterface introspects the whole schema in every process, so only its transport
(`GQLWrapper`) is used; errors are translated into ours here, at the edge.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import requests
from stashapi.classes import GQLWrapper

import errors
from net.place import is_loopback
from net.session import Session
from stash import hook, scene

PAGE = 1000
IMAGE_BYTES = 10 << 20  # Plex answers 500 to anything larger
IMAGE_TYPES = ("image/jpeg", "image/png", "image/webp", "image/gif")


class SceneFilter(NamedTuple):
    """Which scenes a page walk visits: `updated_at` bounds are Stash's own strings, or None."""

    since: "str | None" = None
    until: "str | None" = None
    refs: "tuple[str, int] | None" = None


EVERYTHING = SceneFilter()


class Transport(GQLWrapper):
    """stashapi's client with our session, our errors, and a cookie that is kept fresh."""

    def __init__(self, connection: Mapping[str, Any], session: Session) -> None:
        super().__init__()
        theirs: requests.Session = self.s
        session.headers.update(theirs.headers)
        self.s: Session = session
        self.log = logging.getLogger("stashapi")
        self.fragments: dict[str, str] = {}
        host, port = hook.address(dict(connection))
        self.base = f"{connection.get('Scheme') or 'http'}://{_bracketed(host)}:{port}"
        self.url = f"{self.base}/graphql"
        self._key = str(connection.get("ApiKey") or "")
        cookie = connection.get("SessionCookie")
        self._cookie = str((cookie.get("Value") if isinstance(cookie, Mapping) else "") or "")
        self._sign()

    def _sign(self) -> None:
        if self._key:
            self.s.headers["ApiKey"] = self._key
        elif self._cookie:
            self.s.headers["Cookie"] = f"session={self._cookie}"

    def _adopt_cookie(self, response: requests.Response) -> None:
        """Stash renews the cookie in each answer; the one we were given dies after an hour."""
        for header in response.headers.get("Set-Cookie", "").split(", "):
            name, _, rest = header.partition("=")
            if name == "session" and rest.partition(";")[0]:
                self._cookie = rest.partition(";")[0]
                self._sign()

    def _handle_GQL_response(self, response: requests.Response) -> Any:
        self._adopt_cookie(response)
        if response.status_code == 401:
            raise errors.Refused(self._unwelcome())
        try:
            content = response.json()
        except ValueError:
            raise _bad_answer(response) from None
        if not isinstance(content, dict):
            raise _bad_answer(response)
        if content.get("errors"):
            raise _graphql_error(content["errors"])
        if response.status_code != 200 or not isinstance(content.get("data"), dict):
            raise _bad_answer(response)
        return content["data"]

    def ask(self, query: str, variables: "Mapping[str, Any] | None" = None) -> Any:
        """The `data` of one GraphQL call; Unreachable, Refused, Busy or Rejected otherwise."""
        try:
            return self._GQL(query, dict(variables or {}))
        except requests.exceptions.RequestException as error:
            raise self._unreachable(error) from None

    def image(self, path: str) -> "tuple[str, bytes]":
        """(content type, bytes) of a path on this Stash."""
        try:
            response = self.s.get(self.base + path, headers={"Accept": "image/*"})
        except requests.exceptions.RequestException as error:
            raise self._unreachable(error) from None
        self._adopt_cookie(response)
        if response.status_code in (301, 302, 303, 307, 401):  # Stash redirects to its login page
            raise errors.Refused(self._unwelcome())
        if response.status_code == 404:
            return "", b""
        if response.status_code != 200:
            raise errors.Busy(f"Stash answered {response.status_code} to a request for a cover")
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        return kind, response.content

    def _unwelcome(self) -> str:
        """What a 401 means depends on what we showed."""
        if self._key:
            return f"Stash at {self.base} does not accept the API key (401)"
        if self._cookie:
            return "Stash does not accept our session any more (401)"
        return f"Stash at {self.base} asks for an API key (401): name a file that holds it"

    def _unreachable(self, error: Exception) -> errors.Unreachable:
        if isinstance(error, requests.exceptions.SSLError):
            return errors.Unreachable(
                f"Stash's certificate at {self.base} is not one that this machine trusts"
            )
        return errors.Unreachable(f"Stash does not answer at {self.base} ({_kind(error)})")


class StashApi:
    """What the product asks of Stash."""

    def __init__(self, connection: Mapping[str, Any], connect: float = 5, read: float = 30) -> None:
        # All that is sent are queries: they may be repeated.
        session = Session(
            connect, read, verify=not _is_here(connection), repeatable=("GET", "HEAD", "POST")
        )
        self._wire = Transport(connection, session)

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

    def scenes(self, ids: Sequence[int]) -> "dict[int, scene.Scene]":
        """The scenes that still exist, by id.

        One alias per scene: `findScenes(ids:)` fails as a whole when one of them is gone.
        """
        if not ids:
            return {}
        asked = " ".join(f"s{i}: findScene(id: $i{i}) {{ ...S }}" for i in range(len(ids)))
        declared = ", ".join(f"$i{i}: ID!" for i in range(len(ids)))
        query = f"query Scenes({declared}) {{ {asked} }} {scene.FRAGMENT}"
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
        self, only: SceneFilter = EVERYTHING, page: int = PAGE
    ) -> "Iterator[list[scene.Scene]]":
        """Whole scenes in pages, by ascending id; a page is never lost when scenes come or go."""
        for rows in self._pages("...S", scene.FRAGMENT, only, page):
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
        if kind == "text/html":
            raise errors.Refused("Stash sent a page, surely that of its login, instead of a cover")
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
        raise errors.Busy(f"Stash sent a scene that cannot be read ({_kind(error)})") from None


def _graphql_error(found: Any) -> errors.Stash2PlexError:
    first = found[0] if isinstance(found, list) and found else {}
    message = str(first.get("message") if isinstance(first, dict) else first)[:300]
    if "database is locked" in message:
        return errors.Busy("Stash's database is busy")
    return errors.Rejected(f"Stash refused a query: {message}")


def _bad_answer(response: requests.Response) -> errors.Busy:
    kind = response.headers.get("Content-Type", "no content type").partition(";")[0]
    return errors.Busy(f"Stash sent no GraphQL answer ({response.status_code}, {kind})")


def _kind(error: Exception) -> str:
    return type(error).__name__


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _is_here(connection: Mapping[str, Any]) -> bool:
    """Whether Stash runs on this machine: its own certificate is self-signed, and here there is
    nobody in between. It does if it started us; only a terminal brings an API key."""
    host, _ = hook.address(dict(connection))
    return "ApiKey" not in connection or is_loopback(host)
