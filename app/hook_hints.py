"""Notes that a run leaves for hooks and looks, which cannot read the settings; and the wake-up of a drain."""

import os
from pathlib import Path

from app import pending_sign_in
from app.modes import WITHOUT_NOTES
from app.packages import activate
from app.run import Run
from disk.json_file import put_note
from disk.lock import FileLock
from stash import hook, stdio
from sync_queue import inbox

LOCK = "notes.lock"


def wake_if_due(run: Run) -> None:
    """Wake a drain if a reconciliation is due: nobody should wait for it inside another operation."""
    if _leaves_no_notes(run):
        return
    if run.from_stash and hook.is_due(run.data_dir, run.clock()) and not run.outages.is_away():
        hook.wake(dict(run.connection), run.data_dir)


def wake_if_work_is_left(run: Run) -> None:
    """Wakes a drain if work is left. Call this after the drain lock was released: a hook that saw the
    lock held wakes nobody and relies on this. Does nothing while Plex is away."""
    from sync_queue.drain import has_work

    now = run.clock()
    if run.config.paused or inbox.is_away(run.data_dir, now):
        return
    if has_work(run.data_dir, run.jobs, now):
        hook.wake(dict(run.connection), run.data_dir)


def _leaves_no_notes(run: Run) -> bool:
    return run.args.get("mode") in WITHOUT_NOTES


def leave_notes(run: Run) -> None:
    """Note when a reconciliation is due, and the settings that hooks and looks need."""
    if _leaves_no_notes(run):
        return
    activate.remember(Path(run.data_dir))
    pending_sign_in.tidy(run.data_dir, run.clock())
    if not run.knows_settings:
        return
    # While Pause is on nothing is due: hooks would wake drains that do nothing.
    interval = "never" if run.config.paused else run.config.reconcile_interval
    run.scheduler.refresh(interval, run.clock(), run.config.deep_interval)
    for line in [*run.scheduler.notices, *run.outages.notices]:
        stdio.warning(line)
    notes = {
        Path(run.data_dir, inbox.INLINE): "on" if run.config.hook_mode == "inline" else "",
        Path(run.data_dir, inbox.SHOWS): _watched(run),
        Path(run.data_dir, inbox.CLOCK): _clock(run),
        Path(run.data_dir, inbox.BADGE): "on" if run.config.card_badge else "",
        Path(run.data_dir, inbox.SETTINGS): run.state_of_settings,
    }
    if any(_text(path) != text for path, text in notes.items()):
        with FileLock(os.path.join(run.data_dir, LOCK)):  # several runs may end at once
            for path, text in notes.items():
                _note(path, text)


def _clock(run: Run) -> str:
    """Why no tab of Stash starts due work; '' if tabs do."""
    if run.config.paused:
        return "paused"
    return "off" if run.config.events_only else ""


def _watched(run: Run) -> str:
    """The fields of performers, studios and groups that Plex shows with these settings, besides names."""
    from plex.fields.registry import extras
    from stash.scene import WATCHED

    fields = extras(run.config.sync_settings())
    return " ".join(shown for name, shown in WATCHED.items() if name in fields)


def _text(path: Path) -> str:
    """The text of a note. An empty note has no file."""
    return path.read_text(encoding="utf-8") if path.exists() else ""


def _note(path: Path, text: str) -> None:
    if not text:
        path.unlink(missing_ok=True)
    elif _text(path) != text:
        put_note(path, text)
