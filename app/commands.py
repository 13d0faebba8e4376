"""What each task does: one function per mode, given the run, giving the JSON to answer."""

import time
from array import array
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import errors
from app import deps, drains
from app.arguments import flag
from app.operations import ONLY_LOOKS
from app.run import Run
from app.words import by_reason, many
from stash import hook, wire
from sync_queue import inbox
from sync_queue.verdict import in_words

if TYPE_CHECKING:
    from reconciliation.engine import GapDetectionEngine
    from reconciliation.scheduler import ReconciliationScheduler

Command = Callable[[Run], dict[str, Any]]
DLQ_DAYS = 30
SAMPLE = 100  # scenes


def sync_all(run: Run) -> dict[str, Any]:
    """Every scene is owed to Plex, then what is owed is done."""
    return _sync(run, "all")


def sync_recent(run: Run) -> dict[str, Any]:
    """The same for the scenes that changed in the last 24 hours."""
    return _sync(run, "24h")


def _sync(run: Run, scope: str) -> dict[str, Any]:
    from reconciliation.window import window
    from stash.api import SceneFilter
    from sync_queue.jobs import BACKLOG, Job
    from validation.scope import parse_scope

    newest = None if scope == "all" else run.stash.newest_timestamp()
    since, until = window(parse_scope(scope), run.clock(), newest)
    ids = array("q")
    for page in run.stash.walk_ids(SceneFilter(since, until)):
        ids.extend(page)
    _brake(run, ids)
    for at in range(0, len(ids), 1000):
        jobs = [Job(number, reason="asked", rank=BACKLOG) for number in ids[at : at + 1000]]
        run.jobs.put(jobs, run.clock())
        run.jobs.hasten(jobs, run.clock())
    _suggest_preview(run)
    wire.info(f"to be checked: {many(len(ids), 'scene')}")
    return {"queued": len(ids)} | drains.drain(run)


