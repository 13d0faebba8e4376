"""The function behind each operation, by its mode. Also the operations on the queue itself."""

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
    """Process Queue: do the waiting jobs. After a hook, stay a moment for the rest of a bulk edit. If a
    person starts it, delayed jobs are due now."""
    trigger = run.args.get("trigger")
    if not trigger:
        run.jobs.hasten_all(run.clock())
    return drain_task.drain(run, linger=drain_task.LINGER if trigger == "hook" else 0.0)


def clear_queue(run: Run) -> dict[str, Any]:
    """Clear Pending Queue: delete all waiting jobs. The next reconciliation finds what still differs."""
    flags = inbox.flags(run.data_dir)
    for kind, number in flags:
        inbox.clear(run.data_dir, kind, number)
    if changed := _changed(run, flags):
        drain_task.seen_of(run).doubt(changed)
    cleared = run.jobs.clear_pending() + len(flags)
    stdio.info(f"cleared: {many(cleared, 'job')}; Reconcile Library finds what still differs")
    return {"cleared": cleared}


def _changed(run: Run, flags: "list[tuple[str, int]]") -> set[int]:
    """The scenes that wait because they changed, without those that a person only asked for."""
    from plex.state.ledger import Ledger

    waiting = {*flags, *((job.kind, job.id) for job in run.jobs.pending() if job.reason != ASKED)}
    scenes = {number for kind, number in waiting if kind == "scene"}
    for kind, number in waiting:
        if kind != "scene":
            scenes.update(Ledger(run.store).scenes_showing(kind, number))
    return scenes


def _in(module: str, name: str) -> Operation:
    """An operation in another module, which is imported on the first call."""

    def operation(run: Run) -> dict[str, Any]:
        answer: dict[str, Any] = getattr(import_module(f"app.commands.{module}"), name)(run)
        return answer

    return operation


# Each module's operations that have the name of their function.
MODULES = {
    "bundle": ("bundle",),
    "dead_letters": (
        "clear_dlq", "purge_dlq", "retry_dlq", "recover_outage_jobs", "outage_summary",
    ),
    "decide": ("decide",),
    "doctor": ("doctor", "health_check"),
    "explain": ("explain",),
    "remove_data": ("remove_data",),
    "send_test": ("send_test",),
    "pictures": ("plex_picture",),
    "preview": ("preview",),
    "save_settings": ("save_settings",),
    "settings": ("settings", "check_setting", "libraries", "template_parts"),
    "self_test": ("test_plex",),
    "set_up": ("set_up", "samples"),
    "sign_in": (
        "sign_in", "sign_in_poll", "sign_in_servers", "sign_in_server", "sign_in_save",
        "sign_in_cancel", "connect",
    ),
    "sync": ("sync", "apply_preview"),
    "undo": ("undo", "hold", "resume", "journal"),
}  # fmt: skip
OPERATIONS: dict[str, Operation] = {
    "all": _in("sync", "sync_all"),
    "recent": _in("sync", "sync_recent"),
    "process_queue": process_queue,
    "clear_queue": clear_queue,
} | {name: _in(module, name) for module, names in MODULES.items() for name in names}
# Operations without a task: the page and a terminal call them with arguments.
WITHOUT_TASK = (
    "hold", "explain", "plex_picture", "sync", "apply_preview", "bundle", "settings", "check_setting", "libraries",
    "template_parts", "save_settings", "samples", "sign_in",
    "sign_in_poll", "sign_in_servers", "sign_in_server", "sign_in_save", "sign_in_cancel",
    "connect",
)  # fmt: skip
# Reconciliations with their scope; None is the setting Reconcile Scope.
RECONCILE: dict[str, "str | None"] = {
    "reconcile_all": "all",
    "reconcile_recent": "recent",
    "reconcile_7days": "recent_7days",
    "reconcile_custom": None,
}
MODES = (*sorted((*OPERATIONS, *RECONCILE, "queue_status")),)
# Operations that drain the queue anyway, so a due reconciliation runs in the same process.
WORKING = (
    "all", "recent", "process_queue", "retry_dlq", "recover_outage_jobs", "resume", *RECONCILE,
)  # fmt: skip
# Operations that use the state of one Plex server, so it has to be known which server answers.
NEEDS_SERVER = (
    "queue_status",
    "retry_dlq",
    "recover_outage_jobs",
    "decide",
    "undo",
    "hold",
    "resume",
    "preview",
    "samples",
    "explain",
    "plex_picture",
    "sync",
    "apply_preview",
    "test_plex",
)
# Operations that write to Plex: before them a test of Plex that was cut off is put back.
WRITING = (*WORKING, "sync", "apply_preview", "decide", "undo")


def works(run: Run, mode: str) -> bool:
    """Whether this invocation drains the queue itself."""
    later = drain_task.is_for_later(run)  # also checks the argument of other operations
    return mode in WORKING and not later
