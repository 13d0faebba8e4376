"""The states of a scene, and the state that results from a comparison with Plex. Pure.

Imports nothing, since the page lane imports this module.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from plex.plan.plan import Change

    State = tuple[str, str]  # one of STATES, and the reason in words or ''

IN_SYNC, WAITING, DIFFERS, EDITED = "in_sync", "waiting", "differs", "edited"
NOT_IN_PLEX, AMBIGUOUS, HELD = "not_in_plex", "ambiguous", "held"
LEFT_OUT, GAVE_UP, UNKNOWN = "left_out", "gave_up", "unknown"
# Each state with its name for the user.
STATES = {
    IN_SYNC: "in sync",
    WAITING: "waiting",
    DIFFERS: "differs",
    EDITED: "edited in Plex",
    NOT_IN_PLEX: "not in Plex",
    AMBIGUOUS: "ambiguous",
    HELD: "held",
    LEFT_OUT: "left out",
    GAVE_UP: "gave up",
    UNKNOWN: "not looked at yet",
}
# The states that a comparison of both servers gives. The others come from the queue and from holds.
SEEN = (IN_SYNC, DIFFERS, EDITED, NOT_IN_PLEX, AMBIGUOUS, LEFT_OUT, UNKNOWN)

NO_FILE = (LEFT_OUT, "Stash has no file of it")
NO_TEXT = (LEFT_OUT, "Stash says nothing about it yet")
MISSING = (NOT_IN_PLEX, "")

HIDDEN = "Plex could not list"  # the first words of the reason why a scene cannot be seen

REFUSED = "refused"
# The words for a kept field, by the plan's reason.
KEPT = {
    "drifted": "edited in Plex",
    "preserved": "kept as it is in Plex",
    "locked": "locked in Plex",
    "conflict": "to be decided",
    REFUSED: "not taken by Plex",
}
# From the worst to the best: a scene on several items has the worst of their states.
_ORDER = (DIFFERS, AMBIGUOUS, EDITED, UNKNOWN, NOT_IN_PLEX, LEFT_OUT, IN_SYNC)


def compared(
    changes: "Iterable[Change]", due: "Sequence[str]" = (), unseen: "Sequence[str]" = ()
) -> "State":
    """Returns the state of a scene on its item. `changes` is the plan, `due` names the images and photos
    that need a write, `unseen` names the images that need a check."""
    fields: dict[str, list[str]] = {}
    for change in changes:
        fields.setdefault("" if change.writes else change.why, []).append(change.field)
    writes = [*fields.pop("", ()), *due]
    words = [f"Plex says something else: {', '.join(writes)}"] if writes else []
    words += [f"{KEPT[why]}: {', '.join(names)}" for why, names in fields.items()]
    words += [f"to be looked at: {', '.join(unseen)}"] if unseen else []
    if writes or REFUSED in fields:
        return DIFFERS, "; ".join(words)
    if fields:
        return EDITED, "; ".join(words)
    return (UNKNOWN, "; ".join(words)) if unseen else (IN_SYNC, "")


def shared(rating_key: int, owner: int) -> "State":
    """Returns the state of a scene whose item shows another scene."""
    return AMBIGUOUS, f"shares Plex item {rating_key} with scene {owner}, which it shows"


def several(rating_keys: "Iterable[int]") -> "State":
    """Returns the state of a scene that fits several items."""
    return AMBIGUOUS, f"fits Plex items {', '.join(map(str, rating_keys))}"


def worst(states: "Iterable[State]") -> "State":
    """Returns the state of a scene on several items."""
    return min(states, key=lambda state: _ORDER.index(state[0]))
