"""The walk through the steps: notes each write in the journal, sends it, and sees what Plex shows."""

from collections.abc import Callable, Sequence

import errors
from plex.client.port import PlexPort
from plex.fields.item import POSTER, Item, selected
from plex.fields.registry import IMAGES
from plex.images import images
from plex.images.images import Picture
from plex.plan.plan import names_of
from plex.self_test import judge, names, steps
from plex.self_test.put_back import put_back
from plex.self_test.steps import STEPS, Step
from plex.state.database import Store
from plex.state.entry import lock_of
from plex.state.journal import TEST, Journal, Row
from plex.state.self_tests import Result, SelfTests
from plex.sync.together import ADDS, SEVERAL, Traits

ROWS = 50  # of the listing in which the item has to be the first


class Walk:
    """One test, on the items of `scenes` (rating key -> scene id). The caller holds the drain lock.
    `pause` lets the clock of Plex go on by a second, since updatedAt counts seconds."""

    def __init__(
        self,
        plex: PlexPort,
        store: Store,
        journal: Journal,
        scenes: "dict[int, int]",
        clock: Callable[[], float],
        pause: Callable[[], None],
    ) -> None:
        self._plex, self._store, self._journal, self._scenes = plex, store, journal, scenes
        self._clock, self._pause, self._tests = clock, pause, SelfTests(store)
        self._picture: Picture = images.picture(POSTER, names.picture())
        self._poster = ""  # the key of the poster before the test
        self._seen: dict[str, str] = {}
        self._moved: dict[str, bool] = {}

    def go(self, version: str, tell: Callable[[float], None]) -> Result:
        """Makes all steps, puts everything back, and keeps the result. `tell` gets the progress, 0 to 1.
        After an error of Plex it puts back what it can; the next run does the rest."""
        self._check()
        try:
            for number, step in enumerate(STEPS):
                if step.pair and "newest" not in self._seen:
                    self._look_at_order()  # before a second item has the same time
                if step.when(self._seen):
                    self._make(step)
                tell(number / len(STEPS))
            self._seen["updated"] = judge.updated(self._moved)
        finally:
            self._seen["back"] = self._put_back()
        return self._keep(version)

    def _check(self) -> None:
        for item in self._read():
            labels, tagline = item.values["labels"], item.values["tagline"]
            texts = [*judge.genres(item), *names_of(labels), tagline]
            if any(map(names.is_of_test, texts)):
                raise errors.SetupError(
                    f"Plex item {item.rating_key} has “{names.MARK}” in its genres, labels or tagline: "
                    "remove that in Plex first"
                )

    def _put_back(self) -> str:
        left = put_back(self._plex, self._journal, self._store)
        return "left" if left else "back"

    def _keep(self, version: str) -> Result:
        still = tuple(line for line, has_moved in self._moved.items() if not has_moved)
        result = Result(self._clock(), version, self._seen, still)
        with self._store.writing():
            self._tests.keep(result)
            learn(Traits(self._store), self._seen)
        return result

    # -- a step

    def _make(self, step: Step) -> None:
        if step.pair and len(self._scenes) < 2:
            self._seen |= {step.line: judge.UNTESTED} if step.line else {}
            return
        self._pause()
        before = self._read()[: 2 if step.pair else 1]
        self._note(step, before)
        is_refused = self._send(step, before)
        now = self._read()[: len(before)]
        if step.line:
            self._seen[step.line] = judge.REFUSED if is_refused else self._word(step, before, now)
        if step.line and not is_refused and step.way != steps.RATE:
            self._moved[step.line] = now[0].updated > before[0].updated

    def _read(self) -> list[Item]:
        """The items as they are now, the tested one first."""
        found = self._plex.items(list(self._scenes))
        if len(found) < len(self._scenes):
            raise errors.Gone("an item of the test is no longer in Plex")
        return [found[key] for key in self._scenes]

    def _note(self, step: Step, before: Sequence[Item]) -> None:
        """Records the write before it is made, and that its run has to be put back."""
        with self._store.writing():
            self._journal.record([self._row(step, item) for item in before], self._clock())
            self._tests.begin(self._journal.run)

    def _row(self, step: Step, item: Item) -> Row:
        was, after = item.values.get(step.field), step.after(item)
        if step.field in IMAGES:
            was = selected(self._plex.images(item.rating_key, POSTER))
            self._poster = self._poster if step.way == steps.SELECT else was
            after = self._poster if step.way == steps.SELECT else self._picture.key
        key, is_locked = item.rating_key, lock_of(step.field) in item.locks
        files = item.file_ids
        return Row(key, self._scenes[key], step.field, was, after, is_locked, TEST, files=files)

    def _send(self, step: Step, items: Sequence[Item]) -> bool:
        """Returns whether Plex has refused the step."""
        try:
            if step.way == steps.SEVERAL:
                keys = [item.rating_key for item in items]
                self._plex.edit_several(items[0].section, keys, steps.shared(items[0]))
            else:
                for item in items:
                    self._send_one(step, item)
        except (errors.Rejected, errors.Busy):
            return True
        return False

    def _send_one(self, step: Step, item: Item) -> None:
        key = item.rating_key
        if step.way == steps.RATE:
            self._plex.rate(key, step.after(item))  # type: ignore[arg-type]
        elif step.way == steps.UPLOAD:
            images.show(self._plex, key, self._picture, self._plex.images(key, POSTER))
        elif step.way == steps.SELECT and self._poster:
            self._plex.select_image(key, POSTER, self._poster)
        elif step.way == steps.SELECT:
            self._plex.unset_image(key, POSTER)
        else:
            self._plex.edit(item.section, key, step.edit(item))

    def _word(self, step: Step, before: Sequence[Item], now: Sequence[Item]) -> str:
        if step.way == steps.SEVERAL:
            return judge.several(before, now)
        if step.field in IMAGES:
            shown = selected(self._plex.images(now[0].rating_key, POSTER))
            expected = self._poster if step.way == steps.SELECT else self._picture.key
            was_locked = step.way == steps.SELECT or POSTER.lock in before[0].locks
            return judge.poster(shown, expected, was_locked, now[0])
        return step.judge(before[0], now[0])

    # -- order

    def _look_at_order(self) -> None:
        """Sees whether a library can be read newest first."""
        item = self._read()[0]
        latest = self._times(item.section, "updatedAt:desc", ROWS)
        oldest = self._times(item.section, "updatedAt:asc", 1)
        self._seen["newest"] = judge.newest(latest, (oldest or [0])[0], item.updated)

    def _times(self, section: int, sort: str, size: int) -> list[int]:
        page = self._plex.sorted_page(section, sort, 0, size)
        return [time for _, time in page.times("updatedAt")]


def learn(traits: Traits, seen: "dict[str, str]") -> None:
    """Notes how the server takes edits, for the code that has a choice."""
    if seen.get("several") in ("adds", "replaces"):
        traits.note(SEVERAL, True)
        traits.note(ADDS, seen["several"] == "adds")
    elif seen.get("several") in ("some", judge.REFUSED):
        traits.note(SEVERAL, False)
    if seen.get("rating") in ("edit", "apart"):
        is_apart = "apart" in (seen["rating"], seen.get("rating_off"))
        traits.rate_apart(is_apart)
