"""SceneDecision: the works of one scene on each of its items, or why there are none. Outcome: the result, with
its log line. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from plex.fields import registry
from plex.fields.item import Item
from plex.fields.selection import Skip
from plex.fields.text import whole_summary
from plex.library import match
from plex.plan import baseline, plan
from plex.state import scene_state
from plex.state.scene_state import IN_SYNC, UNKNOWN, worst
from plex.sync.work import Work
from stash.scene import Scene
from validation import clean_text

if TYPE_CHECKING:
    import errors
    from plex.state.scene_state import State


LEFT_ALONE = "is left as it is"
SHOWN = 100  # characters of a value in a log line


@dataclass
class Outcome:
    """The result for one scene. `said` is its log line, without the scene's name."""

    scene_id: int
    label: str
    said: str = ""
    changes: list[plan.Change] = field(default_factory=list)
    items: list[int] = field(default_factory=list)
    missing: bool = False
    unsettled: bool = False  # Plex has its file, and has not read it yet
    hidden: bool = False  # Plex may have its file, in a part that Plex cannot list
    wrote: bool = False
    refused: bool = False  # not synced, for a reason that only a person can take away
    skipped: str = ""  # why the scene is not selected: one of `selection.REASONS`
    leaves: Sequence[int] = ()  # items that showed the scene, and that are to be restored
    warnings: list[str] = field(default_factory=list)
    error: "Exception | None" = None
    folders: list[str] = field(default_factory=list)
    states: "dict[int, State]" = field(default_factory=dict)  # see `SceneDecision.states`

    @property
    def state(self) -> "State | None":
        """The worst state that was seen; None if nobody looked."""
        seen = worst(self.states.values()) if self.states else None
        if self.error and (seen is None or seen[0] == IN_SYNC):
            return UNKNOWN, ""  # some items were not seen
        return seen


class Other(NamedTuple):
    """An item with a file of the scene, on which nothing is written for the scene. `owner` is the scene
    that the item shows; `role` (see `match`) is why."""

    item: Item
    role: str
    owner: int


@dataclass(eq=False)
class SceneDecision:
    """The works of one scene, by item, and everything that keeps others from being done."""

    scene: Scene
    skip: "Skip | None" = None  # the scene is not selected
    written: Sequence[int] = ()  # the items on which such a scene was written
    restores: bool = False  # whether these are to be restored
    held: str = ""  # why a person holds the scene
    warnings: list[str] = field(default_factory=list)
    unread: "errors.Stash2PlexError | None" = None  # Plex has an item, and cannot give it
    hidden: str = ""  # why nobody knows whether Plex has one of the files
    items: list[Item] = field(default_factory=list)  # all that have one of the files
    sure: list[Item] = field(default_factory=list)  # those that fit alone
    unsure: list[Item] = field(default_factory=list)  # those of which several fit one file
    libraries: Mapping[int, str] = field(default_factory=dict)  # titles by id, if some are unsure
    unready: list[int] = field(default_factory=list)  # the items that Plex is still reading
    works: list[Work] = field(default_factory=list)
    others: list[Other] = field(default_factory=list)
    cover_error: "errors.Stash2PlexError | None" = None
    awaits_photo: bool = False  # a photo of one of its actors goes out, maybe with another scene

    @cached_property
    def outcome(self) -> Outcome:
        """The result for the scene, completed while its works are done."""
        return _outcome_of(self)

    @property
    def is_chosen(self) -> bool:
        """Whether the scene is selected, and nobody holds it."""
        return not (self.skip or self.held)

    @property
    def lacks_item(self) -> bool:
        """Whether Plex has none of its files, as far as anybody knows."""
        return self.is_chosen and not (self.items or self.unread or self.hidden)

    @property
    def is_missing(self) -> bool:
        """Whether the scene waits for Plex to get its file."""
        return self.lacks_item and bool(self.scene.files)

    @property
    def owned(self) -> list[Item]:
        """The items that show the scene, or are about to, in the order of the files."""
        keys = {work.item.rating_key for work in self.works}
        keys |= {o.item.rating_key for o in self.others if o.owner == self.scene.id}
        return [item for item in self.sure if item.rating_key in keys]

    @property
    def states(self) -> "dict[int, State]":
        """The states of the scene, by rating key. The key 0 has a state that does not depend on an item."""
        if self.skip:
            return {0: (scene_state.LEFT_OUT, self.skip.words)}
        if self.unread:
            return {0: (UNKNOWN, str(self.unread))}
        states: dict[int, State] = {}
        if self.lacks_item:
            states[0] = scene_state.MISSING if self.scene.files else scene_state.NO_FILE
        if self.hidden:
            states[0] = UNKNOWN, self.hidden
        if self.unsure:
            states[0] = scene_state.several(item.rating_key for item in self.unsure)
        if self.unready:
            states[0] = UNKNOWN, f"Plex is still reading its item {self.unready[-1]}"
        for item, role, owner in self.others:
            if role == match.SILENT:
                states[item.rating_key] = scene_state.NO_TEXT
            elif role == match.SHARED:
                states[item.rating_key] = scene_state.shared(item.rating_key, owner)
        return states | {work.item.rating_key: work.state for work in self.works}


def add_work(outcome: Outcome, work: Work, state: "State") -> None:
    """Adds a work that was done, and the `state` of the scene after it."""
    outcome.states[work.item.rating_key] = state
    outcome.items.append(work.item.rating_key)
    outcome.changes += work.changes
    done = [change.field for change in work.writes]
    done += ["photos"] if work.photos else []
    done += [image.kind.field for image in work.new_images if not image.refused]
    outcome.wrote = outcome.wrote or bool(done)
    sentence = f"Plex item {work.item.rating_key}: {', '.join(done) or 'says the same'}"
    if kept := _kept(work.changes):
        sentence += f" ({kept})"
    _add(outcome, sentence)
    cut = _cut(work)
    outcome.warnings += ([cut] if cut else []) + _refusals(work, "summary" if cut else "")


