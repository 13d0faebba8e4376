"""What became of one scene, and what is told about it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from plex.fields import registry, selection
from plex.fields.item import Item
from plex.fields.text import whole_summary
from plex.plan import baseline, plan
from plex.state import scene_state
from plex.state.scene_state import IN_SYNC, UNKNOWN, worst
from plex.sync.work import Work
from validation import text

if TYPE_CHECKING:
    import errors
    from plex.state.scene_state import State

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


def share(outcome: Outcome, item: Item, owner: int) -> None:
    """Two scenes on one item: say so, and write the one that has it."""
    said = (
        f"shares Plex item {item.rating_key} “{item.title}” with scene {owner}, which it shows; "
        "split the item in Plex to have both"
    )
    outcome.said, outcome.refused = said, True
    outcome.states[item.rating_key] = scene_state.shared(item.rating_key, owner)
    outcome.warnings.append(said)


def ambiguous(
    outcome: Outcome, items: Sequence[Item], libraries: Mapping[int, str], has_other: bool = False
) -> None:
    """One file on several items: name them, and leave them alone. `has_other`: another file of the
    scene has an item of its own."""
    which = "; ".join(
        f"{one.rating_key} “{one.title}” in “{libraries.get(one.section, '?')}” with “{file}”"
        for one in items
        for file in one.files[:1]
    )
    fits = "has a further file that fits" if has_other else "fits"
    outcome.said = f"{fits} {len(items)} Plex items and is left alone: {which}"
    outcome.refused = True
    outcome.states[0] = scene_state.several(one.rating_key for one in items)
    outcome.warnings.append(outcome.said + " (allow_ambiguous_match writes all of them)")


def yields(outcome: Outcome, item: Item, owner: int) -> None:
    """A further file of the scene lies in the item of another scene: that one has it."""
    said = f"leaves Plex item {item.rating_key} to scene {owner}"
    outcome.said = f"{outcome.said}; {said}" if outcome.said else said


def leave(outcome: Outcome, item: Item, owner: int) -> None:
    """Nothing was decided: say why."""
    outcome.items.append(item.rating_key)
    outcome.states[item.rating_key] = scene_state.NO_TEXT
    outcome.said = f"says nothing yet; Plex item {item.rating_key} is left as it is"


def skip(
    outcome: Outcome, why: selection.Skip, keys: Sequence[int], restores: bool = False
) -> None:
    """The scene is not selected: say why, and what becomes of the items on which it was written."""
    outcome.said, outcome.skipped = f"is not synced: {why.words}", why.reason
    outcome.leaves = keys if restores else ()
    outcome.states[0] = scene_state.LEFT_OUT, why.words
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


def unsettle(outcome: Outcome, key: int) -> None:
    """Plex itself has yet to say something there: say that the scene waits for it."""
    outcome.unsettled = True
    outcome.said = f"waits: Plex is still reading its item {key}"
    outcome.states[0] = UNKNOWN, f"Plex is still reading its item {key}"


def fail(outcome: Outcome, error: "errors.Stash2PlexError") -> None:
    """Plex has an item for it, and cannot give it."""
    outcome.error = error
    outcome.states[0] = UNKNOWN, str(error)


def hide(outcome: Outcome, why: str) -> None:
    """Its file may be in a part of Plex that was not seen: say that the scene waits for it."""
    outcome.hidden = True
    outcome.said = f"waits: {why}"
    outcome.states[0] = scene_state.hidden(why)


def hold(outcome: Outcome, why: str) -> None:
    """A person wants the scene left alone."""
    outcome.said = f"is held ({why}) and left alone; Resume Held Scenes ends that"
    outcome.refused = True


def many(keys: Sequence[int]) -> str:
    """Rating keys as a log line names them."""
    return ", ".join(map(str, keys))
