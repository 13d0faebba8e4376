"""Queries: which scenes to ask Stash for (`SceneFilter`), and what changed last, newest first. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from stash import scene

# Kinds that scenes show through something else: through a studio below, or through a performer with
# the tag. With the extra of a scene that this needs.
BELOW, OF_PERFORMERS = "studio below", "tag of performers"
INDIRECT = {"studio": (scene.PARENTS, BELOW), "tag": (scene.PERFORMER_TAGS, OF_PERFORMERS)}


class SceneFilter(NamedTuple):
    """Which scenes a walk visits. `since` and `until` are bounds of `updated_at` as Stash writes times;
    None for no bound.

    `refs` is (kind, id) of a performer, studio, tag or group that the scenes show. BELOW and
    OF_PERFORMERS mean scenes that show it through something else: through a studio below it, or through a
    performer with the tag.
    """

    since: "str | None" = None
    until: "str | None" = None
    refs: "tuple[str, int] | None" = None


EVERYTHING = SceneFilter()


def _refs(kind: str, number: int) -> dict[str, Any]:
    """Returns the criterion for scenes that show this thing."""
    includes = {"modifier": "INCLUDES", "value": [str(number)]}
    if kind == BELOW:
        return {"studios": includes | {"depth": 1}}
    if kind == OF_PERFORMERS:
        return {"performers_filter": {"tags": includes}}
    return {f"{kind}s": includes}


def criteria(only: SceneFilter, after: int = 0) -> dict[str, Any]:
    """Returns the filter in Stash's form, for scenes with an id above `after`."""
    criteria: dict[str, Any] = {"id": {"modifier": "GREATER_THAN", "value": after}}
    if only.since and only.until:
        criteria["updated_at"] = {"modifier": "BETWEEN", "value": only.since, "value2": only.until}
    elif only.since:
        criteria["updated_at"] = {"modifier": "GREATER_THAN", "value": only.since}
    if only.refs:
        criteria |= _refs(*only.refs)
    return criteria


SCENE = "scene"
KINDS = (SCENE, "performer", "studio", "tag", "group")
PAGE = 1000
# The fields of each kind that a scene may show.
_SHOWN = {
    SCENE: "", "performer": "name tags { id }", "studio": "name parent_studio { id }",
    "tag": "name", "group": "name",
}  # fmt: skip
_NEWEST = (
    '{kind}: find{name}s(filter: {{sort: "updated_at", direction: DESC, per_page: {size}, page: {page}}})'
    " {{ count {kind}s {{ id updated_at {shown} }} }} "
    '{kind}_last: find{name}s(filter: {{sort: "id", direction: DESC, per_page: 1}})'
    " {{ {kind}s {{ id }} }} "
)


class Recent(NamedTuple):
    """A page of one kind, newest first: id, `updated_at` as Stash writes it, and the row as bytes. `total`
    and `highest` (id) are those of the whole kind."""

    rows: Sequence[tuple[int, str, bytes]]
    total: int
    highest: int


def query(kinds: Iterable[str], page: int) -> str:
    """Returns the query for a page of each of these KINDS."""
    asked = (
        _NEWEST.format(kind=kind, name=kind.capitalize(), size=PAGE, page=page, shown=_SHOWN[kind])
        for kind in kinds
    )
    return f"query Recent {{ {''.join(asked)} }}"


def read(kinds: Iterable[str], data: Mapping[str, Any]) -> dict[str, Recent]:
    """Returns the pages in an answer. Raises errors of its shape."""
    return {kind: _recent(kind, data) for kind in kinds}


def _recent(kind: str, data: Mapping[str, Any]) -> Recent:
    rows = [
        (scene.number(row["id"]), _stamp(row["updated_at"]), scene.as_bytes(row))
        for row in data[kind][f"{kind}s"]
    ]
    last = data[f"{kind}_last"][f"{kind}s"]
    highest = max((scene.number(row["id"]) for row in last), default=0)
    return Recent(rows, int(data[kind]["count"]), highest)


def _stamp(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("not a time")
    return value


def ending_query(count: int) -> str:
    """Returns the query for scenes with a file at one of so many endings of a path. `variables` has its
    values."""
    declared = ", ".join(f"$a{n}: String!, $b{n}: String!" for n in range(count))
    asked = " ".join(
        f"p{n}: findScenes(scene_filter: {{path: {{value: $a{n}, modifier: EQUALS}}, "
        f"OR: {{path: {{value: $b{n}, modifier: EQUALS}}}}}}, filter: {{per_page: -1}})"
        " { scenes { id } }"
        for n in range(count)
    )
    return f"query Endings({declared}) {{ {asked} }}"


def variables(endings: Sequence[str]) -> dict[str, str]:
    """Returns the values for an `ending_query`: each ending as it is, and with the other separators.

    Stash compares by LIKE. Wildcards in a name only find more.
    """
    values: dict[str, str] = {}
    for n, ending in enumerate(endings):
        other = ending.replace("\\", "/") if "\\" in ending else ending.replace("/", "\\")
        values[f"a{n}"], values[f"b{n}"] = f"%{ending}", f"%{other}"
    return values


def ids(data: Mapping[str, Any]) -> list[int]:
    """Returns the ids in the answer to an `ending_query`. Raises errors of its shape."""
    return sorted({scene.number(row["id"]) for part in data.values() for row in part["scenes"]})
