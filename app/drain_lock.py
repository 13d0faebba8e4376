"""The drain lock for operations that write to Plex without the queue, and the end of a test of Plex that was
cut off."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import errors
from app import hook_hints
from app.phrasing import many
from app.run import Run
from disk.lock import FileLock
from stash import stdio
from sync_queue import inbox, servers


@contextmanager
def alone(run: Run) -> Iterator[None]:
    """Hold the drain lock, since only one process at a time writes to Plex."""
    lock = FileLock(os.path.join(run.data_dir, inbox.LOCK))
    if not lock.acquire():
        raise errors.SetupError(
            "another run is writing to Plex just now: try again when it is done"
        )
    try:
        yield
    finally:
        lock.release()
        hook_hints.wake_if_work_is_left(run)


def refuse_while_paused(run: Run) -> None:
    """Raise before anything is noted or held."""
    from plex.client.transport import paused

    if run.config.paused:
        raise paused()


def end_test(run: Run) -> None:
    """Put back what a test of Plex that was cut off has left, before anything else is done. A Plex that does
    not answer is asked again by the next run. Does nothing while another process writes: that one has done
    it, or is the test."""
    try:
        if not _is_test_open(run) or run.config.paused:
            return
    except errors.Stash2PlexError:
        return  # the operation meets the same error, and reports it
    lock = FileLock(os.path.join(run.data_dir, inbox.LOCK))
    if lock.acquire():
        try:
            put_back(run)
        except errors.Stash2PlexError as error:
            stdio.warning(f"Test Plex was cut off, and its item is not put back yet: {error}")
        finally:
            lock.release()


def _is_test_open(run: Run) -> bool:
    from plex.state.self_tests import SelfTests

    if servers.may_be_another(run.data_dir, run.config.plex_url):
        run.meet()  # each server has its own test
    return bool(SelfTests(run.store).run)


def put_back(run: Run) -> None:
    """Put back what a test has left, under the drain lock. Raises the errors of Plex."""
    from plex.self_test.put_back import put_back as put_back_rows
    from plex.state.self_tests import SelfTests

    plex = run.plex  # the server that answers may be another one
    if not SelfTests(run.store).run:
        return
    left = put_back_rows(plex, run.journal, run.store)
    stdio.info("Test Plex was cut off: its item is put back now")
    for back in left:
        stdio.warning(f"Plex item {back.rating_key}: Plex does not put back {back.field}")
    if left:
        stdio.warning(f"{many(len(left), 'field')} of the test left: Undo of its run tries again")
