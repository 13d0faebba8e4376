"""What became of one scene, and what is told about it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from plex.fields import registry, selection
from plex.fields.item import Item
from plex.fields.text import whole_summary
from plex.library import claims
from plex.plan import baseline, plan
from plex.state.scene_state import IN_SYNC, UNKNOWN, worst
from plex.sync.work import Work
from validation import text

if TYPE_CHECKING:
    from plex.state.scene_state import State
    from plex.sync.decision import SceneDecision

LEFT_ALONE = "is left as it is"
SHOWN = 100  # characters of a value in a log line


@dataclass
class Outcome:
    """What became of one scene; `said` is its log line, without the scene's name."""

    scene_id: int
    label: str
    said: str = ""
    changes: list[plan.Change] = field(default_factory=list)
    items: list[int] = field(default_factory=list)
    missing: bool = False
    unsettled: bool = False  # Plex has its file, and has not read it yet
    hidden: bool = False  # Plex may have its file, in a part that it cannot list
    wrote: bool = False
    refused: bool = False  # left alone, for a reason that only a person can take away
    skipped: str = ""  # not selected, for one of `selection.REASONS`
    leaves: Sequence[int] = ()  # the items that it showed, and that are to be restored
    warnings: list[str] = field(default_factory=list)
    error: "Exception | None" = None
    folders: list[str] = field(default_factory=list)
    states: "dict[int, State]" = field(default_factory=dict)  # by items; of all of them 0

    @property
    def state(self) -> "State | None":
        """Where the scene stands, as it was seen; None if nobody looked."""
        found = worst(self.states.values()) if self.states else None
        if self.error and (found is None or found[0] == IN_SYNC):
            return UNKNOWN, ""  # not all of it was seen
        return found


def tell(work: Work, outcome: Outcome, state: "State") -> None:
    """Add what happened on one item, and the `state` in which that leaves the scene, to its outcome."""
    outcome.states[work.item.rating_key] = state
    outcome.items.append(work.item.rating_key)
    outcome.changes += work.changes
    done = [change.field for change in work.writes]
    done += ["photos"] if work.photos else []
    done += [one.kind.field for one in work.shows if not one.refused]
    outcome.wrote = outcome.wrote or bool(done)
    said = f"Plex item {work.item.rating_key}: " + (", ".join(done) if done else "says the same")
    if kept := _kept(work.changes):
        said += f" ({kept})"
    outcome.said = f"{outcome.said}; {said}" if outcome.said else said
    cut = _cut(work)
    outcome.warnings += ([cut] if cut else []) + _refusals(work, "summary" if cut else "")


_LEFT = {
    plan.DRIFTED: "left as edited in Plex",
    plan.PRESERVED: "left as edited in Plex",
    plan.LOCKED: "left as locked in Plex",
    plan.CONFLICT: "left until it is decided",
}


def _kept(changes: Sequence[plan.Change]) -> str:
    """What is left alone and why; what Plex refused was told when it did."""
    left: dict[str, list[str]] = {}
    for change in changes:
        if change.why in _LEFT:
            left.setdefault(_LEFT[change.why], []).append(change.field)
    return "; ".join(f"{why}: {', '.join(names)}" for why, names in left.items())


def _cut(work: Work) -> str:
    """How much of a long summary Plex got, if it did not get all."""
    if not any(change.field == "summary" for change in work.writes):
        return ""
    whole = whole_summary(work.scene)
    shown = str((work.after or work.item).values.get("summary") or "")
    start = shown.removesuffix(text.ELLIPSIS)
    if start == shown or shown == whole or not whole.startswith(start):
        return ""
    return (
        f"has {len(whole)} characters of details, and Plex item {work.item.rating_key} shows the "
        f"first {len(start)}: an edit of Plex holds no more"
    )


def _refusals(work: Work, told: str) -> list[str]:
    """Values that Plex, read back, does not show as they were sent; `told` is a field to skip."""
    now = work.after.values if work.after else {}
    return [
        f"Plex was told {change.field} = {_brief(change.after)} and says "
        f"{_brief(now.get(change.field))}; it is not told again until Stash says something else"
        for change in work.writes
        if work.after
        and change.field != told
        and baseline.refused(registry.BY_NAME[change.field], change, now)
    ]


