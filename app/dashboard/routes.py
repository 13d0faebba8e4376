"""The page operations by their mode: read from our files, without packages. Page lane.

Each answer is JSON of a bounded size. `read_only_db.Trouble` is an error in one sentence. Nothing is
changed.
"""

from app.dashboard import (
    glance,
    job_lists,
    lists,
    notifications,
    overview,
    preview_lists,
    scene_states,
)

PAGE_OPERATIONS = {
    "status": overview.status,
    "overview": overview.overview,
    "glance": glance.glance,
    "scene_states": scene_states.states,
    "list_scenes": scene_states.listed,
    "list_queue": job_lists.queue,
    "list_dead_letters": job_lists.dead_letters,
    "list_runs": lists.runs,
    "list_changes": lists.changes,
    "list_decisions": lists.decisions,
    "list_held": lists.held,
    "list_preview": preview_lists.changes,
    "preview_scenes": preview_lists.scenes,
    "notifications": notifications.notifications,
}
