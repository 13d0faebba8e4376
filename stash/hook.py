"""The hook lane: does this event matter? Mark it dirty, wake one drain, go. Feather lane.

Stash waits for us inside the user's Save. Whatever fails after the flag is on disk is not the
hook's business: the flag stays, and the next invocation wakes the drain.
"""
import json
import os
import time

from stash import wire
from sync_queue import inbox, lock

PLUGIN_ID = "Stash2Plex"
DRAIN_TASK = "Process Queue"
WAKE_SECONDS = 3.0
STATE_FILE = "reconciliation_state.json"  # the scheduler's, read here without importing it
# What of these Plex shows is their name; a change of anything else costs nothing.
SHOWN = {
    "Performer": ("name", "disambiguation"),
    "Studio": ("name", "parent_id"),
    "Tag": ("name",),
    "Group": ("name",),
}


def flag(context: object) -> "tuple[str, int] | None":
    """The (kind, id) that a hookContext makes dirty; None when Plex would not show it."""
    if not isinstance(context, dict):
        return None
    subject, _, rest = str(context.get("type", "")).partition(".")
    number = _number(context.get("id"))
    kind = subject.lower()
    if number is None or kind not in inbox.KINDS or not rest.endswith(".Post"):
        return None
    fields = context.get("inputFields")
    if rest == "Update.Post" and subject in SHOWN and isinstance(fields, list) and fields:
        if not any(name in SHOWN[subject] for name in fields):
            return None
    return kind, number


def _number(value: object) -> "int | None":
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value if value > 0 else None
    text = str(value) if isinstance(value, str) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def handle(context: object, connection: dict, data_dir: str) -> "tuple[str, bool]":
    """Mark and wake. Gives the sentence to answer, and whether this very process is to drain."""
    dirty = flag(context)
    if dirty is None and not is_due(data_dir, time.time()):
        return "nothing that Plex shows has changed", False
    if dirty:
        inbox.mark(data_dir, *dirty)
    said = f"{dirty[0]} {dirty[1]} is marked" if dirty else "a reconciliation is due"
    # Mark first, look second: either the drain sees the flag, or we see the free lock.
    if lock.is_held(os.path.join(data_dir, inbox.LOCK)):
        return said, False
    if os.path.exists(os.path.join(data_dir, inbox.INLINE)):
        return said, True
    wake(connection, data_dir)
    return said, False


def is_due(data_dir: str, now: float) -> bool:
    """The cheap half of the scheduler: what its state file says about this moment."""
    try:
        with open(os.path.join(data_dir, STATE_FILE), encoding="utf-8") as file:
            state = json.load(file)
        if state.get("interval") in (None, "", "never"):
            return False
        due, server = state.get("next_due"), wire.server_identity()
        started = server is not None and state.get("stash_identity") != server
        return started or (isinstance(due, (int, float)) and now >= due)
    except (OSError, ValueError, AttributeError):
        return False  # the full lane sets a broken file aside


def wake(connection: dict, data_dir: str) -> None:
    """See to it that one drain is queued in Stash; never raises, never waits for a job."""
    server, now = wire.server_identity(), time.time()
    job = inbox.waking(data_dir, server, now)
    if job == "":
        return
    try:
        if job and _waits(connection, job):
            return inbox.touch_wake(data_dir, now)
        _ask_for_drain(connection, data_dir, server)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        wire.debug("Stash could not be asked for a drain; the next event will")


def _ask_for_drain(connection: dict, data_dir: str, server: "str | None") -> None:
    if not inbox.begin_wake(data_dir):
        if inbox.waking(data_dir, server, time.time()) == "":
            return  # another hook was quicker by a hair
        inbox.end_wake(data_dir)
        if not inbox.begin_wake(data_dir):
            return
    job = None
    try:
        job = str(_queue_drain(connection))
    finally:
        inbox.end_wake(data_dir, job, server)


def _queue_drain(connection: dict) -> str:
    query = (
        "mutation Wake($plugin: ID!, $task: String, $args: Map) "
        "{ runPluginTask(plugin_id: $plugin, task_name: $task, args_map: $args) }"
    )
    args = {"mode": "process_queue", "trigger": "hook"}
    variables = {"plugin": PLUGIN_ID, "task": DRAIN_TASK, "args": args}
    return ask(connection, query, variables)["runPluginTask"]


def _waits(connection: dict, job: str) -> bool:
    query = "query Waits($input: FindJobInput!) { findJob(input: $input) { status } }"
    found = ask(connection, query, {"input": {"id": job}})["findJob"]
    return bool(found) and found["status"] in ("READY", "RUNNING")


def ask(connection: dict, query: str, variables: dict) -> dict:
    """The `data` of one GraphQL call, over a bare socket: an HTTP library would cost more than the
    whole hook. OSError or ValueError when Stash does not answer it."""
    body = json.dumps({"query": query, "variables": variables}).encode()
    host, port = address(connection)
    cookie = (connection.get("SessionCookie") or {}).get("Value") or ""
    key = connection.get("ApiKey") or ""
    head = (
        f"POST /graphql HTTP/1.0\r\nHost: {host}:{port}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nAccept: application/json\r\n"
    )
    if "\n" not in cookie + key and "\r" not in cookie + key:
        head += (f"Cookie: session={cookie}\r\n" if cookie else "") + (
            f"ApiKey: {key}\r\n" if key else ""
        )
    raw = _exchange(connection, host, port, head.encode() + b"\r\n" + body)
    status, _, rest = raw.partition(b"\r\n")
    if status.split(b" ")[1] != b"200":
        raise ValueError("Stash refused")
    return json.loads(rest.partition(b"\r\n\r\n")[2])["data"]


def address(connection: dict) -> "tuple[str, int]":
    """Where Stash listens, as seen from this machine: it names itself by what it is bound to."""
    host = str(connection.get("Host") or "")
    local = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "127.0.0.1"}
    return local.get(host, host), int(connection.get("Port") or 9999)


def _exchange(connection: dict, host: str, port: int, request: bytes) -> bytes:
    import socket

    deadline = time.monotonic() + WAKE_SECONDS
    with socket.create_connection((host, port), timeout=WAKE_SECONDS) as plain:
        stream = _encrypted(plain) if connection.get("Scheme") == "https" else plain
        stream.sendall(request)
        answer = b""
        while (chunk := stream.recv(65536)) and len(answer) < 1 << 20:
            answer += chunk
            if time.monotonic() > deadline:
                raise TimeoutError
    return answer


def _encrypted(plain):  # type: ignore[no-untyped-def]
    import ssl

    context = ssl.create_default_context()
    # Stash's own certificate is self-signed, and it is our parent process on this machine.
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(plain)
