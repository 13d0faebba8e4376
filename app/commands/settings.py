"""The settings for the page: their values, a check of a typed value, and what the page picks from."""

from typing import TYPE_CHECKING, Any

import errors
from app import arguments
from app.run import Run
from app.setup_check import settings_report
from stash import stdio
from validation.address import typed_secrets
from validation.rules import RULES, objection

if TYPE_CHECKING:
    from plex.client.client import PlexClient

PAGES, PER_PAGE = 3, 10  # of the scenes among which the example is
SORT_TITLE = "sort_title_template"


def settings(run: Run) -> dict[str, Any]:
    """The settings in force, by group, and what each of them takes. Asks only Stash."""
    from validation.config import shown

    config = run.config
    rows = settings_report.rows(config, run.settings_warnings, shown())
    return {"settings": settings_report.described(rows, run.given_settings)}


def check_setting(run: Run) -> dict[str, Any]:
    """Whether the `value` of the setting `name` can be used. With the `parts` of a scene, also the text
    that a template makes of them."""
    name, value = arguments.text(run, "name"), run.args.get("value")
    if name not in RULES:
        raise errors.SetupError(f"there is no setting {name!r}")
    for secret in typed_secrets({name: value}):
        stdio.hide(secret)
    problem = objection(name, value)
    parts = run.args.get("parts")
    is_shown = not problem and RULES[name].kind == "template" and isinstance(parts, dict)
    return {"problem": problem, "example": _example(name, value, parts) if is_shown else ""}


def _example(name: str, value: Any, parts: Any) -> str:
    from plex.fields.text import by_template, padded
    from validation.values import text

    known = {part: text for part, text in parts.items() if isinstance(text, str)}
    if name == SORT_TITLE:
        known["scene_index"] = padded(known.get("scene_index", ""))
    return by_template(text(value or ""), known)


def template_parts(run: Run) -> dict[str, Any]:
    """The `parts` of a real scene: among some scenes, the one that has most of them."""
    from plex.fields.text import template_values
    from stash.scene import GROUPS, PARENTS

    scenes = run.stash.some(PAGES, PER_PAGE, (GROUPS, PARENTS))
    found = [(scene, template_values(scene)) for scene in scenes]
    if not found:
        return {"scene": None, "title": "", "parts": {}}
    scene, parts = max(found, key=lambda pair: sum(map(bool, pair[1].values())))
    return {"scene": scene.id, "title": parts["title"] or scene.label(), "parts": parts}


def libraries(run: Run) -> dict[str, Any]:
    """The libraries of Plex that can be synced."""
    return {"rows": libraries_of(run, run.plex)}


def libraries_of(run: Run, client: "PlexClient") -> list[dict[str, Any]]:
    """The libraries that can be synced, with their number of items, and whether they are chosen now."""
    from plex.client.section import numbered

    movies = numbered(client.libraries("movie"))
    try:
        chosen = {library.id for library in client.only(run.config.plex_library).sections()}
    except errors.SetupError:  # the setting names libraries of another server
        chosen = {library.id for library in movies}
    return [
        {"id": library.id, "name": library.title, "items": client.count(library.id),
         "chosen": library.id in chosen}
        for library in movies
    ]  # fmt: skip
