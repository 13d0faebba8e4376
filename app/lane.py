"""The full lane: third-party packages made importable, the run opened and closed again."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from app import quiet_libraries
from app.activity import Activity
from app.packages import activate
from app.run import Run
from disk import messages
from errors import SetupError, Stash2PlexError
from stash import hook, stdio

INSTALLS = (
    "The packages of Stash2Plex are not there yet. A task of Stash installs them now: see Tasks in "
    "Stash, and try again when it has ended"
)
USUAL_LINES = 20  # about so many lines pip writes about our packages
REQUIREMENTS = Path(__file__).resolve().parent.parent / "requirements.txt"


def ready(data_dir: str) -> bool:
    """Whether the lane opens at once, without an installation."""
    return activate.ready(REQUIREMENTS, Path(data_dir))


@contextmanager
def opened(
    connection: Mapping[str, Any],
    args: Mapping[str, Any],
    data_dir: str,
    settings: Any,
    from_stash: bool = True,
) -> Iterator[Run]:
    """The run of this invocation. SetupError when the packages cannot be had."""
    leave_no_core()
    stdio.claim_stdout()
    quiet_libraries.libraries()
    try:
        # Stash kills an operation when its page is left, in the middle of an installation.
        _make_importable(data_dir, may_install=bool(args.get("as_task")) or not from_stash)
    except activate.NotThere:
        hook.wake(dict(connection), data_dir)
        raise SetupError(INSTALLS) from None
    run = Run(connection, args, data_dir, settings, from_stash=from_stash)
    try:
        yield run
    except Stash2PlexError as error:
        run.tell_end(str(error))
        raise
    except Exception as error:
        run.tell_end(f"{type(error).__name__}, see Stash's log")
        raise
    finally:
        run.close()


def _make_importable(data_dir: str, may_install: bool) -> None:
    """What pip says goes to the log, and to the page as the progress of an installation."""
    installation = Activity(data_dir, "install_packages", time.time)
    told = 0

    def tell(line: str) -> None:
        nonlocal told
        told += 1
        stdio.info(line)
        installation.note(told / (told + USUAL_LINES))

    try:
        activate.ensure(REQUIREMENTS, Path(data_dir), tell, may_install=may_install)
    finally:
        installation.close()


def leave_no_core() -> None:
    """The memory of this process has the token in it: no crash may put it into a file."""
    with suppress(ImportError, OSError, ValueError):  # there is none of this on Windows
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def drain_inline(connection: dict[str, Any], data_dir: str, settings: Any, scene: int) -> None:
    """The setting hook_mode: inline. A save waits for its own scene only: an installation, a
    reconciliation and whatever else is owed are left to a task."""
    from app import hook_hints
    from app.commands import registry

    if not ready(data_dir):
        return hook.wake(connection, data_dir)
    args = {"trigger": "inline", "only": scene}
    with opened(connection, args, data_dir, settings) as run:
        found = registry.process_queue(run)
        hook_hints.leave_notes(run)
        if run.config.paused or found["paused"]:
            return None
        return hook_hints.wake_if_due(run)


def in_words(error: BaseException) -> str:
    """The sentence of an expected error; an unexpected one names itself, its traceback in debug."""
    if isinstance(error, Stash2PlexError):
        return str(error)
    if isinstance(error, OSError) and isinstance(error.filename, str):
        return str(messages.of_disk(error))
    import traceback  # half of what the start of a process costs

    stdio.debug("".join(traceback.format_exception(error)))
    # Of a file only what is wrong with it: the user may want no path in the log.
    said = (isinstance(error, OSError) and error.strerror) or error
    return f"unexpected {type(error).__name__}: {said}"[:2000]
