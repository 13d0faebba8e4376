"""Every operation by its mode, and the arguments that it takes, as docs/operations.md promises. Pure."""

PART = ("after", "page", "limit", "order")  # of a list
ARGUMENTS: dict[str, tuple[str, ...]] = {
    # Page operations: read from the plugin's files, without packages; the page polls them.
    "status": ("of",),
    "overview": (),
    "glance": (),
    "scene_states": ("scenes", "cards"),
    "list_scenes": (*PART, "state"),
    "list_queue": (*PART, "state", "scenes"),
    "list_dead_letters": (*PART, "error", "scenes"),
    "list_runs": (*PART, "scenes"),
    "list_changes": (*PART, "run", "item", "scene", "field", "scenes"),
    "list_decisions": (*PART, "scenes"),
    "list_held": (*PART, "scenes"),
    "list_preview": (*PART, "field", "why"),
    "notifications": (),
    "preview_scenes": (*PART, "field", "why", "scenes"),
    # Questions to both servers. Nothing is written to Plex.
    "explain": ("scene",),
    "plex_picture": ("item", "field"),
    "decide": ("item", "field", "side", "later"),
    "preview": ("scope",),
    "doctor": (),
    "health_check": (),
    "bundle": (),
    "settings": (),
    "check_setting": ("name", "value", "parts"),
    "libraries": (),
    "template_parts": (),
    "samples": (),
    "set_up": (),
    "queue_status": (),
    "outage_summary": (),
    "journal": ("run", "item", "scene", "field", "after"),
    # A sign-in to Plex. Only the save changes something, in Stash's settings.
    "sign_in": (),
    "sign_in_poll": ("id",),
    "sign_in_servers": ("id",),
    "sign_in_server": ("id", "machine", "address"),
    "sign_in_save": ("id", "libraries"),
    "sign_in_cancel": (),
    "connect": ("url", "token"),
    "save_settings": ("settings",),
    "send_test": (),
    "remove_data": ("confirm",),
    # Operations that change something.
    "sync": ("scene", "scenes", "later"),
    "apply_preview": ("field", "why", "scenes", "later"),
    "undo": ("run", "item", "scene", "field", "original"),
    "test_plex": ("scene", "second"),
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
# Arguments that every operation takes: the page, Stash, and a hook's task add them.
ALWAYS = ("mode", "later", "trigger", "only", "as_task")
# Arguments that exclude each other.
EXCLUSIVE: dict[str, tuple[tuple[str, str], ...]] = {
    "undo": (("run", "original"),),
    "clear_dlq": (("ids", "error"),),
}
# These answer whatever is wrong with the files on disk, and leave nothing there.
READ_ONLY = ("doctor", "bundle", "settings", "check_setting", "libraries", "template_parts")
# These leave no note about themselves.
WITHOUT_NOTES = (*READ_ONLY, "remove_data")
