"""A box whose operations run in this very process: random histories need thousands of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from app import entry, lane
from app.commands import reconcile
from app.dashboard import read_only_db, routes
from app.run import Run
from devserver.box import Box
from devserver.stash.client import StashError
from errors import Stash2PlexError
from net import retry


def quicken(box: Box, clock: Callable[[], float] = time.time) -> Box:
    """From now on the box starts no process for an operation, and none by itself. The plugin goes by
    `clock`."""
    box.stash.hold_jobs()
    box.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    box.operation = lambda mode, **args: operation(box, mode, args, clock)  # type: ignore[method-assign]
    return box


def operation(
    box: Box, mode: str, args: dict[str, Any], clock: Callable[[], float] = time.time
) -> Any:
    given = {"mode": mode, **args}
    if mode in entry.PAGE_OPERATIONS:
        try:
            return routes.PAGE_OPERATIONS[mode](str(box.data_dir), given)
        except read_only_db.Trouble as error:
            raise StashError(str(error), 200) from error
    connection = {"Scheme": "http", "Host": "127.0.0.1", "Port": box.stash.port}
    run = Run(connection, given, str(box.data_dir), clock=clock)
    before, lane.current = lane.current, run
    try:
        with _no_pauses():
            return lane.handle_task(mode)
    except Stash2PlexError as error:
        raise StashError(str(error), 200) from error
    finally:
        run.close()
        lane.current = before


@contextmanager
def _no_pauses() -> Iterator[None]:
    """Between the tries of one request, and of one sample."""
    before = [(module, module.PAUSES) for module in (retry, reconcile)]
    for module, pauses in before:
        module.PAUSES = (0.0,) * len(pauses)  # type: ignore[attr-defined]
    try:
        yield
    finally:
        for module, pauses in before:
            module.PAUSES = pauses  # type: ignore[attr-defined]
