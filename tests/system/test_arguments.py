"""What a command does not take, or cannot mean, is refused in a sentence, and nothing is done."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.arguments import objection
from app.cli import NUMBERS
from app.commands.registry import MODES
from app.modes import ARGUMENTS
from devserver.box import Box
from tests.support.box_output import terminal
from tests.support.brakes import refused
from tests.support.jobs import fill

pytestmark = pytest.mark.uncovered

OPTIONS = {**dict.fromkeys(NUMBERS, 1), "scope": "24h", "field": "title", "side": "stash",
           "original": True, "deep": True, "error": "x"}  # fmt: skip


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("undo --scene 0", "scene must be a positive whole number"),
        ("undo --run -1", "run must be a positive whole number"),
        ("undo --item 0", "item must be a positive whole number"),
        ("resume --scene 0", "scene must be a positive whole number"),
        ("hold --scene 0", "scene must be a positive whole number"),
        ("explain --scene -4", "scene must be a positive whole number"),
        ("journal --run 0", "run must be a positive whole number"),
        ("decide --item 0", "item must be a positive whole number"),
        ("clear-dlq --scene 1", "clear_dlq does not take scene; it takes ids, error"),
        ("all --scene 1", "all does not take scene; it takes later"),
        ("purge-dlq --run 1", "purge_dlq does not take run; it takes no arguments"),
        ("reconcile-all --scope 24h", "reconcile_all does not take scope"),
        ("preview --scene 1 --field title", "preview does not take field and scene"),
        ("undo --run 1 --original", "undo takes run or original, not both"),
    ],
)
def test_a_terminal_refuses_it(box: Box, words: str, said: str) -> None:
    scenes = fill(box, 2)
    box.operation("all")
    box.operation("hold", scenes=scenes)
    box.plex.clear_requests()
    command, *options = words.split()
    ended = terminal(box, command, "--stash", box.stash.url, *options)
    assert ended.returncode == 1 and said in json.loads(ended.stdout)["error"]
    assert box.plex.writes() == [] and len(box.operation("list_held")["rows"]) == 2


@pytest.mark.parametrize(
    ("mode", "args", "said"),
    [
        ("undo", {"run": 1, "original": True}, "run or original, not both"),
        ("undo", {"scene": 0}, "scene must be a positive whole number"),
        ("clear_dlq", {"scene": 1}, "clear_dlq does not take scene"),
        ("clear_dlq", {"ids": [1], "error": "x"}, "ids or error, not both"),
        ("resume", {"scenes": 0}, "scenes must be a list of ids"),
        ("resume", {"scene": 0}, "scene must be a positive whole number"),
        ("sync", {"scenes": [0]}, "scenes must be a list of ids"),
        ("all", {"scenes": [1]}, "all does not take scenes"),
        ("queue_status", {"limit": 5}, "queue_status does not take limit; it takes no arguments"),
    ],
)
def test_an_operation_refuses_it(box: Box, mode: str, args: dict[str, Any], said: str) -> None:
    assert said in refused(box, mode, **args)


def test_what_says_nothing_is_not_an_argument(box: Box) -> None:
    box.add("a.mp4", title="T")
    assert box.operation("all", scope="", scene=None, deep=False)["queued"] == 1


@pytest.mark.parametrize("mode", MODES)
def test_what_stash_and_a_page_send_along_is_always_fine(mode: str) -> None:
    assert objection(mode, {"mode", "later", "trigger", "only"}) == ""
    for name in OPTIONS:
        assert bool(objection(mode, {name})) == (name not in ARGUMENTS[mode])


@pytest.mark.parametrize(
    ("mode", "given", "said"),
    [
        ("decide", {"item": 10**22, "field": "title", "side": "stash"}, "item must be a positive"),
        ("preview", {"scope": "../x"}, "scope must be one of all, 24h, 7days"),
    ],
)
def test_a_value_out_of_range_is_refused_in_a_plain_sentence(
    box: Box, mode: str, given: dict[str, Any], said: str
) -> None:
    assert refused(box, mode, **given).startswith(said)
