"""The hook lane: decide whether an event matters, mark what changed, wake one drain, answer.

Stash waits for a hook inside the user's Save. A failure after the flag is on disk does not matter: the
flag stays, and the next invocation wakes the drain.
"""

import time

from disk import lock
from stash import light_json, stdio
from sync_queue import inbox

STATE_FILE = "reconciliation_state.json"  # the scheduler's, read here without importing it
LONGEST_RETRY = 6 * 3600  # of the scheduler; a later time means that the clock was set back
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
    """The tags that a merge removed. Only the event of the tag that they were merged into names them, and
    that tag may be gone before a drain reads it."""
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
    from stash import wake  # most hooks of a bulk edit find a drain awake

    wake.wake(connection, data_dir)
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
    from stash import light_http

    query = "query Mode($ids: [ID!]) { configuration { plugins(include: $ids) } }"
    deadline = time.monotonic() + light_http.CONNECT_SECONDS
    try:
        data = light_http.ask(connection, query, {"ids": [stdio.PLUGIN_ID]}, deadline)
        mode = data["configuration"]["plugins"][stdio.PLUGIN_ID]["hook_mode"]
    except (OSError, ValueError, LookupError, TypeError):  # not set, or no answer
        return False
    return isinstance(mode, str) and mode.strip().lower() == "inline"


def is_due(data_dir: str, now: float) -> bool:
    """Whether the scheduler's state file says that a reconciliation is due now."""
    try:
        with open(f"{inbox.home(data_dir)}/{STATE_FILE}", encoding="utf-8") as file:
            state = light_json.loads(file.read())
        if state.get("interval") in (None, "", "never"):  # type: ignore[attr-defined]
            return False
        return _is_due(state, now)  # type: ignore[arg-type]
    except (OSError, ValueError, AttributeError):
        return False  # the full lane reports a broken file


def _is_due(state: dict, now: float) -> bool:
    due, retry, server = state.get("next_due"), state.get("retry_at"), stdio.server_identity()
    if isinstance(retry, (int, float)) and now < retry <= now + LONGEST_RETRY:
        return False  # the last try failed, and every event would start the next
    started = server is not None and state.get("stash_identity") != server
    return started or (isinstance(due, (int, float)) and now >= due)
