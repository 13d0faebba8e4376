"""The same commands from a terminal or cron, against a Stash that asks for a password."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from devserver.stash.library import Library
from tests.support.box_output import gaps, lines, start, state, terminal

pytestmark = pytest.mark.uncovered

KEY = "eyJhbGciOiJIUzI1NiJ9.the-key-of-the-box"
MODES = (
    "all", "recent", "process-queue", "queue-status", "reconcile-all", "reconcile-recent",
    "reconcile-7days", "reconcile-custom", "clear-queue", "clear-dlq", "purge-dlq", "health-check",
    "doctor",
)  # fmt: skip


@pytest.fixture
def locked(make_box, tmp_path):
    """A box behind a password, with an API key in a file."""
    box = make_box(password="secret")
    box.stash.api_key = KEY
    box.key_file = tmp_path / "key"
    box.key_file.write_text(f"{KEY}\n")
    box.add("a/clip.mp4", title="A title", details="Told")
    return box


def words(box, command, *more):
    return (command, "--stash", box.stash.url, "--api-key-file", str(box.key_file), *more)


def test_help_goes_to_stdout_and_names_everything(box):
    ended = terminal(box, "--help")
    assert ended.returncode == 0 and ended.stderr == ""
    for word in (*MODES, "--stash", "--api-key-file", "--data-dir", "STASH_API_KEY"):
        assert word in ended.stdout


def test_a_reconciliation_from_cron_writes_to_plex(locked):
    ended = terminal(locked, *words(locked, "reconcile-all"))
    assert ended.returncode == 0
    found = json.loads(ended.stdout)["output"]
    assert gaps(found) == {"empty_metadata": 1} and not locked.differences()
    assert state(locked)["run_count"] == 1
    assert "1 gap (1 empty_metadata)" in ended.stderr
    assert locked.operation("queue_status")["reconciliation"]["total_runs"] == 1


def test_a_preview_in_a_terminal_is_a_table_or_json(locked):
    locked.add("b/clip.mp4", title="Red \x1b[31m")
    table = terminal(locked, *words(locked, "preview")).stdout
    assert "Stash says" in table and "\x1b" not in table
    asked = terminal(locked, *words(locked, "preview", "--json")).stdout
    assert json.loads(asked)["output"]["scenes"] == {"to be written": 2}


def test_lines_for_a_person_have_no_codes_of_stash(locked):
    said = terminal(locked, *words(locked, "reconcile-all")).stderr
    assert "\x01" not in said and "\x02" not in said
    assert "reconciling scope all" in said.splitlines()


def test_every_command_works(locked, tmp_path):
    for mode in MODES:
        ended = terminal(locked, *words(locked, mode, "--data-dir", str(tmp_path / "own")))
        assert ended.returncode == 0, mode
        assert set(json.loads(ended.stdout)) == {"output"}, mode
    assert (tmp_path / "own" / "reconciliation_state.json").exists()


def test_the_key_may_come_from_the_environment(locked):
    given = ("queue-status", "--stash", locked.stash.address)
    ended = terminal(locked, *given, env={"STASH_API_KEY": KEY})
    assert json.loads(ended.stdout)["output"]["stash"]["reachable"] is True


def test_without_a_key_it_is_asked_for(locked):
    ended = terminal(locked, "reconcile-all", "--stash", locked.stash.url)
    assert ended.returncode == 1
    assert "asks for an API key" in json.loads(ended.stdout)["error"]
    assert len(ended.stderr.splitlines()) == 1


@pytest.mark.parametrize("more", [(), ("--data-dir", "own")])
def test_a_wrong_key_is_told_and_never_shown(locked, more):
    locked.key_file.write_text("a-wrong-key-of-somebody")
    ended = terminal(locked, *words(locked, "reconcile-all", *more))
    assert ended.returncode == 1
    assert "does not accept the API key" in json.loads(ended.stdout)["error"]
    assert "a-wrong-key" not in ended.stdout + ended.stderr


def test_the_key_is_shown_nowhere(locked):
    locked.configure(debug_logging=True)
    ended = [terminal(locked, *words(locked, mode)) for mode in ("reconcile-all", "queue-status")]
    locked.plex.go_down()
    ended.append(terminal(locked, *words(locked, "reconcile-all")))
    assert KEY not in "".join(one.stdout + one.stderr for one in ended)
    assert not [path for path in kept(locked) if KEY.encode() in path.read_bytes()]
    assert KEY not in str(lines(locked))


def kept(box):
    return [path for path in box.data_dir.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "cannot be read"), ("", "does not hold an API key"), ("a b", "does not hold an API")],
)
def test_a_key_file_that_is_no_good_is_told(locked, content, said):
    locked.key_file.unlink() if content is None else locked.key_file.write_text(content)
    ended = terminal(locked, *words(locked, "queue-status"))
    assert ended.returncode == 1 and said in json.loads(ended.stdout)["error"]


def test_a_stash_that_is_not_there_is_told(locked):
    given = words(locked, "reconcile-all")
    locked.stash.stop()
    ended = terminal(locked, *given)
    assert ended.returncode == 1
    assert json.loads(ended.stdout)["error"] == f"Stash does not answer at {locked.stash.url}"


def test_something_else_that_answers_is_told(box):
    ended = terminal(box, "queue-status", "--stash", box.plex.url)
    assert ended.returncode == 1
    assert box.plex.url in json.loads(ended.stdout)["error"]


def test_a_config_folder_elsewhere_wants_a_data_dir(locked, monkeypatch):
    elsewhere = property(lambda library: Path("/somewhere/else/config.yml"))
    monkeypatch.setattr(Library, "config_file", elsewhere)  # as if Stash were in a container
    ended = terminal(locked, *words(locked, "queue-status"))
    assert ended.returncode == 1 and "--data-dir" in json.loads(ended.stdout)["error"]


def test_a_config_path_as_stash_was_started_with_is_found(locked):
    locked.stash.library.relative_config = True
    assert terminal(locked, *words(locked, "reconcile-all")).returncode == 0
    assert state(locked)["run_count"] == 1


def test_a_data_dir_that_cannot_be_made_is_told(locked):
    ended = terminal(locked, *words(locked, "queue-status", "--data-dir", str(locked.key_file)))
    assert ended.returncode == 1
    assert "the folder for Stash2Plex's state" in json.loads(ended.stdout)["error"]


@pytest.mark.parametrize("given", [("sideways",), ("reconcile-all",), ("--stash", "x")])
def test_wrong_words_end_with_the_usage(box, given):
    ended = terminal(box, *given)
    assert ended.returncode == 2 and ended.stdout == ""
    assert "usage: Stash2Plex.py" in ended.stderr


def test_a_failing_command_has_a_failing_exit_code(locked):
    locked.plex.go_down()
    ended = terminal(locked, *words(locked, "reconcile-all"))
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1].startswith("error: Plex does not answer")


def test_no_query_of_the_terminal_is_refused_by_stash(locked):
    process = start(locked, *words(locked, "all"))
    assert process.communicate(timeout=60) and process.returncode == 0
    assert not locked.stash.queries_rejected
    assert not [one for one in locked.stash.requests if "__schema" in (one.query or "")]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pseudo-terminals")
def test_without_a_document_a_terminal_gets_a_sentence_without_codes_of_stash(box):
    ours, theirs = os.openpty()
    ended = subprocess.run(
        [sys.executable, str(box.folder / "Stash2Plex.py")],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=theirs, check=False,
    )  # fmt: skip
    os.close(theirs)
    said = os.read(ours, 10_000).decode()
    os.close(ours)
    assert ended.returncode == 1 and said.startswith("error: stdin held no JSON document")
