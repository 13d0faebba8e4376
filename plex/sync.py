"""A batch of scenes: read, match, plan, note, write, read back, remember. The spine."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Protocol

import errors
from plex import (
    baseline,
    collections,
    fields,
    images,
    match,
    photos,
    plan,
    selection,
    settling,
    showing,
    undo,
    wire,
)
from plex.collections import Collections
from plex.covers import Covers
from plex.index import Index
from plex.item import Item
from plex.journal import Journal
from plex.leaving import RESTORE, Leaving
from plex.ledger import Entry, Ledger
from plex.outcome import (
    Choice,
    Outcome,
    Work,
    ambiguous,
    claim_photos,
    decided,
    extras,
    hold,
    leave,
    many,
    rows,
    rules,
    settle,
    share,
    skip,
    tell,
)
from plex.paths import PathMap
from plex.photos import Sent
from plex.undo import LEFT, Undo
from stash.scene import Scene


class Stash(Protocol):
    """What a sync asks of Stash."""

    def scenes(self, ids: Sequence[int], extras: Collection[str] = ()) -> dict[int, Scene]: ...
    def cover(self, one: Scene) -> "bytes | None": ...


class Plex(match.Source, images.Images, collections.Plex, settling.Plex, undo.Plex, Protocol):
    """What a sync asks of Plex."""

    def sections(self) -> Sequence[settling.Section]: ...
    def edit(self, section: int, rating_key: int, parameters: Sequence[wire.Parameter]) -> None: ...
    def rate(self, rating_key: int, rating: "float | None") -> None: ...
    def takes_edits(self, rating_key: int) -> "bool | None": ...


class Config(Choice, Protocol):
    """What of the config a sync obeys."""

    @property
    def path_map(self) -> PathMap: ...
    @property
    def allow_ambiguous_match(self) -> bool: ...
    @property
    def on_leave(self) -> str: ...


class Sync:
    """Calls with scene ids; Unreachable, Refused and the like pass through: they stop the drain."""

    def __init__(
        self,
        stash: Stash,
        plex: Plex,
        index: Index,
        ledger: Ledger,
        config: Config,
        clock: Callable[[], float] = time.time,
        scanned: Callable[[], None] = lambda: None,
        journal: "Journal | None" = None,
        say: Callable[[str], None] = lambda line: None,
    ) -> None:
        """`scanned` is called when Plex has scanned since its libraries were listed; `say` is told
        what is of no scene."""
        self._covers = Covers(stash, plex, config, clock)
        self._journal = journal or Journal(ledger.store)
        self._collections = Collections(plex, ledger.store, config, say)
        undo = Undo(plex, ledger, self._journal, clock, self._collections.left, LEFT)
        self.leaving = Leaving(undo, ledger, self._journal)
        self._stash, self._plex = stash, plex
        self._index, self._ledger, self._config = index, ledger, config
        self._clock, self._scanned = clock, scanned
        self.extras = extras(config)  # what has to be known of a scene besides the usual
        self._settling = settling.Settling(plex, clock)
        self._claimed: set[str] = set()  # actors whose photo goes out in this process
        self._looked = False

    def __call__(self, ids: Sequence[int]) -> list[Outcome]:
        ids = list(dict.fromkeys(ids))
        scenes = self._stash.scenes(ids, self.extras)
        outcomes = {n: self._outcome(n, scenes.get(n)) for n in ids}
        works = self.decide([scenes[n] for n in ids if n in scenes], outcomes)
        self.leaving(outcomes.values(), {work.item.rating_key for work in works})
        self._collections.expect(works)
        self._note(works)
        done = [work for work in works if self._apply(work, outcomes[work.scene.id])]
        seen = self._read_back(done, outcomes)
        self._remember(seen, outcomes)
        self._collections.tidy()
        return [outcomes[n] for n in ids]

    def _look_at_libraries(self) -> None:
        """Once per process: what was indexed of a library that is out of bounds now is not used."""
        if not self._looked:
            if self._index.keep_to(self._plex.sections()):
                self._scanned()
            self._looked = True

    def _outcome(self, number: int, scene: "Scene | None") -> Outcome:
        if scene:
            return Outcome(number, scene.label())
        keys = self._ledger.forget_scene(number)
        left = f"; Plex item {many(keys)} is left as it is" if keys else ""
        return Outcome(number, f"scene {number}", f"is no longer in Stash{left}")

    # -- match and decide

    def decide(self, scenes: Sequence[Scene], outcomes: Mapping[int, Outcome]) -> list[Work]:
        """What is to be done for these; nothing is written. Why others are left is in `outcomes`."""
        self._look_at_libraries()
        held = self._journal.held()
        chosen = []
        for scene in scenes:
            if why := selection.skip(scene, self._config):
                self._pass_over(scene, why, outcomes[scene.id], scene.id in held)
            elif scene.id in held:
                hold(outcomes[scene.id], held[scene.id])
            else:
                chosen.append(scene)
        return self._matched(chosen, outcomes)

    def _pass_over(self, scene: Scene, why: selection.Skip, outcome: Outcome, held: bool) -> None:
        """A scene that has left the selection is left as it is, unless the setting says that its
        items are to be restored. Nobody touches what a person holds."""
        restores = self._config.on_leave == RESTORE and not held
        skip(outcome, why, self._ledger.items_of(scene.id), restores)

    def _matched(self, scenes: list[Scene], outcomes: Mapping[int, Outcome]) -> list[Work]:
        matches = match.match(scenes, self._index, self._plex, self._config.path_map, self._refresh)
        pairs = []
        for scene in scenes:
            items = matches.of(scene)
            if self._usable(scene, items, outcomes[scene.id]):
                pairs += [(scene, item) for item in items]
        entries = self._ledger.entries([item.rating_key for _, item in pairs])
        pairs = self._settled(pairs, entries, outcomes)
        owner = match.owners(
            pairs, {key: e.scene_id for key, e in entries.items()}, self._still_there
        )
        works = []
        entries |= self._ledger.new({key: owner[key] for key in owner.keys() - entries.keys()})
        for scene, item in pairs:
            entry = entries[item.rating_key]
            if owner[item.rating_key] != scene.id:
                share(outcomes[scene.id], item, owner[item.rating_key])
            elif work := decided(scene, item, entry, self._config):
                self._look_at_cover(work, outcomes[scene.id])
                works.append(work)
            else:
                leave(outcomes[scene.id], item)
        self._claim_photos(works)
        return works

    def _settled(
        self,
        pairs: list[tuple[Scene, Item]],
        entries: Mapping[int, Entry],
        outcomes: Mapping[int, Outcome],
    ) -> list[tuple[Scene, Item]]:
        """Without the scenes with an item, new to us, that Plex has yet to read."""
        fresh = [item for _, item in pairs if item.rating_key not in entries]
        waiting = self._settling.unsettled(fresh)
        for scene, item in pairs:
            if item.rating_key in waiting:
                settle(outcomes[scene.id], item.rating_key)
        return [pair for pair in pairs if not outcomes[pair[0].id].unsettled]

    def _claim_photos(self, works: list[Work]) -> None:
        names = {name for work in works for name in photos.wanted(work.scene, self._config)}
        if names:
            claim_photos(works, self._ledger.photos(names), self._config, self._claimed)

    def _refresh(self) -> bool:
        self._settling.listed()
        return self._index.refresh(self._plex, self._clock())

    def _usable(self, scene: Scene, items: list[Item], outcome: Outcome) -> bool:
        if not items:
            outcome.missing = bool(scene.files)
            outcome.folders = [f.path for f in scene.files]
            outcome.said = "is not in Plex yet" if scene.files else "has no file"
        elif len(items) > 1 and not self._config.allow_ambiguous_match:
            ambiguous(outcome, items, self._index.titles())
            return False
        return bool(items)

    def _still_there(self, scene_id: int, item: Item) -> bool:
        holder = self._stash.scenes([scene_id], self.extras).get(scene_id)
        if holder is None or selection.skip(holder, self._config):
            return False
        return match.holds(item, holder, self._config.path_map)

    def _look_at_cover(self, work: Work, outcome: Outcome) -> None:
        """One that cannot be had stops nothing else."""
        how = rules(work.item, work.entry, self._config)
        try:
            work.looked = self._covers.look(work.scene, work.item, work.entry, how)
        except (errors.Busy, errors.Gone) as error:  # the rest is written, the scene stays owed
            outcome.error = error
        work.changes += tuple(c for one in work.looked if (c := one.look.change) and not c.writes)
        decided = work.entry.decided  # about an image that was not looked at, that waits
        left = {name: one for name, one in decided.items() if name not in work.unseen}
        work.entry = work.entry.but(decided=left)

    # -- note, write, read back, remember

    def _note(self, works: list[Work]) -> None:
        """Say on disk what will be ours, before it is: a kill in between must not orphan it."""
        self._journal.record([row for work in works for row in rows(work)], self._clock())
        self._ledger.put(_begun(work) for work in works if work.writes or work.shows)

    def _apply(self, work: Work, outcome: Outcome) -> bool:
        """Write one item; False when that failed, with the reason in the outcome."""
        try:
            self._send(work, work.writes)
            said = [self._covers.show(work.item.rating_key, one) for one in work.shows]
            outcome.warnings += filter(None, said)
        except (errors.Busy, errors.Rejected, errors.Gone) as error:
            return self._failed(work, outcome, error)
        return True

    def _send(self, work: Work, changes: Sequence[plan.Change]) -> None:
        parameters = wire.parameters(changes)
        if work.photos:
            parameters = wire.with_photos(parameters, work.photos, work.actors)
            sent = {value for name, value in parameters if name.endswith(".tag.thumb")}
            work.photos = {name: url for name, url in work.photos.items() if url in sent}
        locks = [one.kind.lock for one in work.shows]
        parameters += [(f"{name}.locked", "1") for name in locks if name not in work.item.locks]
        if parameters:
            self._plex.edit(work.item.section, work.item.rating_key, parameters)
        for change in changes:
            if change.field == "rating":
                self._plex.rate(work.item.rating_key, change.after)  # type: ignore[arg-type]

    def _failed(self, work: Work, outcome: Outcome, error: errors.Stash2PlexError) -> bool:
        if isinstance(error, errors.Gone):
            self._index.doubt([work.item.rating_key])
        if isinstance(error, (errors.Busy, errors.Rejected)):
            self._blame(work, error)
        self._claimed -= work.photos.keys()
        outcome.error = error
        return False

    def _blame(self, work: Work, error: errors.Stash2PlexError) -> None:
        """Whose fault is it? Unreachable if Plex takes no edit at all, else it is `alone`.

        An item that was written well before is told what it says already.
        """
        for key in self._ledger.written(besides=work.item.rating_key):
            takes = self._plex.takes_edits(key)
            if takes is False:
                said = f"Plex answers, and takes no changes now ({error})"
                raise errors.Unreachable(said).of(errors.PLEX, error.cause or "busy") from None
            if takes:
                error.alone = True
                return

    def _read_back(self, works: list[Work], outcomes: dict[int, Outcome]) -> list[Work]:
        """Ask Plex what it made of the writes; gives the works of which that is known now."""
        written = [work for work in works if work.edits]
        self._look_again(written)
        seen = [work for work in works if not work.edits or self._is_seen(work, outcomes)]
        ignored = [work for work in seen if work.ignored]
        seen = [w for w in seen if w not in ignored or self._send_again(w, outcomes)]
        self._look_again(ignored)
        seen = [
            w for w in seen if not w.unheard or self._failed(w, outcomes[w.scene.id], _unheard())
        ]
        stubborn = [work for work in seen if self._left_over(work)]
        done = [w for w in seen if w not in stubborn or self._remove_singly(w, outcomes)]
        self._look_again(stubborn)
        return done

    def _send_again(self, work: Work, outcomes: dict[int, Outcome]) -> bool:
        """Plex said yes and nothing has changed: perhaps it was somebody else who said it."""
        try:
            self._send(work, work.ignored)
        except (errors.Busy, errors.Rejected, errors.Gone) as error:
            return self._failed(work, outcomes[work.scene.id], error)
        return True

    def _is_seen(self, work: Work, outcomes: dict[int, Outcome]) -> bool:
        gone = errors.Gone(f"Plex item {work.item.rating_key} vanished while it was written")
        return work.after is not None or self._failed(work, outcomes[work.scene.id], gone)

    def _look_again(self, works: list[Work]) -> None:
        found = self._plex.items([work.item.rating_key for work in works])
        for work in works:
            work.after = found.get(work.item.rating_key, work.after)

    def _left_over(self, work: Work) -> list[wire.Parameter]:
        """The removals that Plex did not make, each as an edit of its own."""
        now = work.after.values if work.after else {}
        return [
            wire.removal(field.wire, [name])
            for change in work.writes
            if (field := fields.BY_NAME[change.field]).kind == "tags"
            for name in wire.left_over(change, now.get(change.field))
        ]

    def _remove_singly(self, work: Work, outcomes: dict[int, Outcome]) -> bool:
        """Some servers honour only the first removal of a request: send the others alone."""
        try:
            for parameter in self._left_over(work):
                self._plex.edit(work.item.section, work.item.rating_key, [parameter])
        except (errors.Busy, errors.Rejected, errors.Gone) as error:
            return self._failed(work, outcomes[work.scene.id], error)
        return True

    def _remember(self, works: list[Work], outcomes: dict[int, Outcome]) -> None:
        entries, refs = [], {}
        for work in works:
            entry = self._entry(work)
            known = work.entry.but(synced=entry.synced)
            if entry != known or work.entry.decided or not work.entry.synced:
                entries.append(entry)
                refs[work.scene.id] = work.scene.refs()
            tell(work, outcomes[work.scene.id])
        if entries:
            self._ledger.put(entries, refs)
        self._ledger.put_photos({
            name: Sent(url, work.after.photos.get(name, ""))
            for work in works
            for name, url in work.photos.items()
            if work.after
        })  # fmt: skip

    def _entry(self, work: Work) -> Entry:
        now, known = work.after or work.item, work.entry
        entry = _moved(known, work.item, now).but(
            scene_id=work.scene.id,
            baseline=baseline.confirmed(known.baseline, work.changes, now.values, work.wanted),
            locks=baseline.our_locks(
                known.locks, known.baseline, work.changes, work.wanted, now.locks
            ),
            asked=self._asked(work),
            synced=self._clock(),
        )
        for one in work.looked:
            entry = showing.remembered(entry, one, now)
        return entry

    def _asked(self, work: Work) -> tuple[str, ...]:
        """The fields that a person has to decide about."""
        asked = tuple(change.field for change in work.changes if change.why == plan.CONFLICT)
        unseen = [name for name in work.unseen if name in self._config.sync_fields]
        return asked + tuple(name for name in unseen if name in work.entry.asked)


def _begun(work: Work) -> Entry:
    """The entry before the writes."""
    entry, locks = work.entry, {one.kind.lock for one in work.shows}
    for one in work.shows:
        entry = showing.begun(entry, one.kind)
    return entry.but(
        scene_id=work.scene.id,
        baseline=baseline.begun(entry.baseline, work.changes, work.wanted),
        locks=baseline.locks_ahead(entry.locks, work.changes, locks),
    )


def _moved(entry: Entry, before: Item, now: Item) -> Entry:
    """The entry with where Plex shows its images now: what we write moves those as well."""
    for kind in images.KINDS:
        past = entry.past(kind.field)
        if before.images.get(kind.lock, "") == past.shown:
            past = past._replace(shown=now.images.get(kind.lock, ""))
            entry = entry.with_past(kind.field, past)
    return entry


def _unheard() -> errors.Busy:
    said = "Plex was told, said yes, and shows nothing of it"
    return errors.Busy(said).of(errors.PLEX, "unreadable")
