#!/usr/bin/env python3
"""Stash2Plex: makes Plex say what Stash says about the same files.

Stash starts this file once per event, with JSON on stdin, and waits for one JSON answer. Python compiles
this file at every start, so it only leads on: to `app.entry` and, behind that, to `app.lane`.
"""

import sys

TOO_OLD = (
    "Stash2Plex needs Python 3.10 or newer; Stash started it with %s: "
    "set Python Path in Stash's settings"
)
NOT_WHOLE = "the plugin is being updated or is not whole (%s): reinstall it if this error stays"


def _alone(sentence):
    """Answer without any module of ours. `sentence` has nothing to escape."""
    import os

    for fd, text in ((1, '{"output": null, "error": "%s"}\n'), (2, "\x01e\x02%s\n")):
        try:
            os.write(fd, (text % sentence).encode())
        except OSError:  # nobody reads
            pass
    return 1


if sys.version_info < (3, 10):  # noqa: UP036 - an old Python has to understand this file up to here
    sys.exit(_alone(TOO_OLD % "{}.{}".format(*sys.version_info)))
try:
    from app import entry

    main, get_plugin_data_dir = entry.main, entry.get_plugin_data_dir
except Exception as error:
    sys.exit(_alone(NOT_WHOLE % type(error).__name__))


def handle_task(mode):
    from app import lane

    return lane.handle_task(mode)


def handle_reconcile(scope):
    from app import lane

    return lane.handle_reconcile(scope)


def handle_queue_status():
    from app import lane

    return lane.handle_queue_status()


def maybe_auto_reconcile():
    from app import lane

    return lane.maybe_auto_reconcile()


def _run_auto_reconcile(scheduler, scope, is_startup):
    from app import lane

    return lane.auto_reconcile(scheduler, scope, is_startup)


if __name__ == "__main__":
    try:
        code = main()
    except Exception as error:  # while our files are being replaced
        code = _alone(NOT_WHOLE % type(error).__name__)
    if code == 0:
        entry.leave()
    sys.exit(code)
