"""What the log says: one line per job, no secret in it, and no path if the user wants none."""

from __future__ import annotations

import contextlib
import json

import pytest

from devserver.box import TOKEN
from tests.support.box_output import lines, put_a_bug_into, raw_lines

pytestmark = pytest.mark.uncovered

FULL = {"title": "A title", "details": "Told", "studio": "Studio A"}


def scene_lines(box, *levels):
    return [line for line in lines(box, *levels) if line.startswith("scene ")]


# --- one line per job ----------------------------------------------------------------------


def test_a_job_says_which_scene_which_item_and_which_fields(box):
    scene = box.add("a/clip.mp4", **FULL)
    box.operation("all")
    key = box.item(scene)["ratingKey"]
    assert scene_lines(box) == [
        f"scene {scene} “A title” → Plex item {key}: title, summary, studio, collections"
    ]


def test_a_job_with_nothing_to_do_says_so(box):
    scene = box.add("a/clip.mp4", **FULL)
    box.operation("all")
    box.stash.logs.clear()
    box.operation("all")
    [line] = scene_lines(box, "info")
    assert (
        line == f"scene {scene} “A title” → Plex item {box.item(scene)['ratingKey']}: says the same"
    )


def test_each_job_that_writes_nothing_says_why_in_one_line(box):
    box.add("a/lost.mp4", in_plex=False, title="Lost")
    box.stash.add_scene(files=[], title="Only an idea")
    twice = box.add("a/twice.mp4", title="Twice")
    box.plex.add_file(box.paths[twice], section=box.plex.add_section("Other", roots=["/media"]))
    first, second = (box.add(f"a/part {n}.mp4", in_plex=n == 1, title=f"Part {n}") for n in (1, 2))
    box.plex.add_parts(box.item(first)["ratingKey"], [box.paths[second]])
    box.operation("all")
    said = scene_lines(box, "info", "warning")
    assert len(said) == 5
    for words in ("is not in Plex yet", "has no file", "fits 2 Plex items", "shares Plex item"):
        assert len([line for line in said if words in line]) == 1, words


def test_a_field_that_a_person_edited_in_plex_is_named(box):
    scene = box.add("a/clip.mp4", **FULL)
    box.operation("all")
    box.plex.edit_as_person(box.item(scene)["ratingKey"], summary="Mine")
    box.stash.logs.clear()
    box.operation("all")
    assert "(left as edited in Plex: summary)" in scene_lines(box, "info")[0]


def test_a_job_that_failed_says_why_and_what_happens_next(box):
    box.add("a/clip.mp4", **FULL)
    box.plex.faults.arm("500", method="PUT", times=2)
    box.operation("all")
    [line] = scene_lines(box, "warning")
    assert line.endswith("Plex answered 500; tried again later")


def test_detail_only_with_debug_logging(box):
    scene = box.add("a/clip.mp4", **FULL)
    box.operation("all")
    assert not lines(box, "debug") and not lines(box, "trace")
    box.configure(debug_logging=True)
    box.stash.library.store.scenes[scene].details = "Told anew"
    box.operation("all")
    assert any("summary 'Told' → 'Told anew' (write)" in line for line in lines(box, "debug"))


def test_every_line_carries_its_level(box):
    box.add("a/clip.mp4", title="two\nlines \x01e\x02of it")
    run = box.task("Sync All Scenes to Plex")
    assert all(line[0] == "\x01" and line[2] == "\x02" for line in run.stderr.splitlines() if line)
    assert "error" not in {level for level, _ in raw_lines(run.stderr)}


# --- no path -------------------------------------------------------------------------------


