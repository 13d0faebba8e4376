"""The spine of a sync: a batch of scenes is read, decided, noted, written, read back, remembered."""

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from plex.client.edit_request import MOST
from plex.fields.actor_photos import Sent
from plex.state.journal import LEFT, Journal
from plex.state.ledger import SceneStates
from plex.sync.collections import Collections
from plex.sync.decide import Decider, Reads, Settle, nothing_open, works_of
from plex.sync.decision import Outcome, SceneDecision, add_work, many
from plex.sync.together import Traits
from plex.sync.undo import Restorer, Undo
from plex.sync.watcher import Watcher
from plex.sync.work import Work, entry_begun, entry_done, is_news, rows, state_after
from plex.sync.write import Items, ReadBack, Writer
from stash.scene import Scene


@dataclass(eq=False)
class SceneBatch:
    """Some scenes on their way to Plex; `written` are the works that have arrived there."""

    ids: Sequence[int]
    outcomes: dict[int, Outcome]
    works: list[Work]
    written: list[Work] = field(default_factory=list)

    @property
    def items(self) -> set[int]:
        """The rating keys of the items that are written on."""
        left = {key for outcome in self.outcomes.values() for key in outcome.leaves}
        return {work.item.rating_key for work in self.works} | left

    @property
    def edited(self) -> list[int]:
        """The rating keys of the items that are read back."""
        return [work.item.rating_key for work in self.written if work.edits]

    @property
    def results(self) -> list[Outcome]:
        """The outcomes in the order of the ids."""
        return [self.outcomes[number] for number in self.ids]


class Pipeline:
    """Lives as long as a process. Unreachable, Refused and the like pass through: they stop the drain."""

    def __init__(
        self,
        decider: Decider,
        journal: "Journal | None" = None,
        say: Callable[[str], None] = lambda line: None,
        timer: Callable[[], float] = time.monotonic,
        watcher: "Watcher | None" = None,
    ) -> None:
        """`say` gets log lines that are about no scene. `timer` gives seconds from any start."""
        plex, ledger, self._settings = decider.plex, decider.ledger, decider.settings
        self.decider, self._plex, self._ledger, self._clock = decider, plex, ledger, decider.clock
        self._journal = journal or Journal(ledger.store)
        self._collections = Collections(plex, ledger.store, self._settings, say, timer)
        traits = Traits(ledger.store)
        self._writer = Writer(plex, decider.index, decider.others, traits, decider.give_up)
        self._writer.watcher = watcher or Watcher()
        self.settle = self._writer.settle
        self._seen = SceneStates(ledger.store)

    @cached_property
    def restorer(self) -> Restorer:
        left = self._collections.left
        undo = Undo(self._plex, self._ledger, self._journal, self._clock, left, LEFT)
        return Restorer(undo, self._ledger, self._journal)

    # -- all of it

    def sync(self, ids: Iterable[int]) -> list[Outcome]:
        """Brings the items of these scenes up to date."""
        self.settle()
        batch = self.decide(ids)
        self.write(batch)
        self.finish(batch)
        return batch.results

    def look(
        self, scenes: Iterable[Scene], images: Collection[str] = (), freed: bool = False
    ) -> list[SceneDecision]:
        """Decides without writing anything to Plex, and remembers the states of the scenes. With `freed`
        held scenes are compared, too."""
        decisions = self.decider.decide(scenes, images, freed=freed)
        self._keep_states(decision.outcome for decision in decisions)
        return decisions

    def rest(self) -> float:
        """Seconds for which Plex is to be left alone."""
        return self._writer.tempo.rest()

    def size(self) -> int:
        """The number of scenes of the next batch, 0 for the usual one: as many as one edit may have, while
        most edits go out together."""
        return MOST if self._writer.is_light else 0

    # -- what `Pipelined` does otherwise

    def begin(self, ids: Sequence[int]) -> Callable[[], list[Outcome]]:
        """Syncs, and returns a call that gives the outcomes."""
        outcomes = self.sync(ids)
        return lambda: outcomes

    def close(self) -> None:
        """There is nothing to close."""

    # -- the steps

    def decide(
        self,
        ids: Iterable[int],
        reads: "Reads | None" = None,
        settle: Settle = nothing_open,
    ) -> SceneBatch:
        """Decides what to write. For `reads` and `settle` see the decider."""
        ids = list(dict.fromkeys(ids))
        scenes = self.decider.scenes(ids, reads)
        outcomes = {number: self._vanished(number) for number in ids if number not in scenes}
        chosen = [scenes[number] for number in ids if number in scenes]
        decisions = self.decider.decide(chosen, reads=reads, settle=settle)
        outcomes |= {decision.scene.id: decision.outcome for decision in decisions}
        return SceneBatch(ids, outcomes, works_of(decisions))

    def write(self, batch: SceneBatch) -> None:
        """Writes to Plex, after a note on disk of what will be ours."""
        works, outcomes = batch.works, batch.outcomes
        if leaving := [outcome for outcome in outcomes.values() if outcome.leaves]:
            self.restorer.restore(leaving, {work.item.rating_key for work in works})
        self._collections.expect(works)
        self._unask(outcomes)
        self._note(works)
        batch.written = self._writer.write_all(works, outcomes)

    def finish(self, batch: SceneBatch, first: "Callable[[], Items] | None" = None) -> None:
        """Reads back what was written, and remembers it. `first` gives the edited items if they were read."""
        first = first or (lambda: self._plex.items(batch.edited))
        back = ReadBack(batch.outcomes, self._writer, self._plex.items)
        self._remember(back.carried_out(batch.written, first()), batch.outcomes)
        self._collections.tidy()

    def _vanished(self, number: int) -> Outcome:
        """Forgets a scene that Stash no longer has."""
        keys = self._ledger.forget_scene(number)
        self._seen.forget(number)
        left = f"; Plex item {many(keys)} is left as it is" if keys else ""
        return Outcome(number, f"scene {number}", f"is no longer in Stash{left}")

    def _unask(self, outcomes: Mapping[int, Outcome]) -> None:
        """Forgets the questions about scenes that are not synced: nothing is left to decide."""
        left = [number for number, outcome in outcomes.items() if outcome.skipped]
        if left and (keys := self._ledger.asking(left)):
            self._ledger.ask(dict.fromkeys(keys, ()))

    def _note(self, works: list[Work]) -> None:
        """Records what will be ours before it is written: a kill in between must not orphan it."""
        entries = [entry_begun(work) for work in works if work.writes or work.new_images]
        if entries:
            with self._ledger.store.writing():
                self._journal.record([row for work in works for row in rows(work)], self._clock())
                self._ledger.put(entries)

    def _remember(self, works: list[Work], outcomes: dict[int, Outcome]) -> None:
        entries = []
        for work in works:
            entry = entry_done(work, self._clock(), self._settings.sync_fields)
            if is_news(entry, work):
                entries.append(entry)
            state = state_after(work, entry, self._settings)
            add_work(outcomes[work.scene.id], work, state)
        self._ledger.put(entries, {work.scene.id: work.scene.refs() for work in works})
        if photos := {
            name: Sent(url, work.after.photos.get(name, ""))
            for work in works
            for name, url in work.photos.items()
            if work.after
        }:
            self._ledger.put_photos(photos)
        self._keep_states(outcomes.values())

    def _keep_states(self, outcomes: Iterable[Outcome]) -> None:
        """Remembers the states of these scenes, as far as anybody looked."""
        self._seen.put({each.scene_id: state for each in outcomes if (state := each.state)})
