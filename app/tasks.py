"""The operations of the full lane: from a mode to its answer, with an automatic reconciliation after it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from app import lane
from app.entry import Refusal
from app.run import Run

if TYPE_CHECKING:
    from reconciliation.scheduler import ReconciliationScheduler

Answer = dict[str, Any]
current: "Run | None" = None  # the invocation of this process


def run(
    mode: str,
    connection: Mapping[str, Any],
    args: Mapping[str, Any],
    data_dir: str,
    settings: Any = None,
    from_stash: bool = True,
) -> Answer:
    """Run the operation of this mode with third-party packages importable. Raises as `handle_task`."""
    global current
    with lane.opened(connection, args, data_dir, settings, from_stash=from_stash) as current:
        return handle_task(mode)


def _run() -> Run:
    assert current is not None, "no invocation is open"
    return current


def handle_task(mode: str) -> Answer:
    """Run the operation of this mode and return its answer. Raises Refusal for an unknown mode."""
    from app import activity, arguments, drain_lock, drain_task, hook_hints
    from app.commands import reconcile, registry

    run = _run()
    if mode not in registry.MODES:
        raise Refusal(f"there is no mode {mode!r}; the modes are: {', '.join(registry.MODES)}")
    arguments.check(run, mode)
    working = registry.works(run, mode)
    if mode in registry.WRITING and not drain_task.is_for_later(run):
        drain_lock.end_test(run)
    if working and reconcile.due(run):
        run.progress.between(0.0, 0.5)
    answer = _operate(mode)
    run.progress.between(0.5, 1.0)
    automatic = maybe_auto_reconcile() if working else None
    if automatic:
        answer = {**answer, "auto_reconcile": automatic}
    hook_hints.leave_notes(run)
    if not working:
        hook_hints.wake_if_due(run)
    run.progress.set(1.0)
    if not answer.get("later"):  # then a task does the work, and knows how it ends
        run.tell_end(activity.held_back(answer))
    return answer


def _operate(mode: str) -> Answer:
    from app.commands import reconcile, registry

    run = _run()
    if mode in registry.NEEDS_SERVER:
        run.meet()
    if mode == "queue_status":
        return handle_queue_status()
    if mode in registry.RECONCILE:
        return handle_reconcile(registry.RECONCILE[mode] or reconcile.scope_of_settings(run))
    return registry.OPERATIONS[mode](run)


def handle_reconcile(scope: str) -> Answer:
    """Find and close the gaps in a scope: all, recent, recent_7days or a custom range."""
    from app.commands import reconcile

    return reconcile.reconcile(_run(), scope)


def handle_queue_status() -> Answer:
    """View Queue Status: log lines for a person, JSON for a program."""
    from app.commands import status

    return status.queue_status(_run())


def maybe_auto_reconcile() -> "Answer | None":
    """Reconcile if the interval or a start of Stash calls for it. None if nothing was due."""
    from app.commands import reconcile

    due = reconcile.due(_run())
    return auto_reconcile(_run().scheduler, *due) if due else None


def auto_reconcile(
    scheduler: "ReconciliationScheduler", scope: str, is_startup: bool
) -> "Answer | None":
    """One automatic run. Its failure is recorded and logged, and does not fail the task."""
    from app.commands import reconcile

    return reconcile.reconcile_quietly(_run(), scheduler, scope, is_startup)
