#!/usr/bin/env python3
"""Stash2Plex: makes Plex say what Stash says about the same files.

Stash starts this file once per event, with JSON on stdin, and waits for one JSON answer. A hook
takes the feather lane (standard library, a few milliseconds); everything else takes the full lane.
This file is compiled anew at every start, so it only chooses the lane and wires things up.
"""

import os
import sys

from stash import hook, wire

_run = None  # the full-lane invocation (app.run.Run), once there is one


class Refusal(ValueError):
    """Bad input, told in one sentence."""


def main(argv=None):
    """One invocation; gives the exit code. Exactly one JSON document goes to stdout."""
    argv = sys.argv[1:] if argv is None else argv
    if not argv and os.isatty(0):
        argv = ["--help"]
    try:
        return _terminal(argv) if argv else _from_stash(_read())
    except Refusal as error:
        return _fail(str(error))
    except KeyboardInterrupt:
        return _fail("stopped from the keyboard; what is owed stays in the queue")
    except Exception as error:  # the last resort: nothing may leave without an answer
        from app import lane

        return _fail(lane.in_words(error))


def _read():
    try:
        return wire.read()
    except ValueError as error:
        raise Refusal(str(error)) from None


def _from_stash(document):
    connection = wire.connection(document.get("server_connection"))
    args = document.get("args")
    args = args if isinstance(args, dict) else {}
    wire.hide((connection["SessionCookie"] or {}).get("Value"))
    data_dir = get_plugin_data_dir(connection)
    if "hookContext" in args or args.get("mode") == "hook":
        return _hook(args, connection, data_dir, document)
    mode, settings = str(args.get("mode") or ""), document.get("settings")
    return _in_full_lane(lambda: _answered(handle_task(mode)), connection, args, data_dir, settings)


def _hook(args, connection, data_dir, document):
    try:
        said, drain_here = hook.handle(args.get("hookContext"), connection, data_dir)
    except OSError as error:
        return _fail(f"the change could not be noted on disk: {error}. Reconcile Library finds it")
    if drain_here:
        from app import lane

        lane.drain_inline(connection, data_dir, document.get("settings"))
    return _answered(said)


def _terminal(argv):
    from app import cli

    command = cli.parse(argv)
    wire.set_terminal(True)
    own = command.data_dir
    data_dir = _made(own) if own else get_plugin_data_dir({"Dir": command.config_dir()})
    given = (command.connection, {"mode": command.mode}, data_dir, None)
    return _in_full_lane(lambda: _answered(handle_task(command.mode)), *given, from_stash=False)


def _in_full_lane(work, *given, **options):
    """What `work` gives, with third-party packages importable and the run open."""
    global _run
    from app import lane

    with lane.opened(*given, **options) as _run:
        return work()


def get_plugin_data_dir(connection=None):
    """Where our state lives: `<Stash's config folder>/plugin_data/Stash2Plex`, made on demand.

    Without an argument, that of the running invocation. Refusal when Stash named no folder.
    """
    if connection is None and _run is not None:
        return _run.data_dir
    folder = (connection or {}).get("Dir")
    if not isinstance(folder, str) or not folder:
        raise Refusal("Stash did not say where its config folder is (server_connection.Dir)")
    return _made(os.path.join(folder, "plugin_data", hook.PLUGIN_ID))


def _made(path):
    try:
        os.makedirs(path, mode=0o700, exist_ok=True)
    except OSError as error:
        raise Refusal(f"the folder for Stash2Plex's state cannot be made: {error}") from None
    return path


def handle_task(mode):
    """Carry out a task or operation by its mode; what it answers. Refusal: no such mode."""
    from app import commands

    known = sorted([*commands.COMMANDS, *commands.RECONCILE, "queue_status"])
    if mode not in known:
        raise Refusal(f"there is no mode {mode!r}; the modes are: {', '.join(known)}")
    working = mode in commands.WORKING
    if working and commands.due(_run):
        _run.progress.between(0.0, 0.5)
    found = _carry_out(mode)
    _run.progress.between(0.5, 1.0)
    if working and (automatic := maybe_auto_reconcile()):
        found = found | {"auto_reconcile": automatic}
    commands.leave_notes(_run)
    if not working:
        commands.wake_if_due(_run)
    _run.progress(1.0)
    return found


def _carry_out(mode):
    from app import commands

    if mode == "queue_status":
        return handle_queue_status()
    if mode in commands.RECONCILE:
        return handle_reconcile(commands.RECONCILE[mode] or commands.scope_of_settings(_run))
    return commands.COMMANDS[mode](_run)


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
    from app import commands

    due = commands.due(_run)
    return _run_auto_reconcile(_run.scheduler, *due) if due else None


def _run_auto_reconcile(scheduler, scope, is_startup):
    """One automatic run; its failure is remembered and told, and is not that of the task."""
    from app import commands

    return commands.reconcile_quietly(_run, scheduler, scope, is_startup)


def _answered(output):
    wire.answer(output)
    return 0


def _fail(sentence):
    wire.error(sentence)
    wire.answer(error=sentence)
    return 1


if __name__ == "__main__":
    sys.exit(main())
