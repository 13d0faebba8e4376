"""What a process leaves behind for those that come after it: notes for hooks, and a drain if one is due."""

import os
from pathlib import Path

from app.modes import READ_ONLY
from app.packages import activate
from app.run import Run
from disk.json_file import put_note
from disk.lock import FileLock
from stash import hook, stdio
from sync_queue import inbox

LOCK = "notes.lock"


def wake_if_due(run: Run) -> None:
    """A command that a person waits for does not reconcile; it wakes a drain that does."""
    if _only_looks(run):
        return
    if run.from_stash and hook.is_due(run.data_dir, run.clock()) and not run.outages.is_away():
        hook.wake(dict(run.connection), run.data_dir)


def wake_if_work_is_left(run: Run) -> None:
    """For whoever lets go of the drain lock without having done all that is owed: a hook that saw it
    held relies on that. A drain is not woken while it could do nothing."""
    from sync_queue.drain import has_work

    now = run.clock()
    if run.config.paused or inbox.is_away(run.data_dir, now):
        return
    if has_work(run.data_dir, run.jobs, now):
        hook.wake(dict(run.connection), run.data_dir)


def _only_looks(run: Run) -> bool:
    return run.args.get("mode") in READ_ONLY


def leave_notes(run: Run) -> None:
    """Tell the hooks, which cannot ask for settings, what is due when and where to drain."""
    if _only_looks(run):
        return
    activate.remember(Path(run.data_dir))
    if not run.knows_settings:
        return
    # While paused nothing is due: hooks would wake drains in vain.
    interval = "never" if run.config.paused else run.config.reconcile_interval
    run.scheduler.refresh(interval, run.clock(), run.config.deep_interval)
    for line in [*run.scheduler.notices, *run.outages.notices]:
        stdio.warning(line)
    with FileLock(os.path.join(run.data_dir, LOCK)):  # several runs may end at the same moment
        _note(run, inbox.INLINE, "on" if run.config.hook_mode == "inline" else "")
        _note(run, inbox.SHOWS, _watched(run))
        _note(run, inbox.SETTINGS, run.state_of_settings)


def _watched(run: Run) -> str:
    """What the settings make Plex show of performers, studios and groups, besides their names."""
    from plex.sync.work import extras
    from stash.scene import WATCHED

    asked = extras(run.config.sync_settings())
    return " ".join(shown for name, shown in WATCHED.items() if name in asked)


def _note(run: Run, name: str, said: str) -> None:
    """Keep the note as it should be; a hook may read it at any moment."""
    path = Path(run.data_dir) / name
    if not said:
        path.unlink(missing_ok=True)
    elif not path.exists() or path.read_text(encoding="utf-8") != said:
        put_note(path, said)
