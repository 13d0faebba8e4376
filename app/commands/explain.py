"""Explain one scene: the paths that were tried, its items, the plan with reasons, queue, last writes."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import errors
from app import drain_task
from app.arguments import number
from app.commands.undo import of_its_file
from app.dashboard import scene_states
from app.phrasing import moment
from app.run import Run
from plex.fields import registry
from plex.fields.registry import extras
from plex.images import covers
from plex.path_map import paths
from plex.plan.plan import KEPT, Change
from plex.state.journal import Holds
from plex.state.scene_state import STATES
from plex.sync.work import Work
from stash import stdio
from stash.scene import Scene
from sync_queue import inbox

WRITES = 10  # of the journal in the answer
VALUE = 80  # characters of a value in a log line


def explain(run: Run) -> dict[str, Any]:
    """Everything that decides what Plex says about the `scene`."""
    wanted = number(run, "scene")
    if not wanted:
        raise errors.SetupError("explain needs the id of a scene (scene)")
    scene = run.stash.scenes([wanted], extras(run.config.sync_settings())).get(wanted)
    answer: dict[str, Any] = {"scene": wanted, "in_stash": scene is not None}
    if scene:
        (decision,) = drain_task.pipeline_of(run).look([scene], freed=True)
        outcome = decision.outcome
        answer |= {
            "title": scene.label(),
            "files": _files(run, scene),
            "items": [_item(work) | {"link": _link(run, work)} for work in decision.works],
            "said": outcome.said,
            "skipped": outcome.skipped,
            "missing": outcome.missing,
            "warnings": outcome.warnings,
        }
    answer |= {"held": _held(run, wanted, scene), "queue": _queue(run, wanted)}
    answer["writes"] = [
        {"field": row.field, "before": row.before, "after": row.after, "run": row.run}
        for row in of_its_file(run, scene, run.journal.rows(scene_id=wanted))[-WRITES:]
    ]
    answer["state"], answer["why"] = scene_states.states_of(run.data_dir, [wanted])[wanted]
    for line in _lines(answer):
        stdio.info(f"scene {wanted}: {line}")
    return answer


def _held(run: Run, number: int, scene: "Scene | None") -> "str | None":
    if scene:
        return Holds(run.journal, run.path_map).why(scene) or None
    hold = run.journal.held().get(number)
    return hold.why if hold else None


def _files(run: Run, scene: Scene) -> list[dict[str, str]]:
    """Each file, and the path that it should have in Plex."""
    return [
        {"stash": file.path, "plex": paths.plex_path(file.path, run.path_map)}
        for file in scene.files
    ]


def _link(run: Run, work: Work) -> str:
    """The address of the item in Plex's web app."""
    key = quote(f"/library/metadata/{work.item.rating_key}", safe="")
    server = quote(run.store.meta("machine"), safe="")
    base = run.config.plex_url.rstrip("/")
    return f"{base}/web/index.html#!/server/{server}/details?key={key}"


def _item(work: Work) -> dict[str, Any]:
    decided = {change.field: change for change in work.changes}
    return {
        "item": work.item.rating_key,
        "files": list(work.item.files),
        "locks": sorted(work.item.locks),
        "images": {image.kind.field: "is to be uploaded" for image in work.new_images},
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
    """The reason in the plan. A field that is `kept` can be decided."""
    return {"why": why, "kept": why in KEPT}


def _images(work: Work, decided: Mapping[str, Change]) -> dict[str, str]:
    """The images that are kept, with the reason."""
    reasons = {
        name: decided[name].why if name in decided else covers.why_kept(work.entry, name)
        for name in registry.IMAGES if name in decided or name in work.unseen_images
    }  # fmt: skip
    return {name: why for name, why in reasons.items() if why}


def _queue(run: Run, scene: int) -> dict[str, Any]:
    """The place of the scene in the queue."""
    job = run.jobs.find(f"scene:{scene}")
    return {
        "flagged": ("scene", scene) in inbox.flags(run.data_dir),
        "owed": job is not None and not job.dead,
        "due": job.due if job and not job.dead else None,
        "attempts": job.job.attempts if job else 0,
        "dead": job.error if job and job.dead else None,
    }


def _lines(answer: dict[str, Any]) -> list[str]:
    if not answer["in_stash"]:
        lines = ["Stash does not have this scene"]
    else:
        lines = [f"“{answer['title']}”", _state(answer), *map(_looked_for, answer["files"])]
        lines += [answer["said"]] if answer["said"] else []
        lines += answer["warnings"]
        for item in answer["items"]:
            lines += [f"Plex item {item['item']} has {', '.join(item['files'])}"]
            lines += map(_planned, item["plan"])
            lines += [f"{name}: {image}" for name, image in item["images"].items()]
            lines += [f"locked in Plex: {_list(item['locks'])}"]
    if answer["held"]:
        lines.append(f"held ({answer['held']}): Resume Held Scenes releases it")
    lines.append(_place(answer["queue"]))
    lines += [
        f"run {row['run']} wrote {row['field']}: {_brief(row['before'])} → {_brief(row['after'])}"
        for row in answer["writes"]
    ]
    return lines


def _state(answer: dict[str, Any]) -> str:
    """The state of the scene, as the page shows it."""
    return f"{STATES[answer['state']]}" + (f" ({answer['why']})" if answer["why"] else "")


def _looked_for(file: dict[str, str]) -> str:
    return f"its file {file['stash']} is looked for in Plex as {file['plex']}"


def _planned(field: dict[str, Any]) -> str:
    if field["why"] == "in agreement":
        return f"{field['field']}: in agreement"
    values = f"Plex says {_brief(field['plex'])}, Stash says {_brief(field['stash'])}"
    return f"{field['field']}: {field['why']}: {values}"


def _place(queue: dict[str, Any]) -> str:
    if queue["dead"]:
        return f"among the dead letters: {queue['dead']}"
    if queue["flagged"] or queue["owed"]:
        due = queue["due"]
        when = moment(due) if due else "now"
        return f"in the queue, due {when}, after {queue['attempts']} failed attempts"
    return "not in the queue"


def _list(names: list[str]) -> str:
    return ", ".join(names) or "nothing"


def _brief(value: Any) -> str:
    shown = repr(list(value) if isinstance(value, tuple) else value)
    return shown if len(shown) <= VALUE else shown[: VALUE - 1] + "…"
