"""The hook lane: decide whether an event matters, mark what changed, wake one drain, answer.

Stash waits for a hook inside the user's Save. A failure after the flag is on disk does not matter: the
flag stays, and the next invocation wakes the drain.
"""

import time

from disk import lock
from stash import light, stdio
from sync_queue import inbox

STATE_FILE = "reconciliation_state.json"  # the scheduler's, read here without importing it
DRAIN_TASK = "Process Queue"
WAKE_SECONDS = 3.0  # for all requests of a hook to Stash: a person waits
# The fields that Plex always shows. A change of any other field is ignored, and with no field every
# event is. Fields that Plex shows with some settings are in the inbox's notes.
SHOWN = {"Performer": ("name",), "Studio": ("name",), "Tag": ("name",), "Group": ()}


def flag(context: object, data_dir: str, config_dir: str = "") -> "tuple[str, int] | None":
    """The (kind, id) that a hookContext makes dirty. None if Plex does not show the change."""
    if not isinstance(context, dict):
        return None
    subject, _, rest = str(context.get("type", "")).partition(".")
    number = _number(context.get("id"))
    kind = subject.lower()
    if number is None or kind not in inbox.KINDS or not rest.endswith(".Post"):
        return None
    fields, shown = context.get("inputFields"), SHOWN.get(subject)
    if shown is None or _shows(shown, rest, fields):
        return kind, number
    more = inbox.also_shown(data_dir, subject, config_dir)
    return (kind, number) if _shows(more, rest, fields) else None


def merged(context: dict) -> "list[int]":
    """The tags that a merge removed. Stash names them only in the event of the tag into which they were
    merged, and that tag may be gone before a drain reads it."""
    if context.get("type") != "Tag.Merge.Post" or not isinstance(context.get("input"), dict):
        return []
    source = context["input"].get("source")
    numbers = map(_number, source if isinstance(source, list) else ())
    return [number for number in numbers if number]


def _shows(shown: "tuple[str, ...]", rest: str, fields: object) -> bool:
    if rest == "Update.Post" and isinstance(fields, list) and fields:
        return any(name in shown for name in fields)
    return shown != ()


def _number(value: object) -> "int | None":
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        value = int(value)
    return value if isinstance(value, int) and 0 < value <= inbox.HIGHEST else None


def handle(context: object, connection: dict, data_dir: str) -> "tuple[str, int]":
    """Mark what changed and wake a drain. Returns the answer, and the scene that this process has to
    sync, 0 for none."""
    config_dir = str(connection.get("Dir") or "")
    dirty = flag(context, data_dir, config_dir)
    if dirty is None and not is_due(data_dir, time.time()):
        return "nothing that Plex shows has changed", 0
    if dirty:
        for source in merged(context):  # type: ignore[arg-type]
            inbox.mark(data_dir, dirty[0], source)
        inbox.mark(data_dir, *dirty)
    answer = f"{dirty[0]} {dirty[1]} is marked" if dirty else "a reconciliation is due"
    # Mark first, then look at the lock: either the drain sees the flag, or we see the free lock.
    if lock.is_held(inbox.lock_path(data_dir)):
        return answer, 0
    if inbox.is_away(data_dir, time.time()):
        return answer + "; Plex is away", 0
    if dirty and _is_save(context) and _is_inline(connection, data_dir, config_dir):
        return answer, dirty[1]
    wake(connection, data_dir)
    return answer, 0


def _is_save(context: object) -> bool:
    """Whether a person saved a scene. A scan, a rename that shows on many scenes and a reconciliation
    are done by a task, so that nobody waits for them."""
    event = context if isinstance(context, dict) else {}
    return event.get("type") == "Scene.Update.Post" and bool(event.get("input"))


def _is_inline(connection: dict, data_dir: str, config_dir: str) -> bool:
    """Whether Hook Mode is inline: from a task's note, or from Stash if its settings changed since."""
    if inbox.knows_settings(data_dir, config_dir):
        return inbox.is_inline(data_dir)
    query = "query Mode($ids: [ID!]) { configuration { plugins(include: $ids) } }"
    deadline = time.monotonic() + light.CONNECT_SECONDS
    try:
        data = light.ask(connection, query, {"ids": [stdio.PLUGIN_ID]}, deadline)
        mode = data["configuration"]["plugins"][stdio.PLUGIN_ID]["hook_mode"]
    except (OSError, ValueError, LookupError, TypeError):  # not set, or no answer
        return False
    return isinstance(mode, str) and mode.strip().lower() == "inline"


def is_due(data_dir: str, now: float) -> bool:
    """Whether the scheduler's state file says that a reconciliation is due now."""
    try:
        with open(f"{inbox.home(data_dir)}/{STATE_FILE}", encoding="utf-8") as file:
            state = light.loads(file.read())
        due = inbox.reconciliation_due(state, stdio.server_identity(), now)
    except (OSError, ValueError, AttributeError):
        return False  # the full lane reports a broken file
    return due is not None and due <= now


# -- one drain: the task that does the work, for which Stash is asked


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
    return str(light.ask(connection, query, variables, deadline)["runPluginTask"])


def _waits(connection: dict, job: str, deadline: float) -> bool:
    query = "query Waits($input: FindJobInput!) { findJob(input: $input) { status description } }"
    known = light.ask(connection, query, {"input": {"id": job}}, deadline)["findJob"]
    # Job numbers begin anew with each start of Stash, so this may be another job.
    return (
        bool(known)
        and known["status"] in ("READY", "RUNNING")
        and (DRAIN_TASK in str(known["description"]))
    )
