"""SceneFilter: which scenes to ask Stash for. Pure."""

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
