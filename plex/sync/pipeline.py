"""A batch of scenes: read, decide, note, write, read back, remember. The spine."""

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Protocol

from plex.fields.actor_photos import Sent
from plex.library import match
from plex.library.index import Index
from plex.library.witnesses import Witnesses
from plex.state.journal import LEFT, Journal
from plex.state.ledger import Ledger
from plex.state.scene_state_store import Seen
from plex.sync import collections, decide, record, undo, write
from plex.sync.collections import Collections
from plex.sync.decide import Decider, Stash, works_of
from plex.sync.decision import SceneDecision
from plex.sync.outcome import Outcome, many, tell
from plex.sync.restore import Leaving
from plex.sync.tempo import Tempo
from plex.sync.undo import Undo
from plex.sync.verify import Items, Look, ReadBack
from plex.sync.work import Work, rows, state_after
from plex.sync.write import Writing
from stash.scene import Scene
from validation.settings import SyncSettings


class Plex(decide.Plex, write.Plex, collections.Plex, undo.Plex, Protocol):
    """What a sync asks of Plex."""


class Foreseen(Stash, match.Items, Protocol):
    """What may have been read before it is asked for, in the place of Stash and Plex."""

    def ahead(self, ids: Sequence[int]) -> None: ...
    def write(self, rating_keys: Collection[int]) -> None: ...
    def look(self, rating_keys: Sequence[int]) -> Callable[[], Items]: ...
    def close(self) -> None: ...


class Begun:
    """A batch whose writes are on Plex. What Plex made of them is known, and remembered, when its
    outcomes are asked for; asked again, it says the same."""

    def __init__(self, ids: Sequence[int], keys: Collection[int], end: Callable[[], None],
                 outcomes: Mapping[int, Outcome]) -> None:  # fmt: skip
        self._ids, self._keys, self._end, self._outcomes = ids, keys, end, outcomes
        self.ended = False
        self._error: Exception | None = None

    def touches(self, ids: Collection[int] = (), keys: Collection[int] = ()) -> bool:
        """Whether any of these scenes or items is still open in it."""
        return not (self.ended or (_apart(self._ids, ids) and _apart(self._keys, keys)))

    def end(self) -> None:
        """What fails is kept for whoever asks for the outcomes."""
        if not self.ended:
            self.ended = True
            try:
                self._end()
            except Exception as error:
                self._error = error

    def __call__(self) -> list[Outcome]:
        self.end()
        if self._error:
            raise self._error
        return [self._outcomes[number] for number in self._ids]


