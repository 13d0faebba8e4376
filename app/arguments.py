"""Reads the arguments of an operation. Other programs write them, so each is checked."""

from collections.abc import Callable, Collection
from typing import Any, TypeVar

import errors
from app.dashboard import read_only_db
from app.modes import ALWAYS, ARGUMENTS, EXCLUSIVE
from app.run import Run

Given = TypeVar("Given")


def check(run: Run, mode: str) -> None:
    """Raises SetupError for arguments that the operation does not take, or that exclude each other."""
    if problem := objection(mode, {name for name, value in run.args.items() if is_given(value)}):
        raise errors.SetupError(problem)


def objection(mode: str, given: Collection[str]) -> str:
    """A sentence about what is wrong with these arguments of an operation; '' if all are right."""
    takes = ARGUMENTS[mode]
    if unknown := sorted(set(given) - {*takes, *ALWAYS}):
        rest = f"it takes {', '.join(takes)}" if takes else "it takes no arguments"
        return f"{mode} does not take {' and '.join(unknown)}; {rest}"
    for first, second in EXCLUSIVE.get(mode, ()):
        if first in given and second in given:
            return f"{mode} takes {first} or {second}, not both"
    return ""


def is_given(value: object) -> bool:
    """Whether an argument counts as given. The page also sends blanks, and switches that are off."""
    return value is not None and value is not False and value not in ("", "false")


def number(run: Run, name: str) -> int:
    """A positive whole number, 0 if it is not given."""
    return _checked(read_only_db.number, run, name)


def text(run: Run, name: str) -> str:
    """A text of at most 4,000 characters, '' if it is not given."""
    return _checked(read_only_db.text, run, name)


def found(run: Run) -> "tuple[int, ...] | None":
    """The `scenes` that a search has found, None if nothing is searched for."""
    return _checked(lambda args, _: read_only_db.found(args), run, "scenes")


def _checked(read: "Callable[[dict[str, Any], str], Given]", run: Run, name: str) -> "Given":
    try:
        return read(dict(run.args), name)
    except read_only_db.Trouble as trouble:
        raise errors.SetupError(str(trouble)) from None


def flag(run: Run, name: str) -> bool:
    value = run.args.get(name)
    if value is None or value == "":
        return False
    if not isinstance(value, (bool, str)) or value not in (True, False, "true", "false"):
        raise errors.SetupError(f"{name} must be true or false")
    return value in (True, "true")


def ids(run: Run, name: str) -> "list[int] | None":
    """A list of positive whole numbers, None if it is not given."""
    if name not in run.args:
        return None
    given = run.args[name]
    if not isinstance(given, list) or not all(map(read_only_db.is_id, given)):
        raise errors.SetupError(f"{name} must be a list of ids")
    return sorted(set(given))


def scenes(run: Run) -> list[int]:
    """The scene ids in `scenes` and `scene`."""
    listed = ids(run, "scenes") if run.args.get("scenes") is not None else None
    single = number(run, "scene")
    return sorted({*(listed or ()), *([single] if single else [])})
