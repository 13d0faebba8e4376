"""Scenes -> decisions: which scenes are synced, which items are theirs, and what is to be written.

The only place that matches scenes, compares them with their items and asks the ledger: a sync does
what is decided here, a preview shows it, a reconciliation counts it. Nothing is written to Plex.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import errors
from plex.client.port import PlexPort, Unread
from plex.fields import actor_photos, registry, selection
from plex.fields.item import Item, file_ids_of_scene
from plex.images import covers
from plex.images.covers import Covers
from plex.library import match, readiness
from plex.library.index import Index
from plex.library.match import Claims
from plex.library.witnesses import Witnesses
from plex.state.entry import Entry
from plex.state.journal import Holds, Journal
from plex.state.ledger import Ledger
from plex.sync.decision import Other, SceneDecision
from plex.sync.work import Work, claim_photos, planned, refuse_partial, rules, state_before
from stash.port import StashPort
from stash.scene import Scene
from validation.settings import SyncSettings

# A value of the setting on_leave; with the other one the items stay as they are.
RESTORE = "restore"


@dataclass
class Reads:
    """The questions of a decision to both servers. `Prefetch` has asked some of them before. `items` also notes
    the items that Plex has and cannot give, with the reason."""

    scenes: Callable[[Sequence[int], Collection[str]], dict[int, Scene]]
    items: Callable[[Sequence[int], Unread], dict[int, Item]]
    cover: Callable[[Scene], "bytes | None"]


Settle = Callable[[Collection[int]], bool]


def nothing_open(keys: Collection[int]) -> bool:
    """Whether an earlier batch with these items had to be finished: there is none."""
    return False


class Decider:
    """Lives as long as a process: It looks at Plex's libraries once, and sends each photo once."""

    def __init__(
        self,
        stash: StashPort,
        plex: PlexPort,
        index: Index,
        ledger: Ledger,
        settings: SyncSettings,
        clock: Callable[[], float],
        scanned: Callable[[], None] = lambda: None,
    ) -> None:
        """`scanned` is called when Plex has scanned since its libraries were listed."""
        self.plex, self.index, self.ledger = plex, index, ledger
        self.settings, self.clock, self._scanned = settings, clock, scanned
        self._reads = Reads(stash.scenes, plex.items, stash.cover)
        self._journal = Journal(ledger.store)
        self._covers = Covers(plex, settings, clock)
        # Items to ask for when Plex gives none of those at hand.
        self.others = Witnesses(ledger.store)
        self.extras = registry.extras(settings)
        self._claims = Claims(stash, settings, self.extras)
        self._settling = readiness.Settling(plex, clock)
        self._claimed: set[str] = set()  # actors whose photo goes out in this process
        self._looked = False
        self._warnings: list[str] = []  # of the scene at hand

    # -- all of it

    def scenes(self, ids: Sequence[int], reads: "Reads | None" = None) -> dict[int, Scene]:
        """Reads these scenes as far as Stash has them, with everything that the settings need."""
        return (reads or self._reads).scenes(ids, self.extras)

    def decide(
        self,
        scenes: Iterable[Scene],
        images: Collection[str] = (),
        reads: "Reads | None" = None,
        settle: Settle = nothing_open,
        freed: bool = False,
    ) -> list[SceneDecision]:
        """Decides about scenes that were read with the `extras`. Looks at the covers for `images` even if
        nothing has changed. `reads` reads both servers, or has read ahead. `settle` gets the items that
        are about to be decided, finishes earlier batches with these items, and returns whether there was
        one. With `freed` no scene counts as held."""
        reads = reads or self._reads
        self._look_at_libraries()
        decisions = self.choose(scenes, self.holds(freed))
        settle({key for decision in decisions if decision.restores for key in decision.written})
        chosen = [decision for decision in decisions if decision.is_chosen]
        self._place(chosen, self._match(chosen, reads, settle))
        entries = self._entries(chosen)
        self._wait(chosen, entries)
        self._plan(chosen, entries)
        for decision in chosen:
            self._look_at_covers(decision, reads, images)
        self._conclude(chosen)
        return decisions

    def locate(self, scenes: Iterable[Scene]) -> list[SceneDecision]:
        """Only finds the items of the scenes that are selected, held or not; Plex is not listed anew."""
        decisions = self.choose(scenes, self.holds(freed=True))
        chosen = [decision for decision in decisions if decision.is_chosen]
        hints = self.hints(chosen)
        had = self.read(hints, self.others.besides())
        self._place(chosen, match.matched(hints, had, self.index))
        return decisions

    # -- the same by steps, for a reconciliation, which reads items while it compares others

    def holds(self, freed: bool = False) -> Holds:
        """The holds as they are now. With `freed` no scene is held."""
        return Holds(self._journal, self.settings.path_map, freed, self._warnings.append)

    def choose(self, scenes: Iterable[Scene], holds: Holds) -> list[SceneDecision]:
        """Begins the decisions: which scenes are selected, and which are held."""
        decisions = []
        for scene in scenes:
            refuse_partial(scene, self.extras)
            decision = SceneDecision(scene, selection.skip_reason(scene, self.settings))
            decision.held = holds.why(scene)
            decision.warnings = [w.removeprefix(scene.label()).strip() for w in self._warnings]
            self._warnings.clear()
            decisions.append(decision)
        self._pass_over([decision for decision in decisions if decision.skip])
        return decisions

    def hints(self, decisions: Iterable[SceneDecision]) -> match.Hints:
        """Returns where the index has the files of these scenes."""
        scenes = [decision.scene for decision in decisions]
        return match.hints(scenes, self.index, self.settings.path_map)

    def read(self, hints: match.Hints, others: Sequence[int]) -> match.ItemsRead:
        """Reads the items of the hints, without a look at our database: any thread may do it. `others`
        are the items to ask for when Plex gives none of them."""
        return match.read(self.plex, self._reads.items, hints.rating_keys, lambda: others)

    def compare(
        self, decisions: Sequence[SceneDecision], hints: match.Hints, had: match.ItemsRead
    ) -> None:
        """Completes decisions of chosen scenes from items that were read. Covers that have to be
        looked at are only named, and what Plex is still reading is not asked."""
        self._place(decisions, match.matched(hints, had, self.index))
        self._plan(decisions, self._entries(decisions))
        for work in works_of(decisions):
            of_item, how = (work.item, work.entry), rules(work.item, work.entry, self.settings)
            work.covers_due = covers.due_covers(work.scene, *of_item, self.settings, how)
        self._conclude(decisions)

    def give_up(self, work: Work) -> None:
        """Takes back the photos of a work that was not written: another work sends them."""
        self._claimed -= work.photos.keys()

    # -- steps

    def _look_at_libraries(self) -> None:
        """Removes from the index, once per process, the libraries that are not synced any more."""
        if not self._looked:
            if self.index.keep_to(self.plex.sections()):
                self._scanned()
            self._looked = True

    def _pass_over(self, decisions: Sequence[SceneDecision]) -> None:
        """Decides about scenes that left the selection: their items stay as they are, unless On Leave is
        `restore` and nobody holds the scene."""
        ids = [decision.scene.id for decision in decisions]
        shown = set(self.ledger.showing(ids) if ids else ())
        for decision in decisions:
            if decision.scene.id in shown:
                files = file_ids_of_scene(decision.scene, self.settings.path_map)
                decision.written = self.ledger.items_of(decision.scene.id, files)
                restores = self.settings.on_leave == RESTORE and not decision.held
                decision.restores = restores and bool(decision.written)

    def _match(
        self,
        chosen: Sequence[SceneDecision],
        reads: Reads,
        settle: Settle,
    ) -> match.Matches:
        scenes = [decision.scene for decision in chosen]
        read = partial(match.read, self.plex, reads.items, others=self.others.besides)

        def matched() -> match.Matches:
            return match.match(scenes, self.index, self.settings.path_map, read, self._refresh)

        matches = matched()
        keys = {item.rating_key for items in matches.items.values() for item in items}
        return matched() if settle(keys) else matches

    def _refresh(self) -> bool:
        self._settling.settled = False
        is_more = self.index.refresh(self.plex, self.clock())
        if self.index.came_back:
            self._scanned()
        return is_more

    def _place(self, decisions: Iterable[SceneDecision], matches: match.Matches) -> None:
        """Notes the items of each scene, or why it has none."""
        for decision in decisions:
            if error := matches.unread.get(decision.scene.id):
                decision.unread = error
                continue
            decision.items = matches.items.get(decision.scene.id, [])
            if not decision.items:
                decision.hidden = match.hidden(decision.scene, self.index, self.settings.path_map)
            fit = match.fit(decision.scene, decision.items, self.settings.path_map, self.settings)
            decision.sure, decision.unsure = fit
            if decision.unsure:
                decision.libraries = self.index.titles()

    def _entries(self, decisions: Iterable[SceneDecision]) -> dict[int, Entry]:
        return self.ledger.entries_of([i for decision in decisions for i in decision.sure])

    def _wait(self, decisions: Iterable[SceneDecision], entries: Mapping[int, Entry]) -> None:
        """Notes the items that we have never written and that Plex has yet to read: their scenes wait."""
        fresh = [i for decision in decisions for i in decision.sure if i.rating_key not in entries]
        waiting = self._settling.unsettled(fresh) if fresh else set()
        for decision in decisions:
            decision.unready = [i.rating_key for i in decision.sure if i.rating_key in waiting]

    def _plan(self, decisions: Iterable[SceneDecision], entries: Mapping[int, Entry]) -> None:
        """Plans the works, each item for the scene that it shows."""
        ready = [decision for decision in decisions if not decision.unready]
        pairs = [(decision, item) for decision in ready for item in decision.sure]
        holders = {key: entry.scene_id for key, entry in entries.items()}
        scenes = [(decision.scene, item) for decision, item in pairs]
        owners = self._claims.owners(scenes, holders, self.settings.path_map)
        new = {key: owners.of[key] for key in owners.of.keys() - entries.keys()}
        items = {item.rating_key: item for _, item in pairs}
        known = {**entries, **(self.ledger.new_entries(new, items) if new else {})}
        for decision, item in pairs:
            entry, owner = known[item.rating_key], owners.of[item.rating_key]
            role = owners.role(decision.scene, item, decision.sure)
            if role != match.SHOWN:
                decision.others.append(Other(item, role, owner))
            elif work := planned(decision.scene, item, entry, self.settings):
                decision.works.append(work)
            else:
                decision.others.append(Other(item, match.SILENT, owner))

    def _look_at_covers(self, decision: SceneDecision, reads: Reads, also: Collection[str]) -> None:
        """Looks at the covers of one scene. A cover that cannot be read stops nothing else."""
        for work in decision.works:
            of_item = work.item, work.entry, rules(work.item, work.entry, self.settings)
            try:
                work.images = self._covers.look(work.scene, *of_item, reads.cover, also)
            except (errors.Busy, errors.Gone) as error:  # the rest is written, the scene is retried
                decision.cover_error = error
            seen = [image.look.change for image in work.images]
            work.changes += tuple(change for change in seen if change and not change.writes)
            if work.entry.decided:
                unseen = work.unseen_images  # decisions about these wait
                left = {name: d for name, d in work.entry.decided.items() if name not in unseen}
                work.entry = work.entry.but(decided=left)

    def _conclude(self, decisions: Sequence[SceneDecision]) -> None:
        """Gives each photo that is due to one work, and notes the states of the scenes."""
        if self.settings.actor_photo_url:
            self._claim_photos(decisions)
        for work in works_of(decisions):
            work.state = state_before(work, self.settings)

    def _claim_photos(self, decisions: Sequence[SceneDecision]) -> None:
        wishes = [actor_photos.wanted(each.scene, self.settings).keys() for each in decisions]
        both = list(zip(decisions, wishes, strict=True))
        names = {name for decision, wish in both if decision.works for name in wish}
        if not names:
            return
        sent = self.ledger.photos(names)
        holders = self.ledger.holders(sent)
        for decision, wish in both:
            claim_photos(decision.works, sent, holders, self.settings, self._claimed)
            decision.awaits_photo = not self._claimed.isdisjoint(wish)


def works_of(decisions: Iterable[SceneDecision]) -> list[Work]:
    return [work for decision in decisions for work in decision.works]
