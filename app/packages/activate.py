"""Makes the packages of `requirements.txt` importable; at no cost when nothing moved since they were
last found. Looking through what is installed would cost each process as much as its start.
"""

import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

# Where packages were found, and how every place that Python looks into was then.
SEEN = "packages"
# What changes in the moment in which it is looked at looks the same afterwards: some file systems
# count in two seconds.
SETTLED = 2.0

Log = Callable[[str], None]
_seen: "list[str]" = []


class NotThere(Exception):
    """An installation would be needed."""


def ensure(
    requirements: Path,
    data_dir: Path,
    log: Log,
    python: str = sys.executable,
    may_install: bool = True,
) -> None:
    """Every requirement can be imported afterwards. SetupError with what to do otherwise, NotThere
    where nothing is to be installed."""
    _seen.clear()
    if (folder := _as_before(requirements, data_dir)) is not None:
        activate(folder, str(requirements.absolute().parent))
        return
    from app.packages import install

    if not (may_install or install.ready(requirements, data_dir)):
        raise NotThere
    install.ensure(requirements, data_dir, log, python)
    said = _sight(requirements, data_dir, _ours(data_dir))
    if said and install.is_tidy(_parent(data_dir)):
        _seen.append(said)


def ready(requirements: Path, data_dir: Path) -> bool:
    """Whether `ensure` has nothing to install."""
    if _as_before(requirements, data_dir) is not None:
        return True
    from app.packages import install

    return install.ready(requirements, data_dir)


def remember(data_dir: Path) -> None:
    """Spare the next process the search, if this one had to make it."""
    from disk.json_file import put_note

    with suppress(OSError):  # then it searches as well
        for said in _seen:
            put_note(data_dir / SEEN, said)


def activate(folder: str, plugin_dir: str) -> None:
    """Before everything else, since an outdated copy elsewhere is why it is needed; but after the
    plugin's own modules. '' for packages that need no folder of ours."""
    if folder and folder not in sys.path:
        here = [os.path.realpath(entry) for entry in sys.path[:1]]
        sys.path.insert(1 if here == [os.path.realpath(plugin_dir)] else 0, folder)


def _as_before(requirements: Path, data_dir: Path) -> "str | None":
    """Our folder ('' for none) if everything is as it was when the packages were last found."""
    said = _text(data_dir / SEEN)
    name = os.path.basename(said.partition("\n")[0])
    folder = str(_parent(data_dir) / name) if name else ""
    return folder if said and said == _sight(requirements, data_dir, folder) else None


def _sight(requirements: Path, data_dir: Path, folder: str) -> str:
    """What decides which packages are found, in words to compare; '' while it changes."""
    places = [entry for entry in sys.path if entry != folder]
    changed = [_changed(place) for place in (str(_parent(data_dir)), folder, *places)]
    if max(changed) > (time.time() - SETTLED) * 1e9:
        return ""
    wanted = _text(requirements)
    return "\n".join([os.path.basename(folder), sys.version, *map(str, changed), *places, wanted])


def _text(path: Path) -> str:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read(1 << 20)
    except OSError:
        return ""


def _changed(place: str) -> int:
    """When (ns); 0 if it is not there."""
    try:
        return os.stat(place).st_mtime_ns
    except (OSError, ValueError):
        return 0


def _ours(data_dir: Path) -> str:
    """The folder of the data dir that packages come from, '' if there is none."""
    parent = str(_parent(data_dir))
    return next((entry for entry in sys.path if os.path.dirname(entry) == parent), "")


def _parent(data_dir: Path) -> Path:
    return data_dir.absolute() / "deps"
