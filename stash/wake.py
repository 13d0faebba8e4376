"""Wakes one drain: asks Stash for the task that does the work. Hook lane."""

import time

from disk import lock
from stash import light_http, stdio
from sync_queue import inbox

DRAIN_TASK = "Process Queue"
WAKE_SECONDS = 3.0  # for all requests of a hook to Stash: a person waits


def wake(connection: dict, data_dir: str) -> None:
    """Make sure that one drain is queued in Stash. Never raises, never waits for a job."""
    asking = lock.FileLock(f"{data_dir}/{inbox.WAKE_LOCK}")
    try:
        if _is_on_its_way(data_dir) or not asking.acquire():
            return  # or another hook is asking Stash now
        try:
            # A drain that another hook asked for may have started meanwhile.
            if not (_is_on_its_way(data_dir) or lock.is_held(inbox.lock_path(data_dir))):
                _wake(connection, data_dir)
        finally:
            asking.release()
    except Exception as error:  # the flag is on disk, so nothing that Stash answers fails the Save
        stdio.warning(
            f"Stash could not be asked to sync this now ({_why(error)}): "
            "the change is noted, and the next event or Process Queue syncs it"
        )


def _why(error: Exception) -> str:
    """The reason in a few words, without a path: a hook does not know whether Obfuscate Paths is on."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, OSError):
        return error.strerror or "no connection"
    return str(error) if type(error) is ValueError else "an answer that makes no sense"


def _is_on_its_way(data_dir: str) -> bool:
    return inbox.waking(data_dir, stdio.server_identity(), time.time()) == ""


def _wake(connection: dict, data_dir: str) -> None:
    """Ask Stash for a drain, unless the promised one still waits. Only the wake lock's holder does."""
    server, deadline = stdio.server_identity(), time.monotonic() + WAKE_SECONDS
    job = inbox.waking(data_dir, server, time.time()) or ""
    try:
        if not (job and _waits(connection, job, deadline)):
            job = inbox.NO_ANSWER
            inbox.begin_wake(data_dir)
            job = _queue_drain(connection, deadline)
            inbox.end_wake(data_dir, job, server)
    except TimeoutError:
        # Stash may have received the request, and the next Save should not wait too.
        inbox.end_wake(data_dir, job, server)
        inbox.touch_wake(data_dir)
        raise
    except BaseException:
        inbox.drop_wake(data_dir)
        raise
    inbox.touch_wake(data_dir)


def _queue_drain(connection: dict, deadline: float) -> str:
    query = (
        "mutation Wake($plugin: ID!, $task: String, $args: Map) "
        "{ runPluginTask(plugin_id: $plugin, task_name: $task, args_map: $args) }"
    )
    args = {"mode": "process_queue", "trigger": "hook"}
    variables = {"plugin": stdio.PLUGIN_ID, "task": DRAIN_TASK, "args": args}
    return str(light_http.ask(connection, query, variables, deadline)["runPluginTask"])


def _waits(connection: dict, job: str, deadline: float) -> bool:
    query = "query Waits($input: FindJobInput!) { findJob(input: $input) { status description } }"
    known = light_http.ask(connection, query, {"input": {"id": job}}, deadline)["findJob"]
    # Job numbers begin anew with each start of Stash, so this may be another job.
    return (
        bool(known)
        and known["status"] in ("READY", "RUNNING")
        and (DRAIN_TASK in str(known["description"]))
    )
