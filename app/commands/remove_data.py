"""Remove Data: everything of ours on this machine, before the plugin is uninstalled. Plex is not touched."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import errors
from app.arguments import flag
from app.dashboard import overview
from app.dashboard.read_only_db import PLEX, File, Trouble
from app.phrasing import many
from app.run import Run
from disk import lock, messages
from disk.json_file import put_note
from stash import stdio
from sync_queue import inbox
from validation.address import secrets, typed_secrets

ASKED = "removal"  # a note of the first press
SECONDS = 300.0  # in which the second press counts
# The names of our files. A terminal may name a folder that has others, too.
OURS = (
    inbox.FOLDER, "queue", "plex.sqlite*", "plex.lock", "reconciliation_state.json*", "preview.json*",
    "preview.sqlite*", "outages.json*", "notified.json*", "sign_in.json*", "deps", "apprise", inbox.SERVER,
    inbox.SERVERS, inbox.WAKE, inbox.INLINE, inbox.SHOWS, inbox.SETTINGS, inbox.CLOCK, inbox.AWAY,
    inbox.BADGE, overview.ACTIVITY, overview.CONTACTS, overview.FAILURE, overview.NO_PACKAGES, "packages",
    "settings_checked", "plex_client", ASKED, "*.new", "*.aside", "*.lock",
)  # fmt: skip
# Locks of work that must not lose its files, besides that of the drain.
AT_WORK = (
    "preview.lock", overview.ACTIVITY_LOCK, "deps/install.lock", "apprise/deps/install.lock",
    "notified.lock",
)  # fmt: skip
BUSY = "Stash2Plex is at work: try again when that is done, or stop its task in Stash first"


def remove_data(run: Run) -> dict[str, Any]:
    """With `confirm`, or when started twice within five minutes: remove the token from Stash's settings, and
    all files of the plugin. Raises SetupError while another run works."""
    keeps = _kept_by_plex(run.data_dir)
    if not (flag(run, "confirm") or _was_asked(run)):
        return _asked(run, keeps)
    with _alone(run):
        forgotten = _forget_secrets(run)
        run.close_files()
        left = remove_files(Path(run.data_dir))
    stdio.warning(f"removed: {', '.join(forgotten) or 'no setting'}, and the files of Stash2Plex")
    if left:
        stdio.warning(f"could not be removed: {', '.join(left)}. Delete {_place(run)} by hand")
    stdio.info(f"{keeps}. Uninstall Stash2Plex now: the next save would begin its files anew")
    return {"removed": True, "settings": forgotten, "left": left, "plex": keeps}


def _kept_by_plex(data_dir: str) -> str:
    try:
        with File(data_dir, PLEX) as file:
            items = file.value("SELECT count(DISTINCT rating_key) FROM origin")
    except Trouble:  # a file that cannot be read is removed all the same
        return "Plex keeps everything that Stash2Plex wrote"
    if not items:
        return "Nothing of Stash2Plex is in Plex"
    return (
        f"Plex keeps all values, posters and locks that Stash2Plex wrote to {many(items, 'item')}"
    )


# -- the question


def _was_asked(run: Run) -> bool:
    try:
        age = run.clock() - os.stat(os.path.join(run.data_dir, ASKED)).st_mtime
    except OSError:
        return False
    return 0 <= age <= SECONDS


def _asked(run: Run, keeps: str) -> dict[str, Any]:
    put_note(os.path.join(run.data_dir, ASKED), "")
    lines = [
        f"Remove Data removes Plex Token and Notify from Stash's settings, and the folder {_place(run)} with "
        "queue, journal and Python packages. Nothing was removed yet",
        f"{keeps}. To restore what Plex said before the first sync, run `undo --original` from a terminal "
        "first: without the journal that is not possible any more",
        "To remove everything, start Remove Data again within five minutes (from a terminal: --confirm)",
    ]
    for line in lines:
        stdio.warning(line)
    return {"removed": False, "settings": [], "left": [], "plex": keeps}


def _place(run: Run) -> str:
    return os.path.join("plugin_data", os.path.basename(run.data_dir))


# -- the removal


@contextmanager
def _alone(run: Run) -> Iterator[None]:
    """Hold the drain lock. Raises SetupError if anything works."""
    drain = lock.FileLock(inbox.lock_path(run.data_dir))
    running = f"{inbox.home(run.data_dir)}/{overview.RECONCILING}"
    works = [running, *(os.path.join(run.data_dir, name) for name in AT_WORK)]
    if any(map(lock.is_held, works)) or not drain.acquire():
        raise errors.SetupError(BUSY)
    try:
        yield
    finally:
        drain.release()


def _forget_secrets(run: Run) -> list[str]:
    """Remove all settings that hold a secret from Stash, and keep the others. Returns their names."""
    given = run.stash.settings(stdio.PLUGIN_ID)
    for secret in typed_secrets(given):
        stdio.hide(secret)
    names = [name for name in ("plex_token", "notify") if given.get(name)]
    url = given.get("plex_url")
    if isinstance(url, str) and secrets(url, ""):
        names.append("plex_url")
    if names:
        run.stash.forget_settings(stdio.PLUGIN_ID, names)
    return names


def remove_files(data_dir: Path) -> list[str]:
    """Remove our files, the locks last. Returns the names of what could not be removed."""
    try:
        found = sorted(data_dir.iterdir(), key=lambda path: path.suffix == ".lock")
    except OSError as error:
        raise messages.unusable(data_dir.name, error) from None
    left = [path.name for path in found if _is_ours(path.name) and not _is_removed(path)]
    if not left and len(found) == sum(_is_ours(path.name) for path in found):
        _is_removed(data_dir)
    return left


def _is_ours(name: str) -> bool:
    return any(fnmatch(name, pattern) for pattern in OURS)


def _is_removed(path: Path) -> bool:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        try:
            path.unlink(missing_ok=True)
        except OSError:  # in use on Windows
            return False
    return not path.exists()
