"""The arguments of an operation, which anybody may have written: checked, or refused in a sentence."""

import errors
from app.run import Run

HIGHEST = 2**63 - 1
LONGEST = 4000  # characters


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
    """A list of positive whole numbers; None when it is not given."""
    if name not in run.args:
        return None
    given = run.args[name]
    if not isinstance(given, list) or not all(map(_is_id, given)):
        raise errors.SetupError(f"{name} must be a list of ids")
    return sorted(set(given))


def _is_id(one: object) -> bool:
    return isinstance(one, int) and not isinstance(one, bool) and 0 < one <= HIGHEST


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
