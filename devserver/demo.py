"""`make demo`: Stash2Plex at work, from the first sync to the proof, in about a minute.

A Stash and a Plex in a box, real HTTP between them, and the plugin from its package as real
processes. The proof at the end uses none of the plugin's code.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

from devserver import proof, seed_library
from devserver.box import Box
from devserver.stage import Story, open_box, say, table

PATIENCE = 900.0
SHOWN = ("title", "studio", "originallyAvailableAt", "userRating", "summary", "genres", "actors")
SHOWN += ("directors", "collections", "poster")
BULK = 50


class Demo:
    """The steps, in order; each leaves the library as the next one needs it."""

    def __init__(self, box: Box, count: int) -> None:
        self.box = box
        self.count = count
        self.story = Story(box)
        self.ids = seed_library.fill(box, count)
        self.star = self.ids[17]
        self.before = box.item(self.star)

    def steps(self) -> Iterable[Callable[[], None]]:
        return (
            self.begin,
            self.preview,
            self.first_sync,
            self.one_edit,
            self.bulk_edit,
            self.outage,
            self.rename,
            self.reconcile,
            self.undo,
            self.status,
        )

    def play(self) -> bool:
        """All steps; whether Plex says what Stash says in the end."""
        begun = time.monotonic()
        for step in self.steps():
            step()
        return self.prove(time.monotonic() - begun)

    def begin(self) -> None:
        box, story = self.box, self.story
        story.step("A Stash with a library, and a Plex that knows only the names of the files")
        story.tell(f"Stash at {box.stash.url}, {self.count} scenes; Plex at {box.plex.url}.")
        story.tell("The plugin is installed from its package; Stash starts it as it always does:")
        story.tell("one process per event, JSON on stdin, one JSON answer.")
        story.tell(f"Right now {self.count - len(box.differences())} items say what Stash says.")

    def preview(self) -> None:
        story, plex = self.story, self.box.plex
        story.step("Before anything is written: the task “Preview”")
        plex.clear_requests()
        self.task("Preview")
        story.log(8)
        story.tell(
            f"{len(plex.writes())} writes to Plex. The page shows each item before and after."
        )

    def first_sync(self) -> None:
        story, plex = self.story, self.box.plex
        story.step("The task “Sync All Scenes to Plex”")
        plex.clear_requests()
        seconds = _timed(lambda: self.task("Sync All Scenes to Plex"))
        story.log()
        asked, wrote = len(plex.requests), len(plex.writes())
        story.tell(f"{seconds:.1f} s, {asked} requests to Plex, {wrote} of them writes.")
        plex.clear_requests()
        self.task("Sync All Scenes to Plex")
        story.tell(f"Once more: {len(plex.requests)} requests, {len(plex.writes())} writes.")

    def one_edit(self) -> None:
        story, stash = self.story, self.box.stash
        story.step("Somebody saves one scene in Stash")
        saved = _timed(
            lambda: stash.update_scene(self.star, title="A Night at the Quay", date="2024-06")
        )
        self.settle()
        story.log()
        item = self.box.item(self.star)
        story.tell(f"Save returned after {saved:.2f} s: the hook only marks the scene.")
        story.tell(f"Plex now says “{item['title']}”, {item['originallyAvailableAt']}.")

    def bulk_edit(self) -> None:
        story, stash = self.story, self.box.stash
        story.step(f"A bulk edit of {BULK} scenes: a tag more and a new rating")
        runs = len(stash.runs)
        chosen = self.ids[20 : 20 + BULK]
        tag = stash.library.store.id_of("tag", "watch, again")
        stash.bulk_update(chosen, rating100=90, tag_ids={"ids": [str(tag)], "mode": "ADD"})
        self.settle()
        story.log(4)
        kinds = [run.kind for run in stash.runs[runs:]]
        story.tell(f"{kinds.count('hook')} hooks marked, {kinds.count('task')} drain(s) wrote.")

    def outage(self) -> None:
        story, stash, plex = self.story, self.box.stash, self.box.plex
        story.step("Plex goes down, and people go on editing")
        plex.go_down()
        for number in self.ids[100:103]:
            stash.update_scene(number, details="Written while Plex was down.")
        self.settle()
        story.log(3)
        story.tell(
            f"Owed to Plex: {self.owed()} scenes. Plex comes up again: it would be looked at"
        )
        story.tell("in a while, or at once if somebody presses “Process Queue”.")
        plex.come_up()
        self.task("Process Queue")
        story.log(4)

    def rename(self) -> None:
        story, stash = self.story, self.box.stash
        old, new = "Ada Quill", "Ada Quill-Hart"
        story.step(f"The performer {old} is renamed to {new}")
        number = stash.performer_id(old)
        shown_in = [n for n in self.ids if number in stash.scene(n)["performers"]]
        stash.rename("performer", number, new)
        self.settle()
        story.log(4)
        right = sum(new in self.box.item(n)["actors"] for n in shown_in)
        story.tell(f"{right} of {len(shown_in)} items with her say so.")

    def reconcile(self) -> None:
        story, stash, plex = self.story, self.box.stash, self.box.plex
        story.step("Things that no hook tells, and “Reconcile Library (All)”")
        for number in self.ids[150:153]:
            plex.readd_item(self.box.item(number)["ratingKey"])
        stash.set_cover(self.ids[160], seed_library.cover(999))
        edited = self.box.item(self.ids[170])["ratingKey"]
        plex.edit_as_person(edited, summary="My own words.", add_genres=["My favourites"])
        story.tell("Plex lost three items and found their files again, bare; Stash made a new")
        story.tell("cover; a person wrote a summary in Plex and added a genre.")
        self.task("Reconcile Library (All)")
        story.log()
        summary = self.box.item(self.ids[170])["summary"]
        story.tell(f"The person's summary is counted as drifted and kept: “{summary}”")
        stash.update_scene(self.ids[170], details="Stash has the last word when it changes.")
        self.settle()
        item = self.box.item(self.ids[170])
        story.tell(f"Then the field changes in Stash, and wins: “{item['summary']}”")
        story.tell(f"The genre added by hand stays: {', '.join(item['genres'])}.")

    def undo(self) -> None:
        story, stash = self.story, self.box.stash
        story.step("A tag set on the wrong scenes, and “Undo Last Run”")
        chosen, tag = self.ids[30:60], stash.library.store.id_of("tag", "by mistake")
        stash.bulk_update(chosen, tag_ids={"ids": [str(tag)], "mode": "ADD"})
        self.settle()
        story.tell(f"{self.with_genre('by mistake')} items in Plex have it as a genre.")
        self.task("Undo Last Run")
        story.log(3)
        story.tell(
            f"Then {self.with_genre('by mistake')} have it. The scenes are held, until it is"
        )
        story.tell("put right in Stash and somebody presses “Resume Held Scenes”:")
        stash.bulk_update(chosen, tag_ids={"ids": [str(tag)], "mode": "REMOVE"})
        self.settle()
        self.task("Resume Held Scenes")
        story.log(2)

    def with_genre(self, name: str) -> int:
        return sum(name in self.box.item(number)["genres"] for number in self.ids)

    def status(self) -> None:
        self.story.step("The task “View Queue Status”")
        self.task("View Queue Status")
        self.story.log(20)

    def prove(self, seconds: float) -> bool:
        """Compare every item with its scene, without the plugin, and print what came out."""
        self.story.step("Before and after: one item in Plex")
        after = self.box.item(self.star)
        rows = [(name, self.before[name], after[name]) for name in SHOWN]
        table(("field", "before", "after"), rows)
        wrong = self.box.differences()
        covers = {n: data for n in self.ids if (data := self.cover(n))}
        shown = [
            n for n, data in covers.items() if self.box.item(n)["poster"] == proof.poster_key(data)
        ]
        say()
        for number, fields in list(wrong.items())[:5]:
            say(f"scene {number} differs: {fields}")
        say(f"{len(shown)} of {len(covers)} covers are the posters of their items.")
        say(f"It took {seconds:.0f} s.")
        say(f"{self.count - len(wrong)} of {self.count} items say what Stash says")
        return not wrong and len(shown) == len(covers)

    def cover(self, scene_id: int) -> bytes | None:
        found = self.box.stash.scene(scene_id)["cover"]
        return found[0] if found else None

    def owed(self) -> int:
        queue: dict[str, Any] = self.box.operation("queue_status")["queue"]
        return sum(queue[name] for name in ("pending", "waiting", "in_progress"))

    def task(self, name: str) -> None:
        self.box.task(name, PATIENCE)

    def settle(self) -> None:
        self.box.settle(PATIENCE)


def _timed(act: Callable[[], Any]) -> float:
    begun = time.monotonic()
    act()
    return time.monotonic() - begun


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m devserver.demo", description=__doc__)
    parser.add_argument("--scenes", type=int, default=200, help="200 or more (default: 200)")
    count = max(200, parser.parse_args().scenes)
    try:
        with open_box() as box:
            return 0 if Demo(box, count).play() else 1
    except KeyboardInterrupt:
        say("Stopped.")
        return 130


if __name__ == "__main__":
    sys.exit(main())
