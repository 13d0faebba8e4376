"""Compares scenes with their items in Plex: whose each item is, and which scenes need a sync."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from plex.fields import actor_photos
from plex.fields.image_kinds import BY_FIELD
from plex.fields.item import Item
from plex.fields.registry import IMAGES
from plex.images import covers
from plex.library import claims, match
from plex.library.claims import Claims, Owners
from plex.library.index import Index
from plex.path_map.paths import PathMap
from plex.plan.plan import ASK
from plex.state import scene_state
from plex.state.entry import Entry
from plex.state.ledger import Ledger
from plex.sync.work import Work, claim_photos, decided, extras, refuse_partial, rules
from reconciliation import detector
from reconciliation.detector import DRIFTED, MISSING, Gap
from reconciliation.result import Findings
from reconciliation.scan import Chunk
from stash.scene import Scene
from validation.settings import SyncSettings

if TYPE_CHECKING:
    from plex.fields.image_kinds import Kind
    from plex.state.scene_state import State
    from stash.api import StashApi

COVER, EDITED = "cover", "edited"  # reasons for a sync of a scene without a gap to repair


class Comparison:
    """Compares chunks of scenes with their full items."""

    def __init__(
        self,
        stash: "StashApi",
        index: Index,
        ledger: Ledger,
        settings: SyncSettings,
        judge: "Judge",
        path_map: PathMap,
        finds_missing: bool,
    ) -> None:
        """`finds_missing`: a scene without an item in Plex is a gap."""
        self._index, self._ledger, self._settings = index, ledger, settings
        self._judge, self._path_map = judge, path_map
        self._finds_missing = finds_missing
        self._extras = extras(settings)
        self._claims = Claims(stash, settings, self._extras)

    def compare(self, chunk: Chunk, read: match.Read, findings: Findings) -> None:
        """Adds to `findings` what differs between the scenes of the chunk and the items in `read`."""
        refuse_partial(chunk.chosen, self._extras)
        matches = match.matched(chunk.hints, read, self._index)
        for scene in chunk.chosen:
            if error := matches.unread.get(scene.id):
                findings.leave_out(scene, error)
        self._note_absent(matches, chunk.chosen, findings)
        pairs = [
            (scene, item) for scene in chunk.chosen
            for item in self._usable(matches, scene, findings)
        ]  # fmt: skip
        entries = self._ledger.about(item for _, item in pairs)
        holders = {key: entry.scene_id for key, entry in entries.items()}
        owners = self._claims.owners(pairs, holders, self._path_map)
        unknown = {key: owners.of[key] for key in owners.of.keys() - entries.keys()}
        entries |= self._ledger.new(unknown, read.items)
        for scene in chunk.chosen:
            items = [item for other, item in pairs if other is scene]
            own = [item for item in items if owners.of[item.rating_key] == scene.id]
            states = _states_of_lost(scene, items, owners)
            has_conflict = bool(items) and not own and scene_state.NO_TEXT not in states
            findings.result.conflict_count += has_conflict
            # The state of further files that fit several items is known already.
            states += [findings.states[scene.id]] if scene.id in findings.states else []
            if own:
                judgement = self._judge.judge(scene, own, entries)
                states += judgement.states
                _note(judgement, scene, own, findings)
                fingerprint = chunk.fingerprints.get(scene.id)
                if judgement.agrees and own == matches.of(scene) and fingerprint is not None:
                    findings.agreed[scene.id] = fingerprint
            if states:
                findings.states[scene.id] = scene_state.worst(states)

    def _usable(self, matches: match.Matches, scene: Scene, findings: Findings) -> list[Item]:
        if scene.id in matches.unread:
            return []
        sure, unsure = claims.fit(scene, matches.of(scene), self._path_map, self._settings)
        if unsure:
            findings.result.conflict_count += not sure
            findings.states[scene.id] = scene_state.several(item.rating_key for item in unsure)
        return sure

    def _note_absent(
        self, matches: match.Matches, scenes: Sequence[Scene], findings: Findings
    ) -> None:
        """Notes the scenes that have no item, and adds those whose file Plex lacks."""
        for scene in scenes:
            if matches.of(scene) or scene.id in matches.unread:
                continue
            if not scene.files:
                findings.states[scene.id] = scene_state.NO_FILE
            elif why := match.hidden(scene, self._index, self._path_map):
                findings.states[scene.id] = scene_state.hidden(why)
            else:
                findings.states[scene.id] = scene_state.MISSING
                if self._finds_missing:
                    findings.result.missing_count += 1
                    findings.to_sync.add(scene.id, MISSING)


def _states_of_lost(scene: Scene, items: Sequence[Item], owners: Owners) -> "list[State]":
    """The states of the scene beside those of its items that show another scene."""
    states: list[State] = []
    for item in items:
        standing = owners.standing(scene, item, items)
        if standing == claims.SILENT:
            states.append(scene_state.NO_TEXT)
        elif standing == claims.SHARED:
            owner = owners.of[item.rating_key]
            states.append(scene_state.shared(item.rating_key, owner))
    return states


class Judgement(NamedTuple):
    """`reason` is why the scene needs a sync, '' if it needs none. `agrees`: nothing differs at all.
    `loses`: a sync would leave less in Plex. `states` has one state for each item."""

    gap: "Gap | None"
    reason: str
    agrees: bool
    loses: bool
    states: "list[State]"


def _note(judgement: Judgement, scene: Scene, items: Sequence[Item], findings: Findings) -> None:
    findings.result.compared += 1
    findings.result.losing += judgement.loses
    findings.result.cover_checks += judgement.reason == COVER
    if judgement.gap:
        findings.result.count(judgement.gap, [item.rating_key for item in items])
    if judgement.reason:
        findings.to_sync.add(scene.id, judgement.reason)


class Judge:
    """Judges one scene beside the items that show it. Lives as long as a run: the photo of an actor
    is a reason to sync one scene only."""

    def __init__(self, ledger: Ledger, settings: SyncSettings) -> None:
        self._ledger, self._settings = ledger, settings
        self._photos: set[str] = set()  # actors whose photo comes with a scene before

    def judge(self, scene: Scene, items: Sequence[Item], entries: Mapping[int, Entry]) -> Judgement:
        gaps, cover, asking, loses, states = [], False, False, False, []
        for item in items:
            entry = entries[item.rating_key]
            work = decided(scene, item, entry, self._settings)
            if work is None:
                states.append(scene_state.NO_TEXT)
                continue
            self._claim_photos(work)
            gap = detector.gap(
                scene.id, work.changes, item.without_scanned, work.wanted,
                ("photos",) * bool(work.photos),
            )  # fmt: skip
            gaps += [gap] if gap else []
            moved = self._covers_moved(scene, item, entry)
            cover = cover or bool(moved)
            states.append(self._state(work, moved))
            asked = self._open(item, entry)
            asking = asking or detector.changes_decisions(work.changes, asked)
            loses = loses or detector.loses(work.changes)
        worst = detector.worst(gaps)
        if worst and worst.kind != DRIFTED:
            return Judgement(worst, worst.kind, False, loses, states)
        if cover:
            return Judgement(worst, COVER, False, loses, states)
        # The sync for an edit writes nothing: it lists the edit for a decision.
        agrees = not (worst or asking or self._awaits_photo(scene))
        return Judgement(worst, EDITED if asking else "", agrees, loses, states)

    def _open(self, item: Item, entry: Entry) -> list[str]:
        """The fields that wait for a decision, without the images about which a sync would ask again."""
        named, asks = self._settings.sync_fields, self._settings.on_edit_in_plex == ASK
        return [
            name for name in entry.asked
            if not (asks and name in IMAGES and name in named and _is_edited(item, entry, name))
        ]  # fmt: skip

    def _claim_photos(self, work: Work) -> None:
        if names := actor_photos.wanted(work.scene, self._settings):
            sent = self._ledger.photos(names)
            claim_photos([work], sent, self._ledger.holders(sent), self._settings, self._photos)

    def _awaits_photo(self, scene: Scene) -> bool:
        """Whether a photo of one of its actors is due, be it with another scene."""
        return not self._photos.isdisjoint(actor_photos.wanted(scene, self._settings))

    def _covers_moved(self, scene: Scene, item: Item, entry: Entry) -> "list[Kind]":
        """The image kinds for which a sync has to fetch the cover: only the cover itself shows
        whether it changed."""
        if not scene.has_cover:
            return []
        how = rules(item, entry, self._settings)
        due = covers.in_question(scene, item, entry, self._settings, how)
        # An image about which a person was asked waits for the answer.
        return [kind for kind in due if kind.field not in entry.asked]

    def _state(self, work: Work, moved: "Sequence[Kind]") -> "State":
        due = [kind.field for kind in moved]
        kept = covers.kept(work.entry, self._settings, due)
        photos_due = ["photos"] * bool(work.photos)
        return scene_state.compared([*work.changes, *kept], photos_due, due)


def _is_edited(item: Item, entry: Entry, image: str) -> bool:
    """Whether Plex shows another image than ours."""
    return item.images.get(BY_FIELD[image].lock, "") != entry.past(image).shown
