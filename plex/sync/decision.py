"""SceneDecision: what is to be done for one scene on each of its items, or why nothing is. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from plex.fields.item import Item
from plex.fields.selection import Skip
from plex.library import claims
from plex.state import scene_state
from plex.state.scene_state import UNKNOWN
from plex.sync.outcome import Outcome, outcome_of
from plex.sync.work import Work
from stash.scene import Scene

if TYPE_CHECKING:
    import errors
    from plex.state.scene_state import State


class Other(NamedTuple):
    """An item with a file of the scene, on which nothing is written for the scene. `owner` is the scene
    that the item shows; `role` (see `claims`) is why."""

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
        return outcome_of(self)

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
            if role == claims.SILENT:
                states[item.rating_key] = scene_state.NO_TEXT
            elif role == claims.SHARED:
                states[item.rating_key] = scene_state.shared(item.rating_key, owner)
        return states | {work.item.rating_key: work.state for work in self.works}
