"""Every operation and the arguments that it takes: the interface that docs/operations.md promises. Pure."""

from collections.abc import Collection

ARGUMENTS: dict[str, tuple[str, ...]] = {
    # Looks: read from the files, without packages; they may be asked as often as one likes.
    "status": ("of",),
    "overview": (),
    "scene_states": ("scenes",),
    "list_scenes": ("after", "limit", "state"),
    "list_queue": ("after", "limit", "state"),
    "list_dead_letters": ("after", "limit", "error"),
    "list_runs": ("after", "limit"),
    "list_changes": ("after", "limit", "run", "item", "scene", "field"),
    "list_decisions": ("after", "limit"),
    "list_held": ("after", "limit"),
    "list_preview": ("after", "limit", "field", "why"),
    # Questions: both servers are asked, nothing is written to Plex.
    "explain": ("scene",),
    "decide": ("item", "field", "side", "later"),
    "preview": ("scope",),
    "doctor": (),
    "health_check": (),
    "bundle": (),
    "settings": (),
    "queue_status": (),
    "outage_summary": (),
    "journal": ("run", "item", "scene", "field", "after"),
    # Deeds.
    "sync": ("scene", "scenes", "later"),
    "apply_preview": ("field", "why", "later"),
    "undo": ("run", "item", "scene", "field", "original"),
    "hold": ("scene", "scenes"),
    "resume": ("scene", "scenes", "later"),
    "retry_dlq": ("ids", "error", "later"),
    "clear_dlq": ("ids", "error"),
    "purge_dlq": (),
    "clear_queue": (),
    "recover_outage_jobs": ("later",),
    "process_queue": ("later",),
    "all": ("later",),
    "recent": ("later",),
    "reconcile_all": ("deep", "later"),
    "reconcile_recent": ("deep", "later"),
    "reconcile_7days": ("deep", "later"),
    "reconcile_custom": ("deep", "later"),
}
# What every one of them may be given: by a page, by Stash, and by a task that was started by a hook.
ALWAYS = ("mode", "later", "trigger", "only", "as_task")
# Arguments that do not go together.
APART: dict[str, tuple[tuple[str, str], ...]] = {
    "undo": (("run", "original"),),
    "clear_dlq": (("ids", "error"),),
}
# It has to give its answer whatever is wrong with what is on disk, and leaves nothing there.
READ_ONLY = ("doctor", "bundle", "settings")


def objection(mode: str, given: Collection[str]) -> str:
    """What is wrong with these arguments of an operation, in a sentence; '' if nothing is."""
    takes = ARGUMENTS[mode]
    if strange := sorted(set(given) - {*takes, *ALWAYS}):
        rest = f"it takes {', '.join(takes)}" if takes else "it takes no arguments"
        return f"{mode} does not take {' and '.join(strange)}; {rest}"
    for one, other in APART.get(mode, ()):
        if one in given and other in given:
            return f"{mode} takes {one} or {other}, not both"
    return ""
