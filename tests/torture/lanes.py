"""The lanes, each a way to be killed: what goes on, which process of it dies, what puts it right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sync_queue import inbox
from sync_queue.job import Job
from sync_queue.jobs import Jobs
from sync_queue.schema import FILE, FOLDER
from tests.torture.traps import Point
from tests.torture.world import DRAIN, World

RECONCILE, SYNC_ALL = "Reconcile Library (All)", "Sync All Scenes to Plex"
DATABASE = ("execute", "executemany", "executescript", "commit", "sqlite3.connect")
NETWORK = ("socket.connect", "sendall", "send", "recv", "recv_into")
DOCUMENTS = ("disk/json_file.py", "reconciliation/scheduler.py", "sync_queue/outages.py")


def kind_of(point: Point) -> str:
    """What was being done, in a word for the table."""
    if point.kind == "lockf" or point.module == "disk/lock.py":
        return "lock"
    if point.kind in DATABASE:
        return "database"
    if point.kind in NETWORK:
        return "network"
    if any(name in point.place for name in DOCUMENTS):
        return "state file"
    return "log" if point.module == "stash/stdio.py" else "file"


# -- what goes on before the kill; gives the scenes that no hook told of


def _edits(world: World) -> set[int]:
    for _ in range(3):
        world.anything()
    return set()


def _silent_edits(world: World) -> set[int]:
    _edits(world)
    return world.silently()


def _outage(world: World) -> set[int]:
    world.box.plex.go_down()
    return _edits(world)


def _end_of_outage(world: World) -> set[int]:
    _outage(world)
    world.box.operation("process_queue")
    world.box.plex.come_up()
    return _edits(world)


def _damage(world: World) -> set[int]:
    """What is owed stands in the queue alone, and the queue's file can no longer be read."""
    _edits(world)
    data_dir = str(world.box.data_dir)
    jobs = Jobs(data_dir)
    jobs.put(Job(number, kind) for kind, number in world.flags())
    jobs.close()
    for kind, number in world.flags():
        inbox.clear(data_dir, kind, number)
    with open(world.box.data_dir / FOLDER / FILE, "r+b") as file:
        file.write(b"no database " * 8)
    return set()


def _throw_asides_away(world: World) -> None:
    """The damaged files that were kept, for a person to look at."""
    for path in world.box.data_dir.rglob("*.aside*"):
        path.unlink()


def _nothing(world: World) -> set[int]:
    return set()


# -- the lanes


@dataclass(frozen=True)
class Lane:
    """`mode` is that of the process which dies, `task` the button that starts it."""

    name: str
    mode: str = "hook"
    task: str = ""
    prepare: Callable[[World], object] = _nothing
    mend: Callable[[World], object] = _nothing  # before the next invocation
    tidy: Callable[[World], object] = _nothing  # after it
    looks: bool = False  # its command finds what no hook told
    by_save: bool = True  # whether a save wakes a drain; not while Plex is taken to be away
    only: tuple[str, ...] = ()  # what places of interest have in their name


HOOK = Lane("hook")
INLINE = Lane("inline")
QUEUE = Lane("process_queue", "process_queue", DRAIN, _edits)
LIBRARY = Lane("reconcile_all", "reconcile_all", RECONCILE, _silent_edits, looks=True)
ALL = Lane("all", "all", SYNC_ALL, _silent_edits, looks=True)
# Of a plugin that was just installed, everything that is made for the first time.
FIRST = Lane(
    "first", "all", SYNC_ALL, World.begin_anew, looks=True,
    only=("_make", "_begun_anew", "_connect", "migrate", "_give_a_byte", "_put", "_touch"),
)  # fmt: skip
OUTAGE = Lane(
    "outage", "process_queue", DRAIN, _outage, lambda world: world.box.plex.come_up(),
    by_save=False, only=("outages.py", "sync_queue/drain.py"),
)  # fmt: skip
RECOVERY = Lane(
    "recovery", "process_queue", DRAIN, _end_of_outage, by_save=False, only=("outages.py",)
)
DAMAGED = Lane(
    "damaged", "process_queue", DRAIN, _damage, tidy=_throw_asides_away,
    only=("_make", "_begun_anew", "_remove", "disk/quarantine.py", "sync_queue/salvage.py"),
)  # fmt: skip
HOOKS = (HOOK, INLINE)
MAIN = (QUEUE, LIBRARY, ALL)
RARE = (FIRST, OUTAGE, RECOVERY, DAMAGED)
