"""View Queue Status: waiting jobs, dead letters, which server answers, and the last reconciliation."""

from typing import Any

from app.dashboard import read_only_db, scene_states
from app.phrasing import many, moment
from app.run import Run
from app.setup_check import checks
from plex.library.section_listing import META, read_unlisted
from plex.state.scene_state import STATES, UNKNOWN
from stash import stdio


def reachable(run: Run) -> dict[str, Any]:
    """Whether each server answers, with its version, or the problem."""
    servers = {name: checks.probed(run, name)[0] for name in ("stash", "plex")}
    for name, server in servers.items():
        if server["reachable"]:
            stdio.info(f"{name.capitalize()} {server['version']} answers")
        else:
            stdio.warning(server["problem"])
    return servers


def queue_status(run: Run) -> dict[str, Any]:
    """Log the status for a person, and return it."""
    counts = checks.queue_counts(run)
    names = ("pending", "waiting", "in_progress", "dead")
    stdio.info("queue: " + ", ".join(f"{counts[n]} {n.replace('_', ' ')}" for n in names))
    for error, number in counts["dead_by_error"].items():
        which = [f"{d['kind']} {d['id']}" for d in counts["dead_letters"] if d["error"] == error]
        more = f" and {number - len(which)} more" if number > len(which) else ""
        stdio.info(f"dead letters: {number} × {error} ({', '.join(which)}{more})")
    answer = {"queue": counts} | reachable(run)
    answer["scenes"] = scenes(run, answer["stash"]["reachable"])
    answer["unlisted"] = unlisted_libraries(run)
    answer["outage"] = checks.outage_of(run)
    # The settings are unknown while Stash does not answer.
    interval = run.config.reconcile_interval if run.knows_settings else None
    deep = run.config.deep_interval if run.knows_settings else None
    answer["paused"] = run.knows_settings and run.config.paused
    if answer["paused"]:
        stdio.info("paused by the setting Pause: nothing is written to Plex")
    answer["reconciliation"] = run.scheduler.status(run.clock(), interval, deep)
    for line in _lines(answer["reconciliation"]):
        stdio.info(line)
    return answer


def scenes(run: Run, stash_answers: bool) -> dict[str, int]:
    """The number of scenes in each state, with those that were never compared if Stash answers."""
    counts = scene_states.counts(run.data_dir, run.clock())
    if stash_answers:
        known = sum(counts.values()) - counts[UNKNOWN]
        counts[UNKNOWN] = max(counts[UNKNOWN], run.stash.count() - known)
    states = ", ".join(f"{count} {STATES[name]}" for name, count in counts.items() if count)
    stdio.info(f"scenes: {states or 'none'}")
    return counts


def unlisted_libraries(run: Run) -> list[str]:
    """The libraries of Plex whose last listing failed."""
    sql = "SELECT value FROM meta WHERE name = ?"
    with read_only_db.File(run.data_dir, read_only_db.PLEX) as file:
        kept = file.rows(sql, (META,))
    text = str(kept[0][0]) if kept else ""
    lines = [library.line for library in read_unlisted(text)[0].values()]
    for line in lines:
        stdio.warning(line)
    return lines


def _lines(state: dict[str, Any]) -> list[str]:
    """The log lines about reconciliations."""
    due = state["next_due"]
    lines = [
        state["message"],
        f"{many(state['total_runs'], 'run')} in all; Reconcile Interval {state['interval']}; next due "
        + ("now" if state["due_now"] else moment(due) if due else "never"),
    ]
    if due and state["interval"] != "never":
        quick, usual = state["next_quick"], state["next_usual"]
        lines.append(
            (f"next quick run {moment(quick)}; " if quick else "")
            + f"next usual run {moment(usual)}"
        )
    last, next_deep = state["last_deep_time"], state["next_deep"]
    lines.append(
        f"Deep Pass Interval {state['deep_interval']}; last deep pass "
        + (moment(last) if last else "not yet")
        + (f"; next due {moment(next_deep)}" if next_deep else "")
    )
    if state["running"]:
        lines.append("a reconciliation is running")
    if state["last_failure"]:
        lines.append(f"last failure {moment(state['last_failure_time'])}: {state['last_failure']}")
    return [f"reconciliation: {line}" for line in lines]
