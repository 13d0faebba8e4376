"""The last step of a task: tells people what happened, after the work is done and its locks are free."""

import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import errors
from app.dashboard import job_lists, lists, overview, read_only_db
from app.drain_task import PAUSED
from app.modes import WITHOUT_NOTES
from app.notify.causes import Facts, news, present
from app.notify.memory import LOCK, Memory, Sent
from app.notify.message import Message, message_of
from app.notify.send import send
from app.packages import install
from disk.lock import FileLock
from stash import stdio
from sync_queue import inbox
from sync_queue.outages import Outages

if TYPE_CHECKING:
    from app.run import Run

REQUIREMENTS = Path(__file__).resolve().parents[2] / "requirements-notify.txt"
FOLDER = "apprise"  # in the data dir: has the packages
INSTALL_SECONDS = 180.0
INSTALL_AGAIN = 6 * 3600.0  # seconds after an installation that failed
RUNS = 5  # runs that wrote, in a message


def _is_for(run: "Run") -> bool:
    """Whether this run ends with notifications: a task, or a command of a terminal. A person waits for a
    hook and for an operation of the page, but not for a task."""
    mode, trigger = run.args.get("mode"), run.args.get("trigger")
    is_task = bool(run.args.get("as_task")) or not run.from_stash
    return is_task and trigger != "inline" and mode not in (*WITHOUT_NOTES, "send_test")


def announce(run: "Run") -> None:
    """Send what is new since the last message, if this run is one that does. Whatever goes wrong here is a warning in the log."""
    try:
        if _is_for(run) and run.config.notify and (message := _composed(run)):
            deliver(run, message)
    except (errors.Stash2PlexError, OSError, sqlite3.Error, read_only_db.Trouble) as error:
        stdio.warning(f"notifications: nothing was sent: {error}")


def _composed(run: "Run") -> "Message | None":
    """The message about what is new. It is noted before it is sent, so that nothing is sent twice."""
    lock = FileLock(_lock(run))
    if not lock.acquire():
        return None  # another task tells the same
    try:
        memory = Memory(inbox.home(run.data_dir), run.clock())
        facts = _facts(run, memory)
        new = news(memory.told, facts)
        if new and not _can_import(run, memory):
            return None
        memory.told = [cause.key for cause in present(facts)]
        memory.run = max(memory.run or 0, _last_run(run))
        memory.save()
        return message_of(new) if new else None
    finally:
        lock.release()


def _lock(run: "Run") -> str:
    return f"{inbox.home(run.data_dir)}/{LOCK}"


# -- the package


def make_importable(run: "Run") -> None:
    """Install Apprise if it is missing. Raises SetupError with advice if that fails."""
    folder = Path(run.data_dir) / FOLDER
    install.ensure(REQUIREMENTS, folder, stdio.info, limit=INSTALL_SECONDS)


def is_installed(run: "Run") -> bool:
    return install.ready(REQUIREMENTS, Path(run.data_dir) / FOLDER)


def _can_import(run: "Run", memory: Memory) -> bool:
    """Whether Apprise is there, if need be after its installation. A failed installation is tried again later."""
    if 0 <= run.clock() - memory.no_packages < INSTALL_AGAIN:
        return False
    try:
        make_importable(run)
    except errors.SetupError as error:
        memory.no_packages = run.clock()
        memory.save()
        stdio.warning(f"notifications: nothing was sent: {error}")
        return False
    memory.no_packages = 0.0
    return True


# -- sending


def deliver(run: "Run", message: Message) -> list[Sent]:
    """Send a message to all addresses, log the results, and keep them for the page. Raises OSError and
    SetupError."""

    before = set(inbox.flags(run.data_dir))

    def is_needed() -> bool:
        """Whether a save came that a drain can sync now."""
        if run.config.paused or inbox.is_away(run.data_dir, run.clock()):
            return False
        return not before.issuperset(inbox.each_flag(run.data_dir))

    title, body = (stdio.redact(stdio.scrub(text)) for text in (message.title, message.body))
    sent = send(message._replace(title=title, body=body), run.config.notify, is_needed)
    for row in sent:
        log = stdio.warning if row.problem else stdio.info
        log(f"notifications: {row.line}")
    with FileLock(_lock(run)):
        memory = Memory(inbox.home(run.data_dir), run.clock())
        memory.sent_at, memory.sent, memory.no_packages = run.clock(), sent, 0.0
        memory.save()
    return sent


# -- what our files say


def _facts(run: "Run", memory: Memory) -> Facts:
    home = inbox.home(run.data_dir)
    circuit, history, _, _ = Outages(home, run.clock, marks=run.data_dir).report()
    reasons = job_lists.dead_letters(run.data_dir, {"limit": 1})["reasons"]
    outage = overview.status(run.data_dir)["outage"] or {}
    return Facts(
        circuit, history, outage.get("held", 0), _failures(run),
        {row["error"]: row["count"] for row in reasons},
        lists.undecided(run.data_dir), _runs(run, memory),
    )  # fmt: skip


def _failures(run: "Run") -> Mapping[str, Mapping[str, Any]]:
    """{at, said} by kind. A reconciliation that nobody started is in the file of the scheduler."""
    state = run.scheduler.load_state()
    found: dict[str, Mapping[str, Any]] = {}
    if state.last_failure:
        found[overview.RECONCILIATION] = {"at": state.last_failure_time, "said": state.last_failure}
    found |= overview.failures(run.data_dir)
    return {kind: row for kind, row in found.items() if row.get("said") != f"paused: {PAUSED}"}


def _runs(run: "Run", memory: Memory) -> Sequence[Mapping[str, Any]]:
    """The runs that wrote something since the last message. Before the first message: of this process."""
    if not run.config.notify_runs:
        return ()
    own = run.journal.run if "journal" in vars(run) else 0
    after = memory.run if memory.run is not None else own - 1 if own else _last_run(run)
    rows = lists.runs(run.data_dir, {"limit": RUNS})["rows"]
    return [row for row in reversed(rows) if row["run"] > after]


def _last_run(run: "Run") -> int:
    rows = lists.runs(run.data_dir, {"limit": 1})["rows"]
    return rows[0]["run"] if rows else 0
