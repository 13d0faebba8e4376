"""The arguments of an operation, which anybody may have written: checked, or refused in a sentence."""

import errors
from app.run import Run

HIGHEST = 2**63 - 1


def number(run: Run, name: str) -> int:
    """A positive whole number, 0 when it is not given."""
    value = run.args.get(name)
    if value in (None, ""):
        return 0
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= HIGHEST:
        raise errors.SetupError(f"{name} must be a positive whole number")
    return value


def text(run: Run, name: str) -> str:
    value = run.args.get(name) or ""
    if not isinstance(value, str):
        raise errors.SetupError(f"{name} must be a text")
    return value


def flag(run: Run, name: str) -> bool:
    value = run.args.get(name) or False
    if value not in (True, False, "true", "false"):
        raise errors.SetupError(f"{name} must be true or false")
    return value in (True, "true")


def scenes(run: Run) -> list[int]:
    """The ids in `scenes` and `scene`."""
    given = run.args.get("scenes") or []
    if not isinstance(given, list):
        raise errors.SetupError("scenes must be a list of ids")
    numbers = [one for one in given if isinstance(one, int) and not isinstance(one, bool)]
    if len(numbers) != len(given) or not all(0 < one <= HIGHEST for one in numbers):
        raise errors.SetupError("scenes must be a list of ids")
    single = number(run, "scene")
    return sorted({*numbers, *([single] if single else [])})
