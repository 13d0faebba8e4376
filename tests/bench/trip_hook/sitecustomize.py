"""Writes down, at the end of a process of the plugin, which of its files took part (see trip.py)."""

import atexit
import inspect
import json
import os
import sys
import threading
from collections import Counter
from functools import cache
from typing import Any

ROOT = os.environ.get("TRIP_ROOT", "")
DATA = os.environ.get("TRIP_DATA", "")
_files: Counter[str] = Counter()
_opened: Counter[str] = Counter()
_calls: Counter[tuple[str, str]] = Counter()
_switches = 0
_began_in = os.getcwd()
_last = threading.local()


def _profile(frame: Any, event: str, _: Any) -> None:
    """Counts a switch whenever a call enters another file of the plugin than the one before."""
    global _switches
    name = _absolute(frame.f_code.co_filename)
    # Only functions: the bodies of modules and classes run once, when they are imported.
    if event not in ("call", "return") or not name.startswith(ROOT) or not _is_function(frame):
        return
    if event == "call":
        _files[name[len(ROOT) + 1 :]] += 1
        if name != getattr(_last, "name", ""):
            _switches += 1
            _calls[_place(frame.f_back), _place(frame)] += 1
    caller = frame.f_back
    _last.name = name if event == "call" or caller is None else _absolute(caller.f_code.co_filename)


def _place(frame: Any) -> str:
    """The file and the function of a frame; of a library, the frame of the plugin that called it."""
    through = ""
    while frame and not _absolute(frame.f_code.co_filename).startswith(ROOT):
        frame, through = frame.f_back, " through a library"
    if not frame:
        return "a library"
    code = frame.f_code
    name = getattr(code, "co_qualname", code.co_name)
    return f"{_absolute(code.co_filename)[len(ROOT) + 1 :]}:{name}{through}"


@cache
def _absolute(name: str) -> str:
    """The entry script has the name by which Stash started it."""
    return os.path.realpath(os.path.join(_began_in, name))


def _is_function(frame: Any) -> bool:
    return bool(frame.f_code.co_flags & inspect.CO_OPTIMIZED)


def _audit(event: str, args: Any) -> None:
    """Counts the state files that are opened, by the path inside the data dir."""
    if event == "open" and isinstance(args[0], str) and args[0].startswith(DATA):
        writes = args[2] & (os.O_WRONLY | os.O_RDWR) if isinstance(args[2], int) else 0
        if not writes and os.path.exists(args[0]):
            _opened[args[0][len(DATA) + 1 :]] += 1


def _end() -> None:
    sys.setprofile(None)
    calls = [[*places, n] for places, n in _calls.most_common()]
    found = {"files": dict(_files), "switches": _switches, "read": dict(_opened), "calls": calls}
    path = os.path.join(os.environ["TRIP_OUT"], f"{os.getpid()}.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(found, file)


if ROOT and DATA:
    atexit.register(_end)
    sys.addaudithook(_audit)
    threading.setprofile(_profile)
    sys.setprofile(_profile)
