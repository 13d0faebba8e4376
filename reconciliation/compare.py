"""Counts what differs between scenes and their items in Plex, and which scenes need a sync."""

from typing import NamedTuple

from plex.fields.item import BY_FIELD, Item
from plex.fields.registry import IMAGES
from plex.library import match
from plex.plan.plan import ASK
from plex.state import scene_state
from plex.state.entry import Entry
from plex.sync.decide import Decider
from plex.sync.decision import SceneDecision
from plex.sync.work import Work
from reconciliation import detector
from reconciliation.detector import DRIFTED, MISSING, Gap
from reconciliation.result import Findings
from reconciliation.scan import Chunk
from validation.settings import SyncSettings

COVER, EDITED = "cover", "edited"  # reasons for a sync of a scene without a gap to repair


class Comparison:
    """Compares chunks of scenes with their full items."""

    def __init__(self, decider: Decider, settings: SyncSettings, finds_missing: bool) -> None:
        """`finds_missing`: a scene without an item in Plex is a gap."""
        self._decider, self._settings = decider, settings
        self._finds_missing = finds_missing

    def compare(self, chunk: Chunk, read: match.ItemsRead, findings: Findings) -> None:
        """Adds to `findings` what differs between the scenes of the chunk and the items in `read`."""
        self._decider.compare(chunk.chosen, chunk.hints, read)
        for decision in chunk.chosen:
            if decision.unread:
                findings.leave_out(decision.scene, decision.unread)
            if decision.states:
                state = scene_state.worst(decision.states.values())
                findings.states[decision.scene.id] = state
            if decision.is_missing and self._finds_missing:
                findings.result.missing_count += 1
                findings.to_sync.add(decision.scene.id, MISSING)
            findings.result.conflict_count += _is_conflict(decision)
            if decision.owned:
                self._judge(decision, chunk, findings)

    def _judge(self, decision: SceneDecision, chunk: Chunk, findings: Findings) -> None:
        judgement = judge(decision, self._settings)
        _note(judgement, decision, findings)
        fingerprint = chunk.fingerprints.get(decision.scene.id)
        is_alone = decision.owned == decision.items
        if judgement.agrees and is_alone and fingerprint is not None:
            findings.agreed[decision.scene.id] = fingerprint


def _is_conflict(decision: SceneDecision) -> bool:
    """Whether only a person can give the scene an item."""
    if decision.unsure and not decision.sure:
        return True
    is_silent = any(other.role == match.SILENT for other in decision.others)
    return bool(decision.sure) and not (decision.owned or is_silent)


class Judgement(NamedTuple):
    """`reason` is why the scene needs a sync, '' if it needs none. `agrees`: nothing differs at all.
    `loses`: a sync would leave less in Plex."""

    gap: "Gap | None"
    reason: str
    agrees: bool
    loses: bool


def _note(judgement: Judgement, decision: SceneDecision, findings: Findings) -> None:
    findings.result.compared += 1
    findings.result.losing += judgement.loses
    findings.result.cover_checks += judgement.reason == COVER
    if judgement.gap:
        findings.result.count(judgement.gap, [item.rating_key for item in decision.owned])
    if judgement.reason:
        findings.to_sync.add(decision.scene.id, judgement.reason)


def judge(decision: SceneDecision, settings: SyncSettings) -> Judgement:
    """Judges a scene beside the items that show it."""
    works = decision.works
    worst = detector.worst([gap for work in works if (gap := _gap(work))])
    loses = any(detector.loses(work.changes) for work in works)
    if worst and worst.kind != DRIFTED:
        return Judgement(worst, worst.kind, False, loses)
    if any(work.covers_due for work in works):
        return Judgement(worst, COVER, False, loses)
    # The sync for an edit writes nothing: it lists the edit for a decision.
    asking = any(_asks(work, settings) for work in works)
    agrees = not (worst or asking or decision.awaits_photo)
    return Judgement(worst, EDITED if asking else "", agrees, loses)


def _gap(work: Work) -> "Gap | None":
    photos = ("photos",) * bool(work.photos)
    return detector.gap(work.scene.id, work.changes, work.item.without_scanned, work.wanted, photos)


def _asks(work: Work, settings: SyncSettings) -> bool:
    return detector.changes_decisions(work.changes, _open(work.item, work.entry, settings))


def _open(item: Item, entry: Entry, settings: SyncSettings) -> list[str]:
    """The fields that wait for a decision, without the images about which a sync would ask again."""
    named, asks = settings.sync_fields, settings.on_edit_in_plex == ASK
    return [
        name for name in entry.asked
        if not (asks and name in IMAGES and name in named and _is_edited(item, entry, name))
    ]  # fmt: skip


def _is_edited(item: Item, entry: Entry, image: str) -> bool:
    """Whether Plex shows another image than ours."""
    return item.images.get(BY_FIELD[image].lock, "") != entry.image(image).shown
