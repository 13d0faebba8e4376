"""Why? One screen about one scene: paths tried, item, the plan with its reasons, queue, last writes."""

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import errors
from app import drain_task
from app.arguments import number
from app.dashboard import scene_states
from app.run import Run
from plex.state.scene_state import STATES
from stash import stdio
from sync_queue import inbox

if TYPE_CHECKING:
    from plex.plan.plan import Change
    from plex.state.journal import Row
    from plex.sync.work import Work
    from stash.scene import Scene

WRITES = 10  # of the journal that are told
VALUE = 80  # characters of a value in a log line


def explain(run: Run) -> dict[str, Any]:
    """Everything that decides what Plex says about the `scene`."""
    from plex.sync.work import extras

    wanted = number(run, "scene")
    if not wanted:
        raise errors.SetupError("explain needs the id of a scene (scene)")
    scene = run.stash.scenes([wanted], extras(run.config.sync_settings())).get(wanted)
    found: dict[str, Any] = {"scene": wanted, "in_stash": scene is not None}
    if scene:
        (decision,) = drain_task.pipeline_of(run).look([scene])
        outcome = decision.outcome
        found |= {
            "title": scene.label(),
            "files": _files(run, scene),
            "items": [_item(work) | {"link": _link(run, work)} for work in decision.works],
            "said": outcome.said,
            "skipped": outcome.skipped,
            "missing": outcome.missing,
            "warnings": outcome.warnings,
        }
    found |= {"held": _held(run, wanted, scene), "queue": _queue(run, wanted)}
    found["writes"] = [
        {"field": row.field, "before": row.before, "after": row.after, "run": row.run}
        for row in _writes(run, wanted, scene)[-WRITES:]
    ]
    found["state"], found["why"] = scene_states.states_of(run.data_dir, [wanted])[wanted]
    for line in _lines(found):
        stdio.info(f"scene {wanted}: {line}")
    return found


def _writes(run: Run, number: int, scene: "Scene | None") -> "list[Row]":
    """What was written for this scene, and not for another one that had its number before."""
    from plex.state import file_id

    rows = run.journal.rows(scene_id=number)
    if scene is None:
        return rows
    ids = file_id.of_scene(scene, run.path_map)
    return [row for row in rows if file_id.is_same(row.files, ids)]


def _held(run: Run, number: int, scene: "Scene | None") -> "str | None":
    from plex.state.holds import Holds

    if scene:
        return Holds(run.journal, run.path_map).why(scene) or None
    hold = run.journal.held().get(number)
    return hold.why if hold else None


def _files(run: Run, scene: "Scene") -> list[dict[str, str]]:
    """Each file, and where it is looked for in Plex."""
    from plex.path_map import paths

    return [
        {"stash": one.path, "plex": paths.plex_path(one.path, run.path_map)} for one in scene.files
    ]


def _link(run: Run, work: "Work") -> str:
    """Where Plex's own page shows the item."""
    key = quote(f"/library/metadata/{work.item.rating_key}", safe="")
    server = quote(run.store.meta("machine"), safe="")
    base = run.config.plex_url.rstrip("/")
    return f"{base}/web/index.html#!/server/{server}/details?key={key}"


def _item(work: "Work") -> dict[str, Any]:
    decided = {change.field: change for change in work.changes}
    return {
        "item": work.item.rating_key,
        "files": list(work.item.files),
        "locks": sorted(work.item.locks),
        "images": {one.kind.field: "is to be uploaded" for one in work.new_images},
        "plan": [
            {"field": name, "stash": value, "plex": work.item.values.get(name)}
            | _why(decided[name].why if name in decided else "in agreement")
            for name, value in work.wanted.items()
        ] + [
            {"field": name, "stash": "the cover", "plex": "another image"} | _why(why)
            for name, why in _images(work, decided).items()
        ],
    }  # fmt: skip


def _why(why: str) -> dict[str, Any]:
    """Why a field is as it is planned; what is `kept` can be decided otherwise."""
    from plex.plan.plan import KEPT

    return {"why": why, "kept": why in KEPT}


def _images(work: "Work", decided: "Mapping[str, Change]") -> dict[str, str]:
    """The images that are kept, as they were looked at just now or before, and why."""
    from plex.fields import registry
    from plex.images import image_plan

    found = {
        name: decided[name].why if name in decided else image_plan.kept(work.entry, name)
        for name in registry.IMAGES if name in decided or name in work.unseen_images
    }  # fmt: skip
    return {name: why for name, why in found.items() if why}


def _queue(run: Run, scene: int) -> dict[str, Any]:
    """Where the scene stands in what is owed."""
    job = run.jobs.find(f"scene:{scene}")
    return {
        "flagged": ("scene", scene) in inbox.flags(run.data_dir),
        "owed": job is not None and not job.dead,
        "due": job.due if job and not job.dead else None,
        "attempts": job.job.attempts if job else 0,
        "dead": job.error if job and job.dead else None,
    }


def _lines(found: dict[str, Any]) -> "list[str]":
    if not found["in_stash"]:
        lines = ["Stash does not have it"]
    else:
        lines = [f"“{found['title']}”", _stands(found), *(_looked(one) for one in found["files"])]
        lines += [found["said"]] if found["said"] else []
        lines += found["warnings"]
        for item in found["items"]:
            lines += [f"Plex item {item['item']} has {', '.join(item['files'])}"]
            lines += [_planned(one) for one in item["plan"]]
            lines += [f"{name}: {said}" for name, said in item["images"].items()]
            lines += [f"locked in Plex: {_list(item['locks'])}"]
    if found["held"]:
        lines.append(f"held ({found['held']}): Resume Held Scenes ends that")
    lines.append(_standing(found["queue"]))
    lines += [
        f"run {one['run']} wrote {one['field']}: {_brief(one['before'])} → {_brief(one['after'])}"
        for one in found["writes"]
    ]
    return lines


def _stands(found: dict[str, Any]) -> str:
    """The state of the scene, as the page shows it."""
    return f"{STATES[found['state']]}" + (f" ({found['why']})" if found["why"] else "")


def _looked(one: dict[str, str]) -> str:
    return f"its file {one['stash']} is looked for in Plex as {one['plex']}"


def _planned(one: dict[str, Any]) -> str:
    if one["why"] == "in agreement":
        return f"{one['field']}: in agreement"
    said = f"Plex says {_brief(one['plex'])}, Stash says {_brief(one['stash'])}"
    return f"{one['field']}: {one['why']}: {said}"


def _standing(queue: dict[str, Any]) -> str:
    if queue["dead"]:
        return f"among the dead letters: {queue['dead']}"
    if queue["flagged"] or queue["owed"]:
        due = queue["due"]
        when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(due)) if due else "now"
        return f"owed to Plex, due {when}, after {queue['attempts']} attempts that failed"
    return "nothing is owed"


def _list(names: list[str]) -> str:
    return ", ".join(names) or "nothing"


def _brief(value: Any) -> str:
    shown = repr(list(value) if isinstance(value, tuple) else value)
    return shown if len(shown) <= VALUE else shown[: VALUE - 1] + "…"
