"""Saves settings for the page. The page never reads the settings as Stash has them, because the token is among
them."""

from typing import Any

import errors
from app.run import Run
from stash import stdio
from validation.address import typed_secrets
from validation.rules import RULES, objection


def save_settings(run: Run) -> dict[str, Any]:
    """Save the named `settings` and keep the others. A value that breaks a rule is refused with the rule."""
    given = run.args.get("settings")
    if not isinstance(given, dict) or not given or not all(map(_is_value, given.values())):
        raise errors.SetupError("settings must be a map of names and values")
    if unknown := sorted(set(given) - set(RULES)):
        raise errors.SetupError(f"there is no setting {unknown[0]!r}")
    for secret in typed_secrets(given):
        stdio.hide(secret)
    faults = {name: objection(name, value) for name, value in given.items()}
    if any(faults.values()):
        raise errors.SetupError(" ".join(f"{name}: {why}" for name, why in faults.items() if why))
    run.stash.change_settings(stdio.PLUGIN_ID, given)
    return {"saved": sorted(given)}


def _is_value(value: object) -> bool:
    return isinstance(value, (str, int, float, bool))
