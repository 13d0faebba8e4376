"""Which command answers to which mode, and those that work on the queue as it is."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

from app import drain_task
from app.phrasing import many
from app.run import Run
from stash import stdio
from sync_queue import inbox
from sync_queue.job import ASKED

Operation = Callable[[Run], dict[str, Any]]


def process_queue(run: Run) -> dict[str, Any]:
    """Do what is owed; woken by a hook, stay a moment for the rest of a bulk edit. A person who
    presses the button means now: what was put off is due."""
    trigger = run.args.get("trigger")
    if not trigger:
        run.jobs.hasten_all(run.clock())
    return drain_task.drain(run, linger=drain_task.LINGER if trigger == "hook" else 0.0)


def clear_queue(run: Run) -> dict[str, Any]:
    """Forget all that is owed: the next reconciliation finds what still differs."""
    flags = inbox.flags(run.data_dir)
    for kind, number in flags:
        inbox.clear(run.data_dir, kind, number)
    if moved := _moved(run, flags):
        drain_task.seen_of(run).doubt(moved)
    cleared = run.jobs.clear_pending() + len(flags)
    stdio.info(f"cleared: {many(cleared, 'job')}; Reconcile Library finds what still differs")
    return {"cleared": cleared}


def _moved(run: Run, flags: "list[tuple[str, int]]") -> set[int]:
    """The scenes that changed and are owed for that; those that somebody only asked for are not."""
    from plex.state.ledger import Ledger

    owed = {*flags, *((job.kind, job.id) for job in run.jobs.pending() if job.reason != ASKED)}
    found = {number for kind, number in owed if kind == "scene"}
    for kind, number in owed:
        if kind != "scene":
            found.update(Ledger(run.store).scenes_showing(kind, number))
    return found


def _in(module: str, name: str) -> Operation:
    """A command of another module, which is imported when it is given."""

    def operation(run: Run) -> dict[str, Any]:
        found: dict[str, Any] = getattr(import_module(f"app.commands.{module}"), name)(run)
        return found

    return operation


OPERATIONS: dict[str, Operation] = {
    "all": _in("sync", "sync_all"),
    "recent": _in("sync", "sync_recent"),
    "process_queue": process_queue,
    "clear_queue": clear_queue,
    "clear_dlq": _in("dead_letters", "clear_dlq"),
    "purge_dlq": _in("dead_letters", "purge_dlq"),
    "retry_dlq": _in("dead_letters", "retry_dlq"),
    "recover_outage_jobs": _in("dead_letters", "recover_outage_jobs"),
    "outage_summary": _in("dead_letters", "outage_summary"),
    "decide": _in("decide", "decide"),
    "health_check": _in("doctor", "health_check"),
    "doctor": _in("doctor", "doctor"),
    "undo": _in("undo", "undo"),
    "hold": _in("undo", "hold"),
    "resume": _in("undo", "resume"),
    "journal": _in("undo", "journal"),
    "preview": _in("preview", "preview"),
    "explain": _in("explain", "explain"),
    "sync": _in("sync", "sync"),
    "apply_preview": _in("sync", "apply_preview"),
    "bundle": _in("bundle", "bundle"),
    "settings": _in("doctor", "settings"),
}
# Asked for by a page or from a terminal, with arguments: there is no button for these.
WITHOUT_TASK = ("hold", "explain", "sync", "apply_preview", "bundle", "settings")
# The scope of each reconciliation task; None is the custom range of the settings.
RECONCILE: dict[str, "str | None"] = {
    "reconcile_all": "all",
    "reconcile_recent": "recent",
    "reconcile_7days": "recent_7days",
    "reconcile_custom": None,
}
MODES = (*sorted((*OPERATIONS, *RECONCILE, "queue_status")),)
# After these the queue was worked on anyway, so a due reconciliation runs in the same process.
WORKING = (
    "all",
    "recent",
    "process_queue",
    "retry_dlq",
    "recover_outage_jobs",
    "resume",
    *RECONCILE,
)

# What these work with is remembered of one Plex server: which one it is has to be known first.
NEEDS_SERVER = (
    "queue_status",
    "retry_dlq",
    "recover_outage_jobs",
    "decide",
    "undo",
    "hold",
    "resume",
    "preview",
    "explain",
    "sync",
    "apply_preview",
)


def works(run: Run, mode: str) -> bool:
    """Whether this invocation works on the queue itself."""
    later = drain_task.is_for_later(run)
    return mode in WORKING and not later
