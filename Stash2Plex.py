#!/usr/bin/env python3
"""Stash2Plex: makes Plex say what Stash says about the same files.

Stash starts this file once per event, with JSON on stdin, and waits for one JSON answer. A hook
takes the feather lane (standard library, a few milliseconds); everything else takes the full lane.
This file is compiled anew at every start, so it only chooses the lane and wires things up.
"""
import os
import sys
import time

from stash import hook, wire

_run = None  # the full-lane invocation (app.run.Run), once there is one


def main(argv=None):
    """One invocation; gives the exit code. Exactly one JSON document goes to stdout."""
    argv = sys.argv[1:] if argv is None else argv
    try:
        return _terminal(argv) if argv else _from_stash(wire.read())
    except ValueError as error:  # bad input, told in one sentence
        return _fail(str(error))
    except Exception as error:  # the last resort: nothing may leave without an answer
        return _fail(_words(error))


def _from_stash(document):
    connection = document.get("server_connection")
    connection = connection if isinstance(connection, dict) else {}
    args = document.get("args")
    args = args if isinstance(args, dict) else {}
    wire.hide((connection.get("SessionCookie") or {}).get("Value"))
    data_dir = get_plugin_data_dir(connection)
    if "hookContext" in args or args.get("mode") == "hook":
        return _hook(args, connection, data_dir, document)
    mode = str(args.get("mode") or "")
    wire.claim_stdout()
    with _FullLane(connection, args, data_dir, document.get("settings")):
        return _answered(handle_task(mode))


def _hook(args, connection, data_dir, document):
    try:
        said, drain_here = hook.handle(args.get("hookContext"), connection, data_dir)
    except OSError as error:
        return _fail(f"the change could not be noted on disk: {error}. Reconcile Library finds it")
    if drain_here:
        wire.claim_stdout()
        with _FullLane(connection, {"mode": "process_queue"}, data_dir, document.get("settings")):
            handle_task("process_queue")
    return _answered(said)


def _terminal(argv):
    from app import cli

    command = cli.parse(argv)
    wire.claim_stdout()
    wire.set_terminal(True)
    data_dir = command.data_dir or get_plugin_data_dir({"Dir": command.config_dir()})
    os.makedirs(data_dir, mode=0o700, exist_ok=True)
    with _FullLane(command.connection(), command.args(), data_dir, None, from_stash=False):
        return _answered(handle_task(command.mode))


class _FullLane:
    """Makes third-party packages importable, opens the run, and closes it whatever happens."""

    def __init__(self, connection, args, data_dir, settings, from_stash=True):
        self._given = (connection, args, data_dir, settings)
        self._from_stash = from_stash

    def __enter__(self):
        global _run
        connection, args, data_dir, settings = self._given
        from pathlib import Path

        from app import deps, quiet
        from app.run import Run

        quiet.libraries()
        here = os.path.dirname(os.path.abspath(__file__))
        deps.ensure(Path(here) / "requirements.txt", Path(data_dir), wire.info)
        _run = Run(connection, args, data_dir, settings, time.time, self._from_stash)
        return _run

    def __exit__(self, *exc):
        if _run is not None:
            _run.close()


def get_plugin_data_dir(connection=None):
    """Where our state lives: `<Stash's config folder>/plugin_data/Stash2Plex`, made on demand.

    Without an argument, that of the running invocation. ValueError when Stash named no folder.
    """
    if connection is None and _run is not None:
        return _run.data_dir
    folder = (connection or {}).get("Dir")
    if not isinstance(folder, str) or not folder:
        raise ValueError("Stash did not say where its config folder is (server_connection.Dir)")
    path = os.path.join(folder, "plugin_data", hook.PLUGIN_ID)
    os.makedirs(path, mode=0o700, exist_ok=True)
    return path


def handle_task(mode):
    """Carry out a task or operation by its mode; what it answers. ValueError: no such mode."""
    from app import commands

    if mode == "queue_status":
        found = handle_queue_status()
    elif mode in commands.RECONCILE:
        found = handle_reconcile(commands.RECONCILE[mode] or _run.config.reconcile_scope)
    elif mode in commands.COMMANDS:
        found = commands.COMMANDS[mode](_run)
    else:
        known = ", ".join(sorted([*commands.COMMANDS, *commands.RECONCILE, "queue_status"]))
        raise ValueError(f"there is no mode {mode!r}; the modes are: {known}")
    if mode in commands.WORKING:
        found = _with_auto(found, maybe_auto_reconcile())
    else:
        _wake_if_due()
    commands.leave_notes(_run)
    wire.progress(1.0)
    return found


def _with_auto(found, automatic):
    return found | {"auto_reconcile": automatic} if automatic else found


def handle_reconcile(scope):
    """Find and close the gaps of a scope: all, recent, recent_7days or a custom range."""
    from app import commands

    return commands.reconcile(_run, scope)


def handle_queue_status():
    """View Queue Status: in the log for a person, as JSON for a program."""
    from app import status

    return status.queue_status(_run)


def maybe_auto_reconcile():
    """Reconcile if the interval or a start of Stash calls for it; None when nothing was due."""
    from reconciliation.scheduler import SCOPE_MAP

    scheduler, config, now = _run.scheduler, _run.config, time.time()
    if config.paused:
        return None
    if scheduler.is_due(config.reconcile_interval, now):
        scope = SCOPE_MAP.get(config.reconcile_scope, config.reconcile_scope)
        return _run_auto_reconcile(scheduler, scope, is_startup=False)
    if _run.from_stash and scheduler.is_startup_due(now, config.reconcile_interval):
        return _run_auto_reconcile(scheduler, "recent", is_startup=True)
    return None


def _run_auto_reconcile(scheduler, scope, is_startup):
    """One automatic run; its failure is remembered and told, and is not that of the task."""
    from app import commands

    try:
        return commands.reconcile(_run, scope, startup=is_startup)
    except Exception as error:
        later = scheduler.status(time.time()).get("retry_at")
        when = time.strftime(" after %H:%M:%S", time.localtime(later)) if later else " later"
        wire.warning(f"the reconciliation failed and is tried again{when}: {_words(error)}")
        return {"error": _words(error)}


def _wake_if_due():
    """A command that a person waits for does not reconcile; it wakes a drain that does."""
    if _run.from_stash and hook.is_due(_run.data_dir, time.time()):
        hook.wake(_run.connection, _run.data_dir)


def _answered(output):
    wire.answer(output)
    return 0


def _fail(sentence):
    wire.error(sentence)
    wire.answer(error=sentence)
    return 1


def _words(error):
    """The sentence of an expected error; an unexpected one names itself, its traceback in debug."""
    import traceback

    from errors import Stash2PlexError

    if isinstance(error, Stash2PlexError):
        return str(error)
    wire.debug(traceback.format_exc())
    return f"unexpected {type(error).__name__}: {error}"[:2000]


if __name__ == "__main__":
    sys.exit(main())