def _brake(run: Run, ids: "array[int]") -> None:
    """Look at a sample of what is to be synced: Braked if much of it would lose something."""
    from reconciliation.brake import FEW

    if len(ids) <= FEW or run.config.brake_share >= 100 or run.outages.is_away(run.asked):
        return
    step = max(1, len(ids) // SAMPLE)
    try:
        _engine(run).sample(ids[::step][:SAMPLE])
    except errors.Braked:
        raise
    except errors.Stash2PlexError:
        return  # the drain meets it as well, and knows what to do


def _suggest_preview(run: Run) -> None:
    """Once: whoever has not written anything yet may like to see it first."""
    from plex.ledger import Ledger

    if not Ledger(run.store).size():
        wire.info(
            "nothing was written to this Plex yet: Preview shows what a sync writes, before it "
            "does, and Undo Last Run takes it back"
        )


def _engine(run: Run, **more: Any) -> "GapDetectionEngine":
    from reconciliation.engine import GapDetectionEngine

    return GapDetectionEngine(
        run.stash, run.config, run.data_dir, plex=run.plex, store=run.store,
        clock=run.clock, progress=run.progress, warn=wire.warning, paths=run.paths, **more,
    )  # fmt: skip


def process_queue(run: Run) -> dict[str, Any]:
    """Do what is owed; woken by a hook, stay a moment for the rest of a bulk edit. A person who
    presses the button means now: what was put off is due."""
    trigger = run.args.get("trigger")
    if not trigger:
        run.jobs.hasten_all(run.clock())
    return drains.drain(run, linger=drains.LINGER if trigger == "hook" else 0.0)


def clear_queue(run: Run) -> dict[str, Any]:
    """Forget all that is owed: the next reconciliation finds what still differs."""
    flags = inbox.flags(run.data_dir)
    for kind, number in flags:
        inbox.clear(run.data_dir, kind, number)
    cleared = run.jobs.clear_pending() + len(flags)
    wire.info(f"cleared: {many(cleared, 'job')}; Reconcile Library finds what still differs")
    return {"cleared": cleared}


def purge_dlq(run: Run) -> dict[str, Any]:
    """Forget the dead letters of more than 30 days ago."""
    cleared = run.jobs.clear_dead(before=run.clock() - DLQ_DAYS * 86400)
    wire.info(f"cleared: {many(cleared, 'dead letter')} older than {DLQ_DAYS} days")
    return {"cleared": cleared}


def reconcile(run: Run, scope: str, startup: bool = False, unasked: bool = False) -> dict[str, Any]:
    """Find the gaps of a scope, owe them, remember the run, and close them at once.

    A failed run is recorded as failed: it is tried again and does not count as done.
    """
    if run.config.paused:
        wire.info("paused by the setting: nothing is reconciled")
        return {"paused": "by the setting `paused`"}
    if not run.scheduler.claim(run.clock()):
        wire.info("another reconciliation is running, or has just run")
        return {"busy": True}
    try:
        deep = _is_deep(run, scope, unasked)
        found = _detect(run, scope, startup, unasked, deep)
    finally:
        run.scheduler.release()
    return found | {"drain": drains.drain(run, span=(0.9, 1.0))}


def _is_deep(run: Run, scope: str, unasked: bool) -> bool:
    """Whether everything is to be compared by value: a person asks for it (`deep`), or it is due."""
    asked = not unasked and flag(run, "deep")
    due = scope == "all" and run.scheduler.is_deep_due(run.config.deep_interval, run.clock())
    return asked or due


def _detect(run: Run, scope: str, startup: bool, unasked: bool, deep: bool) -> dict[str, Any]:
    _suggest_preview(run)
    how = " by value" if deep else ""
    wire.info(f"reconciling scope {scope}{how}" + (" at the start of Stash" if startup else ""))
    try:
        result = _engine(run, queue=run.jobs, unasked=unasked).run(scope, deep)
    except Exception as error:
        run.outages.trip(error)
        run.scheduler.record_failure(wire.redact(in_words(error)), run.clock(), _patience(error))
        raise
    if result.errors:
        said = f"{len(result.errors)} parts could not be checked: {result.errors[0]}"
        run.scheduler.record_failure(wire.redact(said), run.clock())
        wire.warning(f"the reconciliation is not complete and is tried again: {said}")
    else:
        run.scheduler.record_run(result, scope, is_startup=startup)
    if scope == "all":
        run.activity.found_drifted(result.drifted)
    found = result.as_dict()
    wire.info(_summary(found))
    return {"scope": scope} | found


def _patience(error: Exception) -> float:
    """A setting that is wrong may be right in a minute: such a failure is not backed off from."""
    from reconciliation.due import FIRST_RETRY, LONGEST_RETRY

    mended = isinstance(error, (errors.SetupError, errors.Refused))
    return FIRST_RETRY if mended else LONGEST_RETRY


def _summary(found: dict[str, Any]) -> str:
    """What a run found, in one line."""
    types = ", ".join(f"{count} {name}" for name, count in found["gaps_by_type"].items() if count)
    said = [
        f"{many(found['scenes_checked'], 'scene')} checked"
        + (f" ({found['unmoved']} had not moved)" if found["unmoved"] else ""),
        many(found["total_gaps"], "gap") + (f" ({types})" if types else ""),
    ]
    said += filter(None, [by_reason(found["skipped"])])
    if found["conflicts"]:
        said.append(
            f"{many(found['conflicts'], 'scene')} left alone: sharing an item, or fitting several"
        )
    if found["cover_checks"]:
        said.append(f"{many(found['cover_checks'], 'cover')} to look at")
    return ", ".join([*said, f"{many(found['enqueued'], 'job')} queued"])


def _in(module: str, name: str) -> Command:
    """A command of another module, which is imported when it is given."""

    def command(run: Run) -> dict[str, Any]:
        found: dict[str, Any] = getattr(import_module(f"app.{module}"), name)(run)
        return found

    return command


COMMANDS: dict[str, Command] = {
    "all": sync_all,
    "recent": sync_recent,
    "process_queue": process_queue,
    "clear_queue": clear_queue,
    "clear_dlq": _in("recovery", "clear_dlq"),
    "purge_dlq": purge_dlq,
    "retry_dlq": _in("recovery", "retry_dlq"),
    "recover_outage_jobs": _in("recovery", "recover_outage_jobs"),
    "outage_summary": _in("recovery", "outage_summary"),
    "decide": _in("decisions", "decide"),
    "health_check": _in("doctor", "health_check"),
    "doctor": _in("doctor", "doctor"),
    "undo": _in("undoing", "undo"),
    "hold": _in("undoing", "hold"),
    "resume": _in("undoing", "resume"),
    "journal": _in("undoing", "journal"),
    "preview": _in("preview", "preview"),
    "explain": _in("explain", "explain"),
    "sync": _in("wishes", "sync"),
    "apply_preview": _in("wishes", "apply_preview"),
    "bundle": _in("bundle", "bundle"),
    "settings": _in("doctor", "settings"),
}
# Asked for by a page or from a terminal, with arguments: there is no button for these.
WITHOUT_BUTTON = ("hold", "explain", "sync", "apply_preview", "bundle", "settings")
# The scope of each reconciliation task; None is the custom range of the settings.
RECONCILE: dict[str, "str | None"] = {
    "reconcile_all": "all",
    "reconcile_recent": "recent",
    "reconcile_7days": "recent_7days",
    "reconcile_custom": None,
}
# After these the queue was worked on anyway, so a due reconciliation runs in the same process.
WORKING = (
    "all",
    "recent",
    "process_queue",
    "retry_dlq",
    "recover_outage_jobs",
    "resume",
    *RECONCILE,
)


def works(run: Run, mode: str) -> bool:
    """Whether this invocation works on the queue itself."""
    later = drains.is_for_later(run)
    return mode in WORKING and not later


def scope_of_settings(run: Run) -> str:
    """The setting reconcile_scope, as the engine calls it."""
    from reconciliation.scheduler import SCOPE_MAP

    return SCOPE_MAP.get(run.config.reconcile_scope, run.config.reconcile_scope)


def due(run: Run) -> "tuple[str, bool] | None":
    """The scope of the reconciliation that is due, and whether because Stash has started."""
    config, now = run.config, run.clock()
    if config.paused or run.outages.is_away(run.asked):
        return None
    if run.scheduler.is_due(config.reconcile_interval, now):
        deep = run.scheduler.is_deep_due(config.deep_interval, now)
        return "all" if deep else scope_of_settings(run), False
    if run.from_stash and run.scheduler.is_startup_due(now, config.reconcile_interval):
        return "recent", True
    return None


def reconcile_quietly(
    run: Run, scheduler: "ReconciliationScheduler", scope: str, startup: bool
) -> dict[str, Any]:
    """A reconciliation that nobody asked for: the task before it has done its work."""
    try:
        return reconcile(run, scope, startup, unasked=True)
    except Exception as error:
        from app.lane import in_words as words

        said, later = words(error), scheduler.status(run.clock())["retry_at"]
        when = time.strftime("%H:%M:%S", time.localtime(later)) if later else "its next time"
        wire.warning(f"the reconciliation failed and is tried again at {when}: {said}")
        return {"error": said}


def wake_if_due(run: Run) -> None:
    """A command that a person waits for does not reconcile; it wakes a drain that does."""
    if _only_looks(run):
        return
    if run.from_stash and hook.is_due(run.data_dir, run.clock()) and not run.outages.is_away():
        hook.wake(dict(run.connection), run.data_dir)


def _only_looks(run: Run) -> bool:
    return run.args.get("mode") in ONLY_LOOKS


def leave_notes(run: Run) -> None:
    """Tell the hooks, which cannot ask for settings, what is due when and where to drain."""
    if _only_looks(run):
        return
    deps.remember(Path(run.data_dir))
    if not run.knows_settings:
        return
    # While paused nothing is due: hooks would wake drains in vain.
    interval = "never" if run.config.paused else run.config.reconcile_interval
    run.scheduler.refresh(interval, run.clock(), run.config.deep_interval)
    for line in [*run.scheduler.notices, *run.outages.notices]:
        wire.warning(line)
    _note(run, inbox.INLINE, "on" if run.config.hook_mode == "inline" else "")
    _note(run, inbox.SHOWS, _watched(run))


def _watched(run: Run) -> str:
    """What the settings make Plex show of performers, studios and groups, besides their names."""
    from plex.work import extras
    from stash.scene import WATCHED

    asked = extras(run.config)
    return " ".join(shown for name, shown in WATCHED.items() if name in asked)


def _note(run: Run, name: str, said: str) -> None:
    """Keep the note as it should be; a hook may read it at any moment."""
    path = Path(run.data_dir) / name
    if not said:
        path.unlink(missing_ok=True)
    elif not path.exists() or path.read_text(encoding="utf-8") != said:
        fresh = path.with_name(f"{name}.new")
        fresh.touch(mode=0o600)
        fresh.write_text(said, encoding="utf-8")
        fresh.replace(path)
