#!/usr/bin/env python3
"""Stash2Plex: makes Plex say what Stash says about the same files.

Stash starts this file once per event, with JSON on stdin, and waits for one JSON answer. A hook takes
the hook lane (standard library, a few milliseconds), a page operation the page lane (our files, no
package), every other operation the full lane. Python compiles this file at every start: keep it short.
"""

import os
import sys

TOO_OLD = (
    "Stash2Plex needs Python 3.10 or newer; Stash started it with %s: "
    "set Python Path in Stash's settings"
)
NOT_WHOLE = "the plugin is being updated or is not whole (%s): reinstall it if this error stays"


def _alone(sentence):
    """Answer without any other module. `sentence` has nothing to escape."""
    for fd, text in ((1, '{"output": null, "error": "%s"}\n'), (2, "\x01e\x02%s\n")):
        try:
            os.write(fd, (text % sentence).encode())
        except OSError:  # nobody reads
            pass
    return 1


if sys.version_info < (3, 10):  # noqa: UP036 - an old Python has to understand this file up to here
    sys.exit(_alone(TOO_OLD % "{}.{}".format(*sys.version_info)))
try:
    from stash import hook, stdio
except Exception as error:
    sys.exit(_alone(NOT_WHOLE % type(error).__name__))

# Operations that the page polls, in app.dashboard.routes.
PAGE_OPERATIONS = (
    "status", "overview", "scene_states", "list_scenes", "list_queue", "list_dead_letters",
    "list_runs", "list_changes", "list_decisions", "list_held", "list_preview",
)  # fmt: skip
_run = None  # the full-lane invocation (app.run.Run), once there is one


class Refusal(ValueError):
    """Bad input, in one sentence."""


def main(argv=None):
    """Run one invocation and return the exit code. Stash gets exactly one JSON document on stdout."""
    argv = sys.argv[1:] if argv is None else argv
    if not argv and os.isatty(0):
        argv = ["--help"]
    try:
        return _terminal(argv) if argv else _from_stash(_read())
    except Refusal as error:
        return _fail(str(error))
    except KeyboardInterrupt:
        return _fail("stopped from the keyboard; the queue is kept")
    except Exception as error:
        return _last_resort(error)


def _last_resort(error):
    """Answer even while our files are being replaced."""
    try:
        from app import lane

        return _fail(_torn(error) or lane.in_words(error))
    except Exception as broken:
        return _alone(_torn(error) or _torn(broken) or NOT_WHOLE % type(broken).__name__)


def _torn(error):
    """A sentence if the error comes from modules that do not fit together, else ''."""
    of_module = isinstance(getattr(error, "obj", None), type(os))
    if not (of_module or isinstance(error, (ImportError, SyntaxError))):
        return ""
    return NOT_WHOLE % " ".join(filter(None, (type(error).__name__, getattr(error, "name", None))))


def _read():
    try:
        return stdio.read()
    except ValueError as error:
        stdio.set_terminal(os.isatty(2))  # Stash did not start this process
        raise Refusal(str(error)) from None


def _from_stash(document):
    connection = stdio.connection(document.get("server_connection"))
    args = document.get("args")
    args = args if isinstance(args, dict) else {}
    stdio.hide((connection["SessionCookie"] or {}).get("Value"))
    data_dir = get_plugin_data_dir(connection)
    if "hookContext" in args or args.get("mode") == "hook":
        return _hook(args, connection, data_dir, document)
    mode, settings = str(args.get("mode") or ""), document.get("settings")
    if mode in PAGE_OPERATIONS:
        return _page(mode, args, data_dir)
    return _in_full_lane(lambda: _answered(handle_task(mode)), connection, args, data_dir, settings)


def _page(mode, args, data_dir):
    from app.dashboard import read_only_db, routes

    try:
        return _answered(routes.PAGE_OPERATIONS[mode](data_dir, args))
    except read_only_db.Trouble as error:
        return _fail(str(error))


