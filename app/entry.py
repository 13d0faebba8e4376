"""Where each invocation begins: reads what Stash sends, and hands it to its lane. Hook lane.

A hook takes the hook lane (standard library, a few milliseconds), a page operation the page lane (our
files, no package), every other operation the full lane.
"""

import sys

from stash import stdio
from sync_queue import inbox

# Operations that the page polls, in app.dashboard.routes.
PAGE_OPERATIONS = (
    "status", "overview", "glance", "scene_states", "list_scenes", "list_queue", "list_dead_letters",
    "list_runs", "list_changes", "list_decisions", "list_held", "list_preview",
    "preview_scenes", "notifications",
)  # fmt: skip


class Refusal(ValueError):
    """Bad input, in one sentence."""


def main(argv: "list[str] | None" = None) -> int:
    """Run one invocation and return the exit code. Stash gets exactly one JSON document on stdout."""
    argv = sys.argv[1:] if argv is None else argv
    if not argv and stdio.is_terminal():
        argv = ["--help"]
    try:
        return _terminal(argv) if argv else _from_stash(_read())
    except Refusal as error:
        return _fail(str(error))
    except KeyboardInterrupt:
        return _fail("stopped from the keyboard; the queue is kept")
    except Exception as error:
        return _last_resort(error)


def leave() -> None:
    """End the process after its answer. Python's own end costs a tenth of a hook, and has nothing to do
    where Python was started with -S and no package was loaded."""
    if "site" not in sys.modules:
        stdio.end()


def _last_resort(error: Exception) -> int:
    """Answer even while our files are being replaced. Raises if the answer needs a file that is missing."""
    import errors
    from app import lane

    return _fail(errors.torn(error) or lane.in_words(error))


def _read() -> dict:
    try:
        return stdio.read()
    except ValueError as error:
        stdio.set_terminal(stdio.is_terminal(2))  # Stash did not start this process
        raise Refusal(str(error)) from None


def _from_stash(document: dict) -> int:
    connection = stdio.connection(document.get("server_connection"))
    args = document.get("args")
    args = args if isinstance(args, dict) else {}
    stdio.hide((connection["SessionCookie"] or {}).get("Value"))
    data_dir = get_plugin_data_dir(connection)
    if "hookContext" in args or args.get("mode") == "hook":
        return _hook(args, connection, data_dir, document)
    mode = str(args.get("mode") or "")
    if mode in PAGE_OPERATIONS:
        return _page(mode, args, data_dir)
    from app import lane

    return _answered(lane.run(mode, connection, args, data_dir, document.get("settings")))


def _page(mode: str, args: dict, data_dir: str) -> int:
    from app.dashboard import read_only_db

    try:
        if mode == "status":  # every two seconds: the modules of the others would cost it a tenth
            from app.dashboard import overview

            return _answered(overview.status(data_dir, args))
        from app.dashboard import routes

        return _answered(routes.PAGE_OPERATIONS[mode](data_dir, args))
    except read_only_db.Trouble as error:
        return _fail(str(error))


def _hook(args: dict, connection: dict, data_dir: str, document: dict) -> int:
    from stash import hook

    try:
        answer, scene = hook.handle(args.get("hookContext"), connection, data_dir)
    except OSError as error:  # without its path: the user may want none in the log
        why = error.strerror
        return _fail(f"the change could not be noted on disk: {why}. Reconcile Library finds it")
    if scene:
        from app import lane

        lane.drain_inline(connection, data_dir, document.get("settings"), scene)
    return _answered(answer)


def _terminal(argv: "list[str]") -> int:
    from app import cli, lane

    line = cli.parse(argv)
    stdio.set_terminal(True)
    named = line.data_dir
    data_dir = _made(named) if named else get_plugin_data_dir({"Dir": line.config_dir()})
    cli.become_owner(data_dir)
    return line.show(lane.run(line.mode, line.connection, line.args, data_dir, from_stash=False))


def get_plugin_data_dir(connection: "dict | None" = None) -> str:
    """The folder of our state: `<Stash's config folder>/plugin_data/Stash2Plex`, made on demand.

    Without an argument, the folder of the running invocation. Raises Refusal if Stash named none.
    """
    if connection is None:
        from app import lane

        if lane.current is not None:
            return lane.current.data_dir
    folder = (connection or {}).get("Dir")
    if not isinstance(folder, str) or not folder:
        raise Refusal("Stash did not name its config folder (server_connection.Dir)")
    return _made(f"{folder.rstrip('/')}/plugin_data/{stdio.PLUGIN_ID}")


def _made(path: str) -> str:
    try:
        inbox.make_private(path)
    except OSError as error:
        why = error.strerror
        raise Refusal(f"the folder for Stash2Plex's state cannot be made: {why}") from None
    return path


def _answered(output: object) -> int:
    stdio.answer(output)
    return 0


def _fail(sentence: str) -> int:
    stdio.error(sentence)
    stdio.answer(error=sentence)
    return 1
