"""Where each scene stands, told from the files; and when each server last answered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app import lookup, standing, states
from app.contacts import Contacts
from plex.journal import Journal
from plex.store import Store
from sync_queue import inbox
from sync_queue.jobs import Job, Jobs

FAR = 4e9  # seconds: not due for long


def library(data: Path) -> None:
    """Scenes 1 to 5 have items; of 3 an edit is to be decided, 5 is held."""
    store = Store(data)
    with store.writing() as db:
        db.executemany(
            "INSERT INTO item (rating_key, scene_id, baseline, asked) VALUES (?, ?, '', ?)",
            [(n, n, "title" if n == 3 else "") for n in range(1, 6)],
        )
    Journal(store, "all").hold({5: ()}, "by you", 1e9)
    store.close()


def found(data: Path, *scenes: int) -> list[str]:
    return [row["state"] for row in states.states(str(data), {"scenes": list(scenes)})["rows"]]


def test_without_any_file_nothing_is_known(tmp_path: Path) -> None:
    assert found(tmp_path, 1, 2) == ["left_out", "left_out"]
    assert list(tmp_path.iterdir()) == []


def test_an_item_is_in_sync_unless_it_is_to_be_decided_or_held(tmp_path: Path) -> None:
    library(tmp_path)
    assert found(tmp_path, 1, 3, 5, 9) == ["in_sync", "differs", "held", "left_out"]


def test_what_is_owed_flagged_absent_or_given_up_says_so(tmp_path: Path) -> None:
    library(tmp_path)
    jobs = Jobs(tmp_path)
    jobs.put([Job(4), Job(8)], 1.0)
    for job in jobs.claim(2, 2.0):
        jobs.bury(job, "no", 3.0)
    jobs.put([Job(1), Job(8), Job(5)], 1.0)
    (first,) = [job for job in jobs.claim(3, 2.0) if job.id == 8]
    jobs.resume(2.0)
    jobs.close()
    inbox.mark(str(tmp_path), "scene", 2)
    assert found(tmp_path, 1, 2, 4, 5) == ["waiting", "waiting", "differs", "held"]
    assert first.id == 8 and found(tmp_path, 8) == ["waiting"], "it is tried once more"


def test_each_is_answered_once_and_in_its_order(tmp_path: Path) -> None:
    rows = states.states(str(tmp_path), {"scenes": [7, 2, 7]})["rows"]
    assert [row["scene"] for row in rows] == [7, 2]


@pytest.mark.parametrize(
    "given", [None, [], "1", [0], [True], [2**70], ["1"], [1.5], list(range(1, 202)), {"a": 1}]
)
def test_scenes_must_be_a_list_of_a_few_ids(tmp_path: Path, given: Any) -> None:
    with pytest.raises(lookup.Trouble, match="a list of 1 to 200 ids"):
        states.states(str(tmp_path), {"scenes": given})


def test_those_that_differ_say_why_in_pages(tmp_path: Path) -> None:
    library(tmp_path)
    jobs = Jobs(tmp_path)
    jobs.put([Job(4), Job(8), Job(5)], 1.0)
    for job in jobs.claim(3, 2.0):
        jobs.bury(job, f"no {job.id}", 3.0)
    jobs.put([Job(8)], 1.0)
    jobs.close()
    (tmp_path / standing.DRIFTED).write_text('{"1": ["title", "summary"], "4": ["title"], "x": 1}')
    first = states.differing(str(tmp_path), {"limit": 2})
    rest = states.differing(str(tmp_path), {"after": first["next"]})
    assert [(row["scene"], row["why"]) for row in first["rows"] + rest["rows"]] == [
        (1, "edited in Plex: title, summary"), (3, "to be decided: title"), (4, "no 4"),
    ]  # fmt: skip
    assert rest["next"] is None
    assert found(tmp_path, 1, 2) == ["differs", "in_sync"]


def test_an_index_answers_for_the_cards(tmp_path: Path) -> None:
    asked: list[str] = []
    rows = lookup.File.rows

    def explained(file: lookup.File, sql: str, values: Any = ()) -> Any:
        if sql.startswith("SELECT"):
            asked.extend(row[3] for row in rows(file, f"EXPLAIN QUERY PLAN {sql}", values))
        return rows(file, sql, values)

    library(tmp_path)
    Jobs(tmp_path).close()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lookup.File, "rows", explained)
        found(tmp_path, 1, 2, 3)
    assert len(asked) > 3 and not [step for step in asked if "SCAN" in step]


# -- the servers


def plex(data: Path) -> Any:
    return standing.status(str(data))["servers"]["plex"]


def test_who_was_never_asked_is_not_known(tmp_path: Path) -> None:
    assert standing.status(str(tmp_path))["servers"] == {"stash": None, "plex": None}


def test_the_last_answer_and_the_trouble_since_are_known(tmp_path: Path) -> None:
    times = iter([10.0, 20.0, 30.0, 40.0])
    contacts = Contacts(str(tmp_path), lambda: next(times))
    contacts.answered("plex", "1.41")
    contacts.failed("plex", "Plex does not answer")
    contacts.failed("plex", "Plex still does not")
    assert plex(tmp_path) == {
        "asked": 30.0, "answered": 10.0, "version": "1.41", "since": 20.0,
        "problem": "Plex still does not",
    }  # fmt: skip
    contacts.answered("plex")
    assert (plex(tmp_path)["version"], plex(tmp_path)["since"]) == ("1.41", None)
    assert standing.status(str(tmp_path))["servers"]["stash"] is None


def test_a_note_that_makes_no_sense_is_as_good_as_none(tmp_path: Path) -> None:
    for text in ("{", "[]", '{"plex": 1}', '{"plex": {"asked": 1'):
        (tmp_path / standing.CONTACTS).write_text(text)
        assert plex(tmp_path) is None
    Contacts(str(tmp_path / "gone"), lambda: 1.0).answered("plex")  # no disk makes a run fail