class Sync:
    """Calls with scene ids; Unreachable, Refused and the like pass through: they stop the drain."""

    def __init__(
        self,
        stash: Stash,
        plex: Plex,
        index: Index,
        ledger: Ledger,
        settings: SyncSettings,
        clock: Callable[[], float] = time.time,
        scanned: Callable[[], None] = lambda: None,
        journal: "Journal | None" = None,
        say: Callable[[str], None] = lambda line: None,
        foreseen: "Foreseen | None" = None,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        """`clock` gives epoch seconds, `timer` any. `scanned` is called when Plex has scanned since
        its libraries were listed; `say` is told what is of no scene."""
        stash = foreseen or stash
        self.tempo = Tempo()
        self._journal = journal or Journal(ledger.store)
        self._collections = Collections(plex, ledger.store, settings, say, timer)
        undo = Undo(plex, ledger, self._journal, clock, self._collections.left, LEFT)
        self.leaving = Leaving(undo, ledger, self._journal)
        others = Witnesses(ledger.store)
        self.decider = Decider(
            stash, plex, index, ledger, settings, clock, scanned, others, foreseen
        )
        self._write = Writing(plex, index, others, self.decider.give_up, self.tempo)
        self._foreseen = foreseen
        self._look: Look = foreseen.look if foreseen else lambda keys: lambda: plex.items(keys)
        self._ledger, self._settings, self._clock = ledger, settings, clock
        self._seen = Seen(ledger.store)
        self._open: list[Begun] = []  # their writes are on Plex, and not remembered

    @property
    def extras(self) -> Collection[str]:
        """What has to be known of a scene besides the usual."""
        return self.decider.extras

    def __call__(self, ids: Sequence[int]) -> list[Outcome]:
        return self.begin(ids)()

    def ahead(self, ids: Sequence[int]) -> None:
        """These scenes come next: what they need may be read from now on."""
        if self._foreseen:
            self._foreseen.ahead(ids)

    def close(self) -> None:
        """Nothing is read ahead any more."""
        if self._foreseen:
            self._foreseen.close()

    def begin(self, ids: Sequence[int]) -> Begun:
        """The writes that these scenes need. What the batch before it left open goes on being read
        back beside them, if it is about others."""
        ids = list(dict.fromkeys(ids))
        self._end_open(ids)
        scenes = self.decider.scenes(ids)
        outcomes = {n: self._vanished(n) for n in ids if n not in scenes}
        chosen = [scenes[n] for n in ids if n in scenes]
        decisions = self.decider.decide(chosen, lambda keys: self._end_open(keys=keys))
        outcomes |= {one.scene.id: one.outcome for one in decisions}
        works = works_of(decisions)
        self._write_on(_keys(works, outcomes))
        self.leaving(outcomes.values(), {work.item.rating_key for work in works})
        self._collections.expect(works)
        self._unask(outcomes)
        self._note(works)
        done = [work for work in works if self._write(work, outcomes[work.scene.id])]
        return self._opened(ids, done, outcomes)

    def _opened(self, ids: list[int], works: list[Work], outcomes: dict[int, Outcome]) -> Begun:
        back, keys = ReadBack(works, outcomes, self._write, self._look), _keys(works, outcomes)

        def end() -> None:
            self._write_on(keys)  # what it did not hear it is told again
            self._remember(back.works(), outcomes)
            self._collections.tidy()

        begun = Begun(ids, keys, end, outcomes)
        self._open = [*(one for one in self._open if not one.ended), begun]
        return begun

    def _write_on(self, keys: Collection[int]) -> None:
        if self._foreseen:
            self._foreseen.write(keys)

    def _end_open(self, ids: Collection[int] = (), keys: Collection[int] = ()) -> bool:
        """The same scene, or the same item, again: what is known of it has to be remembered first."""
        again = [one for one in self._open if one.touches(ids, keys)]
        for one in again:
            one.end()
        return bool(again)

    def _vanished(self, number: int) -> Outcome:
        """Forgets a scene that Stash no longer has."""
        keys = self._ledger.forget_scene(number)
        self._seen.forget(number)
        left = f"; Plex item {many(keys)} is left as it is" if keys else ""
        return Outcome(number, f"scene {number}", f"is no longer in Stash{left}")

    def _unask(self, outcomes: Mapping[int, Outcome]) -> None:
        """Of scenes that are not synced there is nothing to decide."""
        left = [number for number, one in outcomes.items() if one.skipped]
        if left and (keys := self._ledger.asking(left)):
            self._ledger.ask(dict.fromkeys(keys, ()))

    def _note(self, works: list[Work]) -> None:
        """Say on disk what will be ours, before it is: a kill in between must not orphan it."""
        begun = [record.begun(work) for work in works if work.writes or work.shows]
        if begun:
            with self._ledger.store.writing():
                self._journal.record([row for work in works for row in rows(work)], self._clock())
                self._ledger.put(begun)

    def _remember(self, works: list[Work], outcomes: dict[int, Outcome]) -> None:
        entries = []
        for work in works:
            entry = record.done(work, self._clock(), self._settings.sync_fields)
            if record.is_news(entry, work):
                entries.append(entry)
            tell(work, outcomes[work.scene.id], state_after(work, entry, self._settings))
        refs = self._ledger.moved_refs({work.scene.id: work.scene.refs() for work in works})
        if entries or refs:
            self._ledger.put(entries, refs)
        self._ledger.put_photos({
            name: Sent(url, work.after.photos.get(name, ""))
            for work in works
            for name, url in work.photos.items()
            if work.after
        })  # fmt: skip
        self._keep_states(outcomes.values())

    def look(self, scenes: Iterable[Scene], images: Collection[str] = ()) -> list[SceneDecision]:
        """Decides without writing anything to Plex, and remembers where the scenes stand."""
        decisions = self.decider.decide(scenes, shown=images)
        self._keep_states(one.outcome for one in decisions)
        return decisions

    def _keep_states(self, outcomes: Iterable[Outcome]) -> None:
        """Remember where these scenes stand, as far as anybody looked."""
        self._seen.put({one.scene_id: one.state for one in outcomes if one.state})


def _keys(works: Iterable[Work], outcomes: Mapping[int, Outcome]) -> set[int]:
    """The items that are written on."""
    left = {key for one in outcomes.values() for key in one.leaves}
    return {work.item.rating_key for work in works} | left


def _apart(some: Collection[int], others: Collection[int]) -> bool:
    return set(some).isdisjoint(others)