def _hook(args, connection, data_dir, document):
    try:
        answer, scene = hook.handle(args.get("hookContext"), connection, data_dir)
    except OSError as error:  # without its path: the user may want none in the log
        why = error.strerror
        return _fail(f"the change could not be noted on disk: {why}. Reconcile Library finds it")
    if scene:
        from app import lane

        lane.drain_inline(connection, data_dir, document.get("settings"), scene)
    return _answered(answer)


def _terminal(argv):
    from app import cli

    line = cli.parse(argv)
    stdio.set_terminal(True)
    named = line.data_dir
    data_dir = _made(named) if named else get_plugin_data_dir({"Dir": line.config_dir()})
    cli.become_owner(data_dir)
    given = (line.connection, line.args, data_dir, None)
    return _in_full_lane(lambda: line.show(handle_task(line.mode)), *given, from_stash=False)


def _in_full_lane(work, *given, **options):
    """Run `work` with third-party packages importable and the run open."""
    global _run
    from app import lane

    with lane.opened(*given, **options) as _run:
        return work()


def get_plugin_data_dir(connection=None):
    """The folder of our state: `<Stash's config folder>/plugin_data/Stash2Plex`, made on demand.

    Without an argument, the folder of the running invocation. Raises Refusal if Stash named none.
    """
    if connection is None and _run is not None:
        return _run.data_dir
    folder = (connection or {}).get("Dir")
    if not isinstance(folder, str) or not folder:
        raise Refusal("Stash did not name its config folder (server_connection.Dir)")
    return _made(os.path.join(folder, "plugin_data", hook.PLUGIN_ID))


def _made(path):
    try:
        os.makedirs(path, mode=0o700, exist_ok=True)
    except OSError as error:
        why = error.strerror
        raise Refusal(f"the folder for Stash2Plex's state cannot be made: {why}") from None
    return path


def handle_task(mode):
    """Run the operation of this mode and return its answer. Raises Refusal for an unknown mode."""
    from app import activity, arguments, hook_hints
    from app.commands import reconcile, registry

    if mode not in registry.MODES:
        raise Refusal(f"there is no mode {mode!r}; the modes are: {', '.join(registry.MODES)}")
    arguments.check(_run, mode)
    working = registry.works(_run, mode)
    if working and reconcile.due(_run):
        _run.progress.between(0.0, 0.5)
    answer = _operate(mode)
    _run.progress.between(0.5, 1.0)
    automatic = maybe_auto_reconcile() if working else None
    if automatic:
        answer = {**answer, "auto_reconcile": automatic}
    hook_hints.leave_notes(_run)
    if not working:
        hook_hints.wake_if_due(_run)
    _run.progress.set(1.0)
    _run.tell_end(activity.held_back(answer))
    return answer


def _operate(mode):
    from app.commands import reconcile, registry

    if mode in registry.NEEDS_SERVER:
        _run.meet()
    if mode == "queue_status":
        return handle_queue_status()
    if mode in registry.RECONCILE:
        return handle_reconcile(registry.RECONCILE[mode] or reconcile.scope_of_settings(_run))
    return registry.OPERATIONS[mode](_run)


def handle_reconcile(scope):
    """Find and close the gaps in a scope: all, recent, recent_7days or a custom range."""
    from app.commands import reconcile

    return reconcile.reconcile(_run, scope)


def handle_queue_status():
    """View Queue Status: log lines for a person, JSON for a program."""
    from app.commands import status

    return status.queue_status(_run)


def maybe_auto_reconcile():
    """Reconcile if the interval or a start of Stash calls for it. None if nothing was due."""
    from app.commands import reconcile

    due = reconcile.due(_run)
    return _run_auto_reconcile(_run.scheduler, *due) if due else None


def _run_auto_reconcile(scheduler, scope, is_startup):
    """One automatic run. Its failure is recorded and logged, and does not fail the task."""
    from app.commands import reconcile

    return reconcile.reconcile_quietly(_run, scheduler, scope, is_startup)


def _answered(output):
    stdio.answer(output)
    return 0


def _fail(sentence):
    stdio.error(sentence)
    stdio.answer(error=sentence)
    return 1


if __name__ == "__main__":
    sys.exit(main())
