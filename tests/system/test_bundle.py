"""The bug report: what is in it was named as harmless, and everything else is hidden."""

from __future__ import annotations

import json
from contextlib import closing
from typing import Any

import pytest

from app.commands import bundle
from devserver.box import Box
from sync_queue.job import Job
from sync_queue.jobs import Jobs
from tests.support.box_output import set_state
from validation.config import Stash2PlexConfig

pytestmark = pytest.mark.uncovered
MARK = "Zyxwv"


def text(box: Box) -> str:
    return json.dumps(box.operation("bundle"))


@pytest.mark.parametrize("name", list(Stash2PlexConfig.model_fields))
@pytest.mark.parametrize("value", [MARK, f"/{MARK}/a => /{MARK}/b", f"https://{MARK}.example/x"])
def test_no_setting_shows_what_somebody_wrote(box: Box, name: str, value: str) -> None:
    box.configure(**{name: value})
    assert MARK.casefold() not in text(box).casefold()


def test_no_reason_no_name_and_no_key_shows_what_somebody_wrote(box: Box) -> None:
    box.plex.add_section(f"{MARK} films", roots=[f"/{MARK}"])
    box.configure(exclude_tags=f"{MARK} tag", title_template=f"{MARK} {{title}}")
    box.add(f"{MARK}.mp4", title=f"{MARK} title", tags=[f"{MARK} tag"])
    box.add("a.mp4", title=f"{MARK} title", performers=[MARK])
    box.add(f"{MARK}/lost.mp4", in_plex=False, title=MARK)
    box.operation("all")
    with closing(Jobs(box.data_dir)) as jobs:
        jobs.put([Job(9)], 0)
        (job,) = jobs.claim(1, 1e12)
        jobs.bury(job, f"{MARK} is wrong", 1.0)
    set_state(box, last_failure=f"{MARK} failed", last_run_scope=f"“{MARK}”", failure_count=1)
    for name in (f"{MARK}.aside", MARK):
        (box.data_dir / name).write_text(MARK)
    assert MARK not in text(box)


def test_it_says_what_a_maintainer_needs(box: Box) -> None:
    box.add("a.mp4", title="A")
    box.operation("all")
    box.configure(labels="Mine", reconcile_interval="daily")
    found = box.operation("bundle")["bundle"]
    settings = {row["name"]: row for row in found["doctor"]["settings"]}
    assert settings["reconcile_interval"]["value"] == "daily"
    assert settings["labels"]["value"] == "[hidden]" and not settings["labels"]["is_default"]
    assert found["doctor"]["stash"]["version"] == "v0.31.1"
    assert found["doctor"]["plex"]["libraries"][0]["agent"] == "tv.plex.agents.none"
    assert found["doctor"]["queue"]["dead"] == 0 and found["about"]["version"] == "0.1.0"
    assert found["runs"][0]["items"] == 1


def test_what_is_added_later_is_hidden_until_somebody_names_it() -> None:
    new: dict[str, Any] = {"brand_new": "text", "version": "1.2", "state": "Not a word: “x”"}
    assert bundle.shown_facts(new) == {"version": "1.2", "state": "[hidden]"}
    row = {"name": "brand_new", "value": "x", "default": "", "is_default": False, "problem": "‘x’"}
    assert bundle.shown_settings([row]) == [
        {"name": "brand_new", "is_default": False, "refused": True, "value": "[hidden]"}
    ]
    assert set(Stash2PlexConfig.model_fields) >= bundle.SETTINGS
