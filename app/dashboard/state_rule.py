"""Where a scene stands, from all that is stored about it: the one place that says so. Pure, lean lane."""

from plex.state.scene_state import GAVE_UP, HELD, NOT_IN_PLEX, UNKNOWN, WAITING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from plex.state.scene_state import State

DUE, PUT_OFF = "due", "put off"  # what the queue has of a scene


def state_of(
    held: "str | None", flagged: bool, job: str, died: "str | None", seen: "State | None"
) -> "State":
    """The state of a scene, and why.

    `held` says why it is held, None if it is not. `flagged`: it changed, and no drain has taken
    that up yet. `job` is DUE (also while it is being done), PUT_OFF or ''. `died` says why its job
    was given up, None if it was not. `seen` is its state when both servers were last looked at.
    """
    if held is not None:
        return HELD, held
    if flagged or job == DUE:
        return WAITING, ""
    if job == PUT_OFF:
        return seen if seen and seen[0] == NOT_IN_PLEX else (WAITING, "")
    if died is not None:
        return GAVE_UP, died
    return seen or (UNKNOWN, "")
