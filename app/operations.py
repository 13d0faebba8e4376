"""Every operation and the arguments that it takes: the interface that docs/operations.md promises. Pure."""

OPERATIONS: dict[str, tuple[str, ...]] = {
    # Looks: read from the files, without packages; they may be asked as often as one likes.
    "status": (),
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
    "reconcile_all": ("later",),
    "reconcile_recent": ("later",),
    "reconcile_7days": ("later",),
    "reconcile_custom": ("later",),
}
# It has to give its answer whatever is wrong with what is on disk, and leaves nothing there.
ONLY_LOOKS = ("doctor", "bundle", "settings")
