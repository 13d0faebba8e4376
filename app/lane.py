"""The full lane: makes third-party packages importable, opens the run, does the operation of a mode with an
automatic reconciliation after it, and closes the run."""

import logging
import os
import sys
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from app.activity import Activity
from app.dashboard import notifications
from app.dashboard.overview import NO_PACKAGES
from app.entry import Refusal
from app.packages import activate, steps
from app.progress import ENDS, INSTALL, Progress, Step
from app.run import Run
from disk import messages
from errors import SetupError, Stash2PlexError
from stash import hook, stdio
from sync_queue import inbox

if TYPE_CHECKING:
    from reconciliation.scheduler import ReconciliationScheduler


INSTALLS = (
    "The packages of Stash2Plex are not installed yet. A task of Stash installs them now: see Settings > "
    "Tasks in Stash, and try again when the task has ended"
)
USUAL_LINES = 20  # that pip writes about our packages, roughly
REQUIREMENTS = Path(__file__).resolve().parent.parent / "requirements.txt"

Answer = dict[str, Any]
current: "Run | None" = None  # the invocation of this process


def ready(data_dir: str) -> bool:
    """Whether the lane can open without an installation."""
    return activate.ready(REQUIREMENTS, Path(data_dir))


@contextmanager
def opened(
    connection: Mapping[str, Any],
    args: Mapping[str, Any],
    data_dir: str,
    settings: Any,
    from_stash: bool = True,
) -> Iterator[Run]:
    """The run of this invocation. Raises SetupError if the packages are missing."""
    leave_no_core()
    stdio.claim_stdout()  # before any file of the user is run: it may print
    activate.bring_site_in()
    _quieten_libraries()
    try:
        # Stash kills an operation when its page is left, which would cut an installation off.
        begun = _make_importable(data_dir, may_install=bool(args.get("as_task")) or not from_stash)
    except activate.NotThere:
        hook.wake(dict(connection), data_dir)
        with suppress(OSError):
            Path(data_dir, NO_PACKAGES).touch(mode=0o600)
        raise SetupError(INSTALLS) from None
    with suppress(OSError):
        Path(data_dir, NO_PACKAGES).unlink(missing_ok=True)
    run = Run(connection, args, data_dir, settings, from_stash=from_stash, begun=begun)
    try:
        with _closing(run):
            yield run
    except Exception:
        _announce(run)
        raise
    _announce(run)


@contextmanager
def _closing(run: Run) -> Iterator[None]:
    """Note how the run ended, and close its files."""
    try:
        yield
    except Stash2PlexError as error:
        run.tell_end(str(error))
        raise
    except Exception as error:
        run.tell_end(f"{type(error).__name__}, see Stash's log")
        raise
    finally:
        run.close()


def _announce(run: Run) -> None:
    """Tell people what happened, if they want that. The run holds nothing any more."""
    if run.knows_settings:
        is_wanted = bool(run.config.notify)
    else:
        is_wanted = inbox.exists(f"{inbox.home(run.data_dir)}/{notifications.FILE}")
    if is_wanted:
        from app.notify import announce

        announce.announce(run)


def _quieten_libraries() -> None:
    """Keep third-party log lines out of Stash's log, where they would show as errors, and modules that nobody
    uses out of the process. Call this before the first third-party import."""
    # Whatever matters is raised as an error.
    logging.getLogger().addHandler(logging.NullHandler())
    logging.lastResort = None
    warnings.simplefilter("ignore")
    # persist-queue's queues for asyncio would import all of asyncio.
    for name in ("persistqueue.async_queue", "persistqueue.async_sqlqueue"):
        sys.modules.setdefault(name, _Hollow(name))
    # Pydantic would search every installed package for its plugins.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")


class _Hollow(ModuleType):
    """A module in which every name exists and is None."""

    def __getattr__(self, name: str) -> None:
        if name.startswith("__"):
            raise AttributeError(name)


def _make_importable(data_dir: str, may_install: bool) -> float:
    """Install the packages if they are missing. Returns how far the task is then, 0..1."""
    activity = Activity(data_dir, "install_packages", time.time)
    installation = Installation(activity)
    try:
        activate.ensure(REQUIREMENTS, Path(data_dir), installation.tell, may_install=may_install)
    finally:
        activity.close()
    return installation.progress.step.fraction


class Installation:
    """The lines of an installation go to the log, and to Stash's task and the page as its progress."""

    def __init__(self, activity: Activity) -> None:
        self._activity, self._lines = activity, 0
        self.progress = Progress(self._told, time.time)

    def tell(self, line: str) -> None:
        stdio.info(line)
        self._lines += 1
        done = steps.steps_done(line, self.progress.step.done)
        self.progress.count(INSTALL, done, len(steps.STEPS))
        self.progress.set(ENDS[INSTALL] * self._lines / (self._lines + USUAL_LINES))
        if package := steps.package(line):
            self.progress.about(package)

    def _told(self, step: Step) -> None:
        stdio.progress(step.fraction)
        self._activity.note(step)


def leave_no_core() -> None:
    """The memory of this process holds the token: a crash does not write it to a file."""
    with suppress(ImportError, OSError, ValueError):  # Windows has no such limit
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def drain_inline(connection: dict[str, Any], data_dir: str, settings: Any, scene: int) -> None:
    """Hook Mode is `inline`: sync the scene that was saved, while the save waits. A task does the rest:
    an installation, a reconciliation, all other jobs."""
    from app import drain_lock, hook_hints
    from app.commands import registry

    stdio.claim_stdout()
    activate.bring_site_in()
    if not ready(data_dir):
        return hook.wake(connection, data_dir)
    args = {"trigger": "inline", "only": scene}
    with opened(connection, args, data_dir, settings) as run:
        drain_lock.end_test(run)
        answer = registry.process_queue(run)
        hook_hints.leave_notes(run)
        if run.config.paused or answer["paused"]:
            return None
        return hook_hints.wake_if_due(run)


def in_words(error: BaseException) -> str:
    """The sentence of an expected error. An unexpected error names itself; its traceback is a debug line."""
    if isinstance(error, Stash2PlexError):
        return str(error)
    if isinstance(error, OSError) and isinstance(error.filename, str):
        return str(messages.of_disk(error))
    import traceback  # costs half as much as the start of a process

    stdio.debug("".join(traceback.format_exception(error)))
    # Without the path of a file: the user may want none in the log.
    why = (isinstance(error, OSError) and error.strerror) or error
    return f"unexpected {type(error).__name__}: {why}"[:2000]


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
    with opened(connection, args, data_dir, settings, from_stash=from_stash) as current:
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
