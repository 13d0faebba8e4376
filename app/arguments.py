"""Reads the arguments of an operation. Other programs write them, so each is checked."""

import errors
from app.dashboard import read_only_db
from app.dashboard.read_only_db import HIGHEST
from app.modes import objection
from app.run import Run

LONGEST = 4000  # characters


def check(run: Run, mode: str) -> None:
    """Raises SetupError for arguments that the operation does not take, or that exclude each other."""
    if problem := objection(mode, {name for name, value in run.args.items() if is_given(value)}):
        raise errors.SetupError(problem)


def is_given(value: object) -> bool:
    """Whether an argument counts as given. The page also sends blanks, and switches that are off."""
    return value is not None and value is not False and value not in ("", "false")


def number(run: Run, name: str) -> int:
    """A positive whole number, 0 if it is not given."""
    try:
        return read_only_db.number(dict(run.args), name)
    except read_only_db.Trouble as trouble:
        raise errors.SetupError(str(trouble)) from None


def text(run: Run, name: str) -> str:
    value = run.args.get(name, "")
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > LONGEST:
        raise errors.SetupError(f"{name} must be a text")
    return value


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
    if not isinstance(given, list) or not all(map(_is_id, given)):
        raise errors.SetupError(f"{name} must be a list of ids")
    return sorted(set(given))


def _is_id(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= HIGHEST


def scenes(run: Run) -> list[int]:
    """The scene ids in `scenes` and `scene`."""
    given = run.args.get("scenes")
    given = [] if given is None else given
    if not isinstance(given, list) or not all(map(_is_id, given)):
        raise errors.SetupError("scenes must be a list of ids")
    single = number(run, "scene")
    return sorted({*given, *([single] if single else [])})
