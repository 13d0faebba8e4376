"""A box with a library that people edit, and what must be true of it whenever nothing is owed."""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

from devserver import proof, seed_library
from devserver.box import PLUGIN, Box
from devserver.stash.child import Child
from disk.lock import is_held
from sync_queue import inbox
from sync_queue.jobs import Jobs

DRAIN = "Process Queue"
FIELDS = ("title", "summary", "studio", "originallyAvailableAt", "userRating")
FIELDS += ("genres", "actors", "directors", "collections")
TAGS, PEOPLE = seed_library.TAGS, seed_library.PERFORMERS
STUDIOS = seed_library.STUDIOS
LATENCY = 0.003  # of Plex: time to be killed in between

Faults = dict[str, list[str]]


class World:
    """`chance` decides what is edited. Nobody edits in Plex, so it must say exactly what Stash
    says: nothing less, and nothing twice."""

    def __init__(self, box: Box, scenes: int, chance: random.Random) -> None:
        self.box, self.chance = box, chance
        self.scenes = seed_library.fill(box, scenes)
        self.usual: set[str] = set()
        self._edits = 0

    def warm_up(self) -> None:
        """Let everything happen once that leaves files behind, an outage of Plex included."""
        self.box.operation("all")
        self.box.plex.go_down()
        self.box.stash.hold_jobs()
        self.edit()
        self.box.operation("process_queue")
        self.box.plex.come_up()
        for mode in ("process_queue", "reconcile_all", "queue_status"):
            self.box.operation(mode)
        self.forget_jobs()
        self.box.plex.latency = LATENCY
        self.usual = self.names() | {inbox.WAKE, inbox.INLINE, "deps"}
        # Whoever writes next overwrites it: of each there is one at most.
        self.usual |= {f"{name}.tmp" for name in self.usual if name.endswith(".json")}
        notes = {"activity", "packages", "contacts", "failure"}
        self.usual |= {"activity.lock", *notes, *(f"{name}.new" for name in notes)}

    # -- what people do

    def edit(self, *scenes: int) -> list[int]:
        """Somebody saves something of the scene (default: of any), and its hook runs."""
        scene = scenes[0] if scenes else self.chance.choice(self.scenes)
        self._edits += 1
        self.box.stash.update_scene(scene, **self._fields())
        return [scene]

    def bulk_edit(self) -> list[int]:
        chosen = self.chance.sample(self.scenes, 3)
        self._edits += 1
        self.box.stash.bulk_update(chosen, details=f"All of them, {self._edits}")
        return chosen

    def rename(self) -> None:
        """A tag gets another name, which all of its scenes show."""
        store = self.box.stash.library.store
        number = self.chance.choice(sorted(store.named["tag"]))
        self._edits += 1
        self.box.stash.rename("tag", number, f"tag, renamed {self._edits}")

    def anything(self) -> None:
        self.chance.choice((self.edit, self.edit, self.bulk_edit, self.rename))()

    def _fields(self) -> dict[str, Any]:
        chance, stash = self.chance, self.box.stash
        tags = [str(stash.tag_id(name)) for name in chance.sample(TAGS, chance.randrange(4))]
        people = [str(stash.performer_id(one)) for one in chance.sample(PEOPLE, 2)]
        fields = {
            "title": f"Title {self._edits}",
            "details": chance.choice(("", f"Details\n{self._edits}")),
            "rating100": chance.choice((None, 10, 55, 100)),
            "tag_ids": tags,
            "performer_ids": people,
            "studio_id": chance.choice((None, str(stash.studio_id(chance.choice(STUDIOS))))),
        }
        chosen = chance.sample(sorted(fields), chance.randrange(1, 4))
        # The title always moves: every edit is one that Plex must come to show.
        return {name: fields[name] for name in {*chosen, "title"}}

    def silently(self) -> set[int]:
        """Changes that no hook tells: an import, a generated cover, an item that Plex lost. Gives
        the scenes that they are about."""
        store, chance = self.box.stash.library.store, self.chance
        one, two, three = chance.sample(self.scenes, 3)
        self._edits += 1
        with store.lock:
            scene = store.scenes[one]
            scene.title, scene.updated_at = f"Silently {self._edits}", store.now()
        self.box.stash.set_cover(two, seed_library.cover(1000 + self._edits))
        self.box.plex.readd_item(self.box.item(three)["ratingKey"])
        return {one, two, three}

    def begin_anew(self) -> set[int]:
        """The plugin has just been installed: it knows nothing, and Plex shows nothing of Stash.
        Somebody saves a scene; gives the others."""
        shutil.rmtree(self.box.data_dir)
        for number in self.scenes:
            self.box.plex.readd_item(self.box.item(number)["ratingKey"])
        return set(self.scenes) - set(self.edit())

    @contextmanager
    def people(self, count: int = 1, edits: int = 4) -> Iterator[None]:
        """So many threads edit while this is open: some things one after the other, since a drain
        stays for as long as somebody edits."""
        over = threading.Event()

        def edit() -> None:
            for _ in range(edits):
                if over.wait(0.05):
                    return
                self.edit()

        threads = [threading.Thread(target=edit) for _ in range(count)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            over.set()
            for thread in threads:
                thread.join()

    # -- jobs of Stash

    def forget_jobs(self) -> None:
        """What is queued in Stash is stopped, as a person can; new jobs run again."""
        self.box.stash.library.jobs.cancel_all()
        self.box.settle()
        self.box.stash.release_jobs()

    def queued(self) -> str:
        """The drain that a hook has queued in Stash, '' for none."""
        jobs = self.box.stash.library.jobs.queue
        return next((str(j.id) for j in jobs if j.status == "READY" and DRAIN in j.description), "")

    def start(self, task: str, number: str = "") -> str:
        """Press a task's button, or let the first job in the queue begin, which is `number`; once
        it runs, what is queued after it has to wait."""
        queue = self.box.stash.library.jobs
        if not number:
            queue.cancel_all()  # those of hooks, which would be first
            number = self.box.stash.run_task(PLUGIN, task)
        self.box.stash.release_jobs()
        queue.wait(lambda: _has_begun(queue, number), 60)
        self.box.stash.hold_jobs()
        return number

    def wait_for(self, number: str) -> None:
        queue = self.box.stash.library.jobs
        if not queue.wait(lambda: not any(str(job.id) == number for job in queue.queue), 120):
            raise TimeoutError("the task did not end")

    def next_process(self, kind: str) -> Child | None:
        """The one that runs now, or the next that begins within a moment."""
        stash, ends = self.box.stash, time.monotonic() + 2
        while time.monotonic() < ends:
            pids = {run.pid for run in stash.runs[-9:] if run.kind == kind}
            for child in list(stash.library.host.running):
                if child.pid in pids:
                    return child
            time.sleep(0.001)
        return None

    # -- what must be true

    def flags(self) -> set[tuple[str, int]]:
        return set(inbox.flags(str(self.box.data_dir)))

    def owed(self) -> set[tuple[str, int]]:
        """What stands in the queue, whatever its state."""
        with closing(sqlite3.connect(self.box.data_dir / "queue" / "queue.sqlite")) as db:
            ((table,),) = db.execute("SELECT name FROM sqlite_master WHERE name LIKE '%ack_queue%'")
            keys = [row[0] for row in db.execute(f"SELECT key FROM {table}")]
        return {(kind, int(number)) for kind, _, number in (key.partition(":") for key in keys)}

    def names(self) -> set[str]:
        """All files and folders of the data dir but flags and packages."""
        root = self.box.data_dir
        found = {path.relative_to(root).as_posix() for path in root.rglob("*")}
        return {name for name in found if not name.startswith(("inbox/", "deps/"))}

    def differences(self) -> dict[int, list[str]]:
        """Scene -> what Plex does not say right, or says although Stash does not."""
        found = {number: self._differing(number) for number in self.scenes}
        return {number: fields for number, fields in found.items() if fields}

    def _differing(self, number: int) -> list[str]:
        box = self.box
        item, wanted = box.item(number), proof.expected(box.stash, number)
        found = [
            f"{field}: {said!r} instead of {wanted.get(field)!r}"
            for field in FIELDS
            if ((said := proof.said(item, field)) or None) != wanted.get(field)
        ]
        cover = box.stash.scene(number)["cover"]
        if cover and item["poster"] != proof.poster_key(cover[0]):
            found.append("poster")
        return found

    def faults(self) -> Faults:
        """What is not as it must be when all has been done; nothing at best."""
        found = {
            "lost": [*self._lost(), *self._owed()],
            "buried": [str(letter) for letter in self._jobs(lambda jobs: jobs.dead_letters())],
            "stale locks": self._stale_locks(),
            "temporary files": sorted(self.names() - self.usual),
            "doubled": self._doubled(),
        }
        return {name: lines for name, lines in found.items() if lines}

    def _lost(self) -> list[str]:
        said = [f"scene {n}: {', '.join(what)}" for n, what in self.differences().items()]
        return said + [f"the ledger: {line}" for line in self._ledger()]

    def _owed(self) -> list[str]:
        counts = self._jobs(lambda jobs: jobs.counts(time.time()))
        left = {name: count for name, count in counts.items() if count and name != "dead"}
        return [f"left in the queue: {left}"] * bool(left) + [
            f"left in the inbox: {flag}" for flag in sorted(self.flags())
        ]

    def _jobs(self, ask: Callable[[Jobs], Any]) -> Any:
        with closing(Jobs(self.box.data_dir)) as jobs:
            return ask(jobs)

    def _ledger(self) -> Iterator[str]:
        """Every scene's item has its row, and none tells of a write that was never confirmed."""
        keys = {self.box.item(n)["ratingKey"]: n for n in self.scenes}
        with closing(sqlite3.connect(self.box.data_dir / "plex.sqlite")) as db:
            rows = db.execute("SELECT rating_key, scene_id, baseline, poster_begun FROM item")
            known = {row[0]: row for row in rows}
        for key, number in keys.items():
            row = known.get(key)
            if row is None or row[1] != number:
                yield f"item {key} is not known to show scene {number}"
            elif row[3] or any(len(one) > 3 and one[3] for one in json.loads(row[2]).values()):
                yield f"item {key} is left begun"

    def _stale_locks(self) -> list[str]:
        root = self.box.data_dir
        away = inbox.is_away(str(root), time.time())
        held = [path.relative_to(root).as_posix() for path in root.rglob("*.lock") if is_held(path)]
        return held + ["Plex is still taken to be away"] * away

    def _doubled(self) -> list[str]:
        """A second sync of everything writes nothing, and nothing was written side by side."""
        plex = self.box.plex
        over = [f"{plex.overlapping_writes} overlapping writes"] * bool(plex.overlapping_writes)
        plex.clear_requests()
        self.box.operation("all")
        again = [f"written again: {r.method} {r.path}" for r in plex.writes()]
        plex.clear_requests()
        return over + again

    def let_time_pass(self) -> None:
        """As if the drain that is on its way had been promised a while ago: for some seconds a
        save trusts that."""
        path = self.box.data_dir / inbox.WAKE
        if path.exists():
            os.utime(path, (time.time() - inbox.TRUST_SECONDS - 1,) * 2)


def _has_begun(queue: Any, number: str) -> bool:
    job = next((job for job in queue.queue if str(job.id) == number), None)
    return job is None or job.status != "READY"