def _add(outcome: Outcome, sentence: str) -> None:
    outcome.said = f"{outcome.said}; {sentence}" if outcome.said else sentence


_LEFT = {
    plan.DRIFTED: "left as edited in Plex",
    plan.PRESERVED: "left as edited in Plex",
    plan.LOCKED: "left as locked in Plex",
    plan.CONFLICT: "left until it is decided",
}


def _kept(changes: Sequence[plan.Change]) -> str:
    """Names the fields that stay as they are, and why. Leaves out values that Plex refused: a warning
    named them."""
    left: dict[str, list[str]] = {}
    for change in changes:
        if change.why in _LEFT:
            left.setdefault(_LEFT[change.why], []).append(change.field)
    return "; ".join(f"{why}: {', '.join(names)}" for why, names in left.items())


def _cut(work: Work) -> str:
    """Says how much of a long summary Plex got; '' if it got all."""
    if not any(change.field == "summary" for change in work.writes):
        return ""
    whole = whole_summary(work.scene)
    shown = str((work.after or work.item).values.get("summary") or "")
    start = shown.removesuffix(clean_text.ELLIPSIS)
    if start == shown or shown == whole or not whole.startswith(start):
        return ""
    return (
        f"has {len(whole)} characters of details, and Plex item {work.item.rating_key} shows the "
        f"first {len(start)}: an edit of Plex holds no more"
    )


def _refusals(work: Work, besides: str) -> list[str]:
    """Returns a sentence for each value that Plex does not show as it was sent. Leaves out the field
    `besides`, which has a warning already."""
    now = work.after.values if work.after else {}
    return [
        f"Plex got {change.field} = {_brief(change.after)} and shows {_brief(now.get(change.field))}; "
        "the field is sent again when it changes in Stash"
        for change in work.writes
        if work.after
        and change.field != besides
        and baseline.refused(registry.BY_NAME[change.field], change, now)
    ]


def _brief(value: registry.Value) -> str:
    shown = repr(value)
    return shown if len(shown) <= SHOWN else shown[: SHOWN - 1] + "…"


def _outcome_of(decision: SceneDecision) -> Outcome:
    """The outcome before the works of the decision are done."""
    scene = decision.scene
    outcome = Outcome(scene.id, scene.label(), warnings=list(decision.warnings))
    outcome.states = dict(decision.states)
    outcome.error = decision.unread or decision.cover_error
    if decision.skip:
        _skip(outcome, decision.skip, decision.written, decision.restores)
    elif decision.held:
        outcome.said = f"is held ({decision.held}) and left alone; Resume Held Scenes ends that"
        outcome.refused = True
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
    for item, role, owner in decision.others:
        _LOST[role](outcome, item, owner)
    return outcome


def _share(outcome: Outcome, item: Item, owner: int) -> None:
    """The item shows another scene, and can show only one."""
    sentence = (
        f"shares Plex item {item.rating_key} “{item.title}” with scene {owner}, which it shows; "
        "split the item in Plex to have both"
    )
    outcome.said, outcome.refused = sentence, True
    outcome.warnings.append(sentence)


def _yield(outcome: Outcome, item: Item, owner: int) -> None:
    """A further file of the scene lies in the item of another scene, which keeps the item."""
    _add(outcome, f"leaves Plex item {item.rating_key} to scene {owner}")


def _leave(outcome: Outcome, item: Item, owner: int) -> None:
    """The scene says nothing yet that could be written."""
    outcome.items.append(item.rating_key)
    outcome.said = f"says nothing yet; Plex item {item.rating_key} is left as it is"


# How a scene is logged on whose item nothing is written.
_LOST = {match.SILENT: _leave, match.YIELDED: _yield, match.SHARED: _share}


def _ambiguous(outcome: Outcome, decision: SceneDecision) -> None:
    """One file on several items: names them."""
    which = "; ".join(
        f"{item.rating_key} “{item.title}” in “{decision.libraries.get(item.section, '?')}” with “{file}”"
        for item in decision.unsure
        for file in item.files[:1]
    )
    fits = "has a further file that fits" if decision.sure else "fits"
    outcome.said = f"{fits} {len(decision.unsure)} Plex items and is left alone: {which}"
    outcome.refused = True
    outcome.warnings.append(outcome.said + " (Allow Ambiguous Match writes all of them)")


def _skip(outcome: Outcome, why: Skip, keys: Sequence[int], restores: bool) -> None:
    """The scene is not selected; `keys` are the items on which it was written."""
    outcome.said, outcome.skipped = f"is not synced: {why.words}", why.reason
    outcome.leaves = keys if restores else ()
    if keys:
        outcome.said += f"; Plex item {many(keys)} {'is put back' if restores else LEFT_ALONE}"


def restored(outcome: Outcome, keys: Sequence[int], fields: int, left: Mapping[str, int]) -> None:
    """The items of a scene that left the selection say again what they said before our first write."""
    outcome.wrote = fields > 0
    sentence = f"{fields} field" + ("" if fields == 1 else "s") + " put back"
    sentence += "".join(f", {count} left ({why})" for why, count in left.items())
    start = outcome.said.rpartition("; Plex item ")[0]
    outcome.said = f"{start}; Plex item {many(keys)}: {sentence}"


def handed_over(outcome: Outcome) -> None:
    """All items of a scene that left the selection show another scene by now."""
    outcome.said = outcome.said.replace("is put back", "shows another scene now")


def many(keys: Sequence[int]) -> str:
    """Rating keys for a log line."""
    return ", ".join(map(str, keys))
