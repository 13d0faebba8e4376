"""Where a scene stands: the states there are, and which one a comparison with Plex gives. Pure.

What a page polls imports this, so nothing is imported here.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from plex.plan.plan import Change

    State = tuple[str, str]  # one of STATES, and why in words, '' if there is nothing to add

IN_SYNC, WAITING, DIFFERS, EDITED = "in_sync", "waiting", "differs", "edited"
NOT_IN_PLEX, AMBIGUOUS, HELD = "not_in_plex", "ambiguous", "held"
LEFT_OUT, GAVE_UP, UNKNOWN = "left_out", "gave_up", "unknown"
# By its name for a person.
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
# The states that a look at both servers gives; the others come from the queue and from holds.
SEEN = (IN_SYNC, DIFFERS, EDITED, NOT_IN_PLEX, AMBIGUOUS, LEFT_OUT, UNKNOWN)

NO_FILE = (LEFT_OUT, "Stash has no file of it")
NO_TEXT = (LEFT_OUT, "Stash says nothing about it yet")
MISSING = (NOT_IN_PLEX, "")

HIDDEN = "Plex could not list"  # how it begins why a scene cannot be seen

REFUSED = "refused"
# How it is said that a field is kept, by the plan's reason for that.
KEPT = {
    "drifted": "edited in Plex",
    "preserved": "kept as it is in Plex",
    "locked": "locked in Plex",
    "conflict": "to be decided",
    REFUSED: "not taken by Plex",
}
# The worst first: a scene on several items has the worst of their states.
_ORDER = (DIFFERS, AMBIGUOUS, EDITED, UNKNOWN, NOT_IN_PLEX, LEFT_OUT, IN_SYNC)


def compared(
    changes: "Iterable[Change]", due: "Sequence[str]" = (), unseen: "Sequence[str]" = ()
) -> "State":
    """The state of a scene beside its item. `changes` is the plan for it, `due` names the images
    and photos that are to be written as well, `unseen` the images that are to be looked at."""
    fields: dict[str, list[str]] = {}
    for change in changes:
        fields.setdefault("" if change.writes else change.why, []).append(change.field)
    writes = [*fields.pop("", ()), *due]
    said = [f"Plex says something else: {', '.join(writes)}"] if writes else []
    said += [f"{KEPT[why]}: {', '.join(names)}" for why, names in fields.items()]
    said += [f"to be looked at: {', '.join(unseen)}"] if unseen else []
    if writes or REFUSED in fields:
        return DIFFERS, "; ".join(said)
    if fields:
        return EDITED, "; ".join(said)
    return (UNKNOWN, "; ".join(said)) if unseen else (IN_SYNC, "")


def shared(rating_key: int, owner: int) -> "State":
    """The state of a scene whose item shows another scene."""
    return AMBIGUOUS, f"shares Plex item {rating_key} with scene {owner}, which it shows"


def several(rating_keys: "Iterable[int]") -> "State":
    """The state of a scene that fits several items."""
    return AMBIGUOUS, f"fits Plex items {', '.join(map(str, rating_keys))}"


def hidden(why: str) -> "State":
    """The state of a scene whose file may be in a part of Plex that was not seen."""
    return UNKNOWN, why


def worst(states: "Iterable[State]") -> "State":
    """The state of a scene on several items."""
    return min(states, key=lambda one: _ORDER.index(one[0]))