def eventful(box):
    """A run that meets everything that could be told with a path."""
    box.add("deep folder/under it/lost one.mp4", in_plex=False, title="")
    box.add("deep folder/lost/näme (1).mp4", in_plex=False, title="")
    twice = box.add("deep folder/twice.mp4", title="Twice")
    box.plex.add_file(box.paths[twice], section=box.plex.add_section("Other", roots=["/media"]))
    box.add("deep folder/refused.mp4", title="Refused one")
    box.plex.options.scan_refreshing = 0.2  # a task stays until it is over
    box.plex.faults.arm("400", method="PUT")
    box.plex.faults.arm("500", match="/library/sections/1/refresh")
    for mode in ("all", "reconcile_all", "queue_status", "health_check", "doctor", "nonsense"):
        with contextlib.suppress(Exception):
            box.operation(mode)
    box.plex.go_down()
    with contextlib.suppress(Exception):
        box.operation("reconcile_all")
    (box.data_dir / "reconciliation_state.json").write_text("{")
    box.operation("queue_status")
    box.plex.come_up()
    (box.data_dir / "plex.sqlite").write_text("garbage")
    box.operation("health_check")
    put_a_bug_into(box, "reconciliation/engine.py")
    box.task("Reconcile Library (All)")


def test_with_obfuscate_paths_no_line_has_a_path(box):
    box.configure(obfuscate_paths=True, debug_logging=True, trigger_plex_scan=True)
    eventful(box)
    said = [*lines(box), *(line.text for line in box.stash.server_log)]
    assert any("Traceback" in line for line in said), "tracebacks are among them"
    for piece in ("/data", "/media", "deep folder", "under it", str(box.stash.config_dir), '.py"'):
        assert not [line for line in said if piece in line], piece


def test_without_it_a_path_helps(box):
    box.configure(trigger_plex_scan=True)
    eventful(box)
    assert any("/media/deep folder" in line for line in lines(box))


# --- no secret -----------------------------------------------------------------------------


def cookies(box):
    return {run.stdin["server_connection"]["SessionCookie"]["Value"] for run in box.stash.runs}


def everything_said(box):
    told = [line.text for line in (*box.stash.logs, *box.stash.server_log)]
    told += [run.stdout + run.stderr + json.dumps(run.output) for run in box.stash.runs]
    files = [path for path in box.data_dir.rglob("*") if path.is_file()]
    assert files
    return "\n".join(told) + "\n".join(path.read_bytes().decode("latin-1") for path in files)


def test_no_secret_is_in_a_line_an_answer_or_a_file(make_box):
    box = make_box(password="secret")
    box.stash.api_key = "the-api-key-of-this-stash"
    box.configure(debug_logging=True)
    scene = box.add("a/clip.mp4", **FULL)
    for mode in ("all", "reconcile_all", "health_check", "doctor"):
        box.operation(mode)
    box.stash.update_scene(scene, title="New")
    box.settle()
    wrong = "an-outdated-plex-token"
    for settings in ({"plex_token": wrong}, {"plex_url": "http://127.0.0.1:1"}, {"plex_url": "x"}):
        box.configure(debug_logging=True, **settings)
        for mode in ("reconcile_all", "queue_status"):
            with contextlib.suppress(Exception):
                box.operation(mode)
    box.configure(debug_logging=True)
    for action in ("401", "half_body", "errors"):
        box.stash.faults.arm("findScenes", action=action)
        with contextlib.suppress(Exception):
            box.operation("reconcile_all")
    said = everything_said(box)
    for secret in (TOKEN, wrong, box.stash.api_key, *cookies(box)):
        assert secret not in said


def test_a_token_in_a_title_is_masked_in_the_log(box):
    box.add("a/clip.mp4", title=f"my {TOKEN}")
    box.operation("all")
    assert "“my ***”" in scene_lines(box)[0]


@pytest.mark.parametrize(
    "url", ["http://user:pass-word@127.0.0.1:1", "http://127.0.0.1:1/?X-Plex-Token=pass-word"]
)
def test_a_secret_inside_the_address_is_not_repeated(box, url):
    box.configure(plex_url=url, debug_logging=True)
    with contextlib.suppress(Exception):
        box.operation("reconcile_all")
    box.operation("queue_status")
    assert "pass-word" not in everything_said(box)
