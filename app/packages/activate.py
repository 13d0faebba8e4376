"""Makes the packages of `requirements.txt` importable. A note of the last search spares the next one, which
would cost each process as much as its start.
"""

import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

# The note: where the packages were found, and the time of change of every folder in sys.path.
SEEN = "packages"
# A folder that changes again within the file system's resolution looks the same afterwards. Some file
# systems count in two seconds.
SETTLED = 2.0

Log = Callable[[str], None]
_notes: "list[str]" = []


class NotThere(Exception):
    """The packages have to be installed first."""


def bring_site_in() -> None:
    """Extend sys.path by the folders of installed packages, of virtual environments and of .pth files.
    Python does this at its start, but not with -S, with which the manifest starts it for the sake of
    hooks."""
    if sys.flags.no_site and "site" not in sys.modules:
        import site

        site.main()


def ensure(
    requirements: Path,
    data_dir: Path,
    log: Log,
    python: str = sys.executable,
    may_install: bool = True,
) -> None:
    """Make every requirement importable. Raises SetupError with advice if that fails, and NotThere if the
    packages are missing and `may_install` is off."""
    _notes.clear()
    if (folder := _as_before(requirements, data_dir)) is not None:
        activate(folder, str(requirements.absolute().parent))
        return
    from app.packages import install

    if not (may_install or install.ready(requirements, data_dir)):
        raise NotThere
    install.ensure(requirements, data_dir, log, python)
    note = _note(requirements, data_dir, _ours(data_dir))
    if note and install.is_tidy(_parent(data_dir)):
        _notes.append(note)


def ready(requirements: Path, data_dir: Path) -> bool:
    """Whether `ensure` has nothing to install."""
    if _as_before(requirements, data_dir) is not None:
        return True
    from app.packages import install

    return install.ready(requirements, data_dir)


def remember(data_dir: Path) -> None:
    """Write the note, if this process had to search."""
    from disk.json_file import put_note

    with suppress(OSError):  # the next process searches too
        for note in _notes:
            put_note(data_dir / SEEN, note)


def activate(folder: str, plugin_dir: str) -> None:
    """Put our folder into sys.path before all others, which may hold outdated copies, but after the
    plugin's own modules. `folder` is '' if the packages are installed elsewhere."""
    if folder and folder not in sys.path:
        here = [os.path.realpath(entry) for entry in sys.path[:1]]
        sys.path.insert(1 if here == [os.path.realpath(plugin_dir)] else 0, folder)


def _as_before(requirements: Path, data_dir: Path) -> "str | None":
    """Our folder ('' for none) if the note is still right, else None."""
    note = _text(data_dir / SEEN)
    name = os.path.basename(note.partition("\n")[0])
    folder = str(_parent(data_dir) / name) if name else ""
    return folder if note and note == _note(requirements, data_dir, folder) else None


def _note(requirements: Path, data_dir: Path, folder: str) -> str:
    """Everything that decides which packages are found, as text; '' just after a change."""
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
    """The time of the last change (ns), 0 if the folder does not exist."""
    try:
        return os.stat(place).st_mtime_ns
    except (OSError, ValueError):
        return 0


def _ours(data_dir: Path) -> str:
    """Our folder in sys.path, '' if there is none."""
    parent = str(_parent(data_dir))
    return next((entry for entry in sys.path if os.path.dirname(entry) == parent), "")


def _parent(data_dir: Path) -> Path:
    return data_dir.absolute() / "deps"