def _brief(value: registry.Value) -> str:
    shown = repr(value)
    return shown if len(shown) <= SHOWN else shown[: SHOWN - 1] + "…"


def outcome_of(decision: "SceneDecision") -> Outcome:
    """What the decision alone says about the scene, before its works are done."""
    scene = decision.scene
    outcome = Outcome(scene.id, scene.label(), warnings=list(decision.warnings))
    outcome.states = dict(decision.states)
    outcome.error = decision.unread or decision.cover_error
    if decision.skip:
        _skip(outcome, decision.skip, decision.written, decision.restores)
    elif decision.held:
        _hold(outcome, decision.held)
    elif decision.lacks_item:
        outcome.missing = decision.is_missing
        outcome.folders = [file.path for file in scene.files]
        outcome.said = "is not in Plex yet" if decision.is_missing else "has no file"
    if decision.hidden:
        outcome.hidden, outcome.said = True, f"waits: {decision.hidden}"
    if decision.unsure:
        _ambiguous(outcome, decision)
    if decision.unready:
        outcome.unsettled = True
        outcome.said = f"waits: Plex is still reading its item {decision.unready[-1]}"
    for item, standing, owner in decision.others:
        _LOST[standing](outcome, item, owner)
    return outcome


def _share(outcome: Outcome, item: Item, owner: int) -> None:
    """The item shows another scene, and can show only one."""
    said = (
        f"shares Plex item {item.rating_key} “{item.title}” with scene {owner}, which it shows; "
        "split the item in Plex to have both"
    )
    outcome.said, outcome.refused = said, True
    outcome.warnings.append(said)


def _yield(outcome: Outcome, item: Item, owner: int) -> None:
    """A further file of the scene lies in the item of another scene: that one has the item."""
    said = f"leaves Plex item {item.rating_key} to scene {owner}"
    outcome.said = f"{outcome.said}; {said}" if outcome.said else said


def _leave(outcome: Outcome, item: Item, owner: int) -> None:
    """The scene says nothing that could be written."""
    outcome.items.append(item.rating_key)
    outcome.said = f"says nothing yet; Plex item {item.rating_key} is left as it is"


# What is told of a scene on whose item nothing is written.
_LOST = {claims.SILENT: _leave, claims.YIELDED: _yield, claims.SHARED: _share}


def _ambiguous(outcome: Outcome, decision: "SceneDecision") -> None:
    """One file on several items: names them."""
    which = "; ".join(
        f"{item.rating_key} “{item.title}” in “{decision.libraries.get(item.section, '?')}” with “{file}”"
        for item in decision.unsure
        for file in item.files[:1]
    )
    fits = "has a further file that fits" if decision.sure else "fits"
    outcome.said = f"{fits} {len(decision.unsure)} Plex items and is left alone: {which}"
    outcome.refused = True
    outcome.warnings.append(outcome.said + " (allow_ambiguous_match writes all of them)")


def _skip(outcome: Outcome, why: selection.Skip, keys: Sequence[int], restores: bool) -> None:
    """The scene is not selected; `keys` are the items on which it was written."""
    outcome.said, outcome.skipped = f"is not synced: {why.words}", why.reason
    outcome.leaves = keys if restores else ()
    if keys:
        outcome.said += f"; Plex item {many(keys)} {'is put back' if restores else LEFT_ALONE}"


def restored(outcome: Outcome, keys: Sequence[int], fields: int, left: Mapping[str, int]) -> None:
    """Items of a scene that left the selection say what they said before: say so."""
    outcome.wrote = fields > 0
    said = f"{fields} field" + ("" if fields == 1 else "s") + " put back"
    said += "".join(f", {count} left ({why})" for why, count in left.items())
    outcome.said = f"{outcome.said.rpartition('; Plex item ')[0]}; Plex item {many(keys)}: {said}"


def handed_over(outcome: Outcome) -> None:
    """Another scene shows on all of them by now."""
    outcome.said = outcome.said.replace("is put back", "shows another scene now")


def _hold(outcome: Outcome, why: str) -> None:
    """A person wants the scene left alone."""
    outcome.said = f"is held ({why}) and left alone; Resume Held Scenes ends that"
    outcome.refused = True


def many(keys: Sequence[int]) -> str:
    """Rating keys as a log line names them."""
    return ", ".join(map(str, keys))
