"""Scenes -> what is to be done for them on their items: match, plan, look at covers. Nothing is written."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Protocol

import errors
from plex.fields import actor_photos, selection
from plex.fields.item import Item
from plex.images.covers import Covers
from plex.library import claims, match, readiness
from plex.library.claims import Claims
from plex.library.index import Index
from plex.library.witnesses import Witnesses
from plex.state import file_id, scene_state
from plex.state.entry import Entry
from plex.state.holds import Holds
from plex.state.journal import Journal
from plex.state.ledger import Ledger
from plex.sync.outcome import (
    Outcome,
    ambiguous,
    fail,
    hide,
    hold,
    leave,
    share,
    skip,
    unsettle,
    yields,
)
from plex.sync.restore import RESTORE
from plex.sync.work import (
    Work,
    claim_photos,
    decided,
    extras,
    refuse_partial,
    rules,
    state_before,
)
from stash.scene import Scene
from validation.settings import SyncSettings


class Stash(Protocol):
    """What is asked of Stash."""

    def scenes(self, ids: Sequence[int], extras: Collection[str] = ()) -> dict[int, Scene]: ...
    def cover(self, one: Scene) -> "bytes | None": ...


class Plex(match.Source, readiness.Plex, Protocol):
    """What is asked of Plex."""

    def sections(self) -> Sequence[readiness.Section]: ...


class Deciding:
    """Lives as long as a process: Plex's libraries are looked at once, a photo goes out once."""

    def __init__(
        self,
        stash: Stash,
        plex: Plex,
        index: Index,
        ledger: Ledger,
        journal: Journal,
        settings: SyncSettings,
        covers: Covers,
        clock: Callable[[], float],
        scanned: Callable[[], None],
        others: Witnesses,
        items: "match.Items | None" = None,
    ) -> None:
        """`others` tells of items to ask for when Plex gives none of those at hand; `items`: where
        items are had from, else from Plex."""
        self._stash, self._plex, self._items = stash, plex, items or plex
        self._index, self._ledger, self._journal = index, ledger, journal
        self._settings, self._covers, self._clock = settings, covers, clock
        self._scanned = scanned
        self.extras = extras(settings)  # what has to be known of a scene besides the usual
        self._claims = Claims(stash, settings, self.extras)
        self._settling = readiness.Settling(plex, clock)
        self._others = others
        self._claimed: set[str] = set()  # actors whose photo goes out in this process
        self._looked = False
        self._look_at: Collection[str] = ()

    def __call__(
        self,
        scenes: Sequence[Scene],
        outcomes: Mapping[int, Outcome],
        settle: Callable[[Collection[int]], bool] = lambda keys: False,
    ) -> list[Work]:
        """The works; why others are left is in `outcomes`. `settle` is told the items in question:
        what is still to be remembered of them is, and it says whether there was anything."""
        refuse_partial(scenes, self.extras)
        self._look_at_libraries()
        told: list[str] = []
        holds, chosen = Holds(self._journal, self._settings.path_map, warn=told.append), []
        for scene in scenes:
            held = holds.why(scene)
            outcomes[scene.id].warnings += [
                line.removeprefix(scene.label()).strip() for line in told
            ]
            told.clear()
            if why := selection.skip(scene, self._settings):
                self._pass_over(scene, why, outcomes[scene.id], bool(held))
            elif held:
                hold(outcomes[scene.id], held)
            else:
                chosen.append(scene)
        return self._matched(chosen, outcomes, settle)

    def look_at(self, images: Collection[str]) -> None:
        """Look at these images of all scenes, also where nothing calls for it."""
        self._look_at = images

    def give_up(self, work: Work) -> None:
        """It was not written: the photos that were to go out with it are due again."""
        self._claimed -= work.photos.keys()

    def _look_at_libraries(self) -> None:
        """Once per process: what was indexed of a library that is out of bounds now is not used."""
        if not self._looked:
            if self._index.keep_to(self._plex.sections()):
                self._scanned()
            self._looked = True

    def _pass_over(self, scene: Scene, why: selection.Skip, outcome: Outcome, held: bool) -> None:
        """A scene that has left the selection is left as it is, unless the setting says that its
        items are to be restored. Nobody touches what a person holds."""
        restores = self._settings.on_leave == RESTORE and not held
        ids = file_id.of_scene(scene, self._settings.path_map)
        skip(outcome, why, self._ledger.items_of(scene.id, ids), restores)

    def _matched(
        self,
        scenes: list[Scene],
        outcomes: Mapping[int, Outcome],
        settle: Callable[[Collection[int]], bool],
    ) -> list[Work]:
        settle({key for one in outcomes.values() for key in one.leaves})
        matches = self._match(scenes)
        if settle({item.rating_key for items in matches.items.values() for item in items}):
            matches = self._match(scenes)
        pairs = []
        for scene in scenes:
            if error := matches.unread.get(scene.id):
                fail(outcomes[scene.id], error)
                continue
            items = self._usable(scene, matches.of(scene), outcomes[scene.id])
            pairs += [(scene, item) for item in items]
        entries = self._ledger.about(item for _, item in pairs)
        works = self._works(self._settled(pairs, entries, outcomes), entries, outcomes)
        self._claim_photos(works)
        for work in works:
            state = state_before(work, self._settings)
            outcomes[work.scene.id].states[work.item.rating_key] = state
        return works

    def _match(self, scenes: Sequence[Scene]) -> match.Matches:
        path_map = self._settings.path_map
        others = self._others.besides
        return match.match(scenes, self._index, self._items, path_map, self._refresh, others)

    def _works(
        self,
        pairs: list[tuple[Scene, Item]],
        entries: Mapping[int, Entry],
        outcomes: Mapping[int, Outcome],
    ) -> list[Work]:
        holders = {key: e.scene_id for key, e in entries.items()}
        owners = self._claims.owners(pairs, holders, self._settings.path_map)
        works = []
        new = {key: owners.of[key] for key in owners.of.keys() - entries.keys()}
        known = {**entries, **self._ledger.new(new, {item.rating_key: item for _, item in pairs})}
        for scene, item in pairs:
            entry, owner = known[item.rating_key], owners.of[item.rating_key]
            if owner != scene.id:
                its = [other for one, other in pairs if one is scene]
                _LOST[owners.standing(scene, item, its)](outcomes[scene.id], item, owner)
            elif work := decided(scene, item, entry, self._settings):
                self._look_at_cover(work, outcomes[scene.id])
                works.append(work)
            else:
                leave(outcomes[scene.id], item, scene.id)
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
                unsettle(outcomes[scene.id], item.rating_key)
        return [pair for pair in pairs if not outcomes[pair[0].id].unsettled]

    def _claim_photos(self, works: list[Work]) -> None:
        names = {name for work in works for name in actor_photos.wanted(work.scene, self._settings)}
        if names:
            sent = self._ledger.photos(names)
            holders = self._ledger.holders(sent)
            claim_photos(works, sent, holders, self._settings, self._claimed)

    def _refresh(self) -> bool:
        self._settling.listed()
        found = self._index.refresh(self._plex, self._clock())
        if self._index.came_back:
            self._scanned()
        return found

    def _usable(self, scene: Scene, items: list[Item], outcome: Outcome) -> list[Item]:
        if not items and (why := match.hidden(scene, self._index, self._settings.path_map)):
            hide(outcome, why)
            return []
        if not items:
            outcome.missing = bool(scene.files)
            outcome.states[0] = scene_state.MISSING if scene.files else scene_state.NO_FILE
            outcome.folders = [f.path for f in scene.files]
            outcome.said = "is not in Plex yet" if scene.files else "has no file"
        sure, unsure = claims.fit(scene, items, self._settings.path_map, self._settings)
        if unsure:
            ambiguous(outcome, unsure, self._index.titles(), bool(sure))
        return sure

    def _look_at_cover(self, work: Work, outcome: Outcome) -> None:
        """One that cannot be had stops nothing else."""
        how = rules(work.item, work.entry, self._settings)
        try:
            work.looked = self._covers.look(work.scene, work.item, work.entry, how, self._look_at)
        except (errors.Busy, errors.Gone) as error:  # the rest is written, the scene stays owed
            outcome.error = error
        work.changes += tuple(c for one in work.looked if (c := one.look.change) and not c.writes)
        decided = work.entry.decided  # about an image that was not looked at, that waits
        left = {name: one for name, one in decided.items() if name not in work.unseen}
        work.entry = work.entry.but(decided=left)


# What is told of a scene whose item shows another one.
_LOST = {claims.SILENT: leave, claims.YIELDED: yields, claims.SHARED: share}
