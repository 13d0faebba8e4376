"""Where each scene stands, told from the files; and when each server last answered."""

from __future__ import annotations

import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.activity import Contacts
from app.dashboard import overview, read_only_db, scene_states
from app.dashboard.scene_states import DUE, PUT_OFF, state_of
from plex.plan import plan
from plex.plan.plan import Change
from plex.state import scene_state
from plex.state.database import Store
from plex.state.journal import Journal
from plex.state.ledger import SceneStates
from plex.state.scene_state import SEEN, STATES, compared, worst
from sync_queue import inbox
from sync_queue.job import Job
from sync_queue.jobs import Jobs
from tests.support.sizes import size

FAR = 4e9  # seconds: not due for long
SYNCED, GONE = ("in_sync", ""), ("not_in_plex", "")


# -- the rule


@pytest.mark.parametrize(
    ("held", "flagged", "job", "died", "seen", "state"),
    [
        ("by you", True, DUE, "no", SYNCED, "held"),
        (None, True, "", "no", SYNCED, "waiting"),
        (None, False, DUE, "no", GONE, "waiting"),
        (None, False, PUT_OFF, "no", SYNCED, "waiting"),
        (None, False, PUT_OFF, "no", GONE, "not_in_plex"),
        (None, False, PUT_OFF, None, None, "waiting"),
        (None, False, "", "no", SYNCED, "gave_up"),
        (None, False, "", None, SYNCED, "in_sync"),
        (None, False, "", None, None, "unknown"),
    ],
)
def test_what_is_stored_about_a_scene_decides_its_state(
    held: Any, flagged: bool, job: str, died: Any, seen: Any, state: str
) -> None:
    assert state_of(held, flagged, job, died, seen)[0] == state


def change(field: str, why: str) -> Change:
    return Change(field, "a", "b", why)


@pytest.mark.parametrize(
    ("changes", "due", "state", "why"),
    [
        ([], [], "in_sync", ""),
        ([], ["poster"], "differs", "Plex says something else: poster"),
        ([("title", "write"), ("studio", "clear")], [], "differs",
         "Plex says something else: title, studio"),
        ([("title", "drifted")], [], "edited", "edited in Plex: title"),
        ([("title", "conflict"), ("studio", "locked")], [], "edited",
         "to be decided: title; locked in Plex: studio"),
        ([("title", "preserved")], [], "edited", "kept as it is in Plex: title"),
        ([("title", "refused"), ("studio", "drifted")], [], "differs",
         "not taken by Plex: title; edited in Plex: studio"),
        ([("title", "drifted"), ("studio", "write")], [], "differs",
         "Plex says something else: studio; edited in Plex: title"),
    ],
)  # fmt: skip
def test_what_a_comparison_finds_is_a_state_with_its_fields(
    changes: Any, due: list[str], state: str, why: str
) -> None:
    assert compared([change(*one) for one in changes], due) == (state, why)


def test_a_cover_that_nobody_has_looked_at_is_not_in_sync() -> None:
    assert compared([], [], ["poster"]) == ("unknown", "to be looked at: poster")
    edited = compared([change("title", "drifted")], [], ["poster"])
    assert edited == ("edited", "edited in Plex: title; to be looked at: poster")


def test_every_reason_for_which_a_field_is_kept_has_its_words() -> None:
    writing = {why for why in plan.WHYS if change("title", why).writes}
    assert set(scene_state.KEPT) == set(plan.WHYS) - writing


def test_a_scene_on_two_items_has_the_worse_of_their_states() -> None:
    for at, one in enumerate(scene_state._ORDER):
        for other in scene_state._ORDER[at:]:
            assert worst([(other, "b"), (one, "a")])[0] == one
    assert set(scene_state._ORDER) == set(SEEN)


# -- from the files


def library(data: Path) -> None:
    """Scenes 1 to 6, of which 3 is edited in Plex, 5 is held and 6 differs."""
    with closing(Store(data)) as store:
        seen = dict.fromkeys(range(1, 6), SYNCED)
        SceneStates(store).put(
            seen | {3: ("edited", "edited in Plex: title"), 6: ("differs", "x: y")}
        )
        Journal(store, "all").hold({5: ()}, "by you", 1e9)


def found(data: Path, *scenes: int) -> list[str]:
    rows = scene_states.states(str(data), {"scenes": list(scenes)})["rows"]
    return [row["state"] for row in rows]


def counts(data: Path) -> dict[str, int]:
    return {name: n for name, n in scene_states.counts(str(data), 2e9).items() if n}


def listed(data: Path, state: str, **args: Any) -> list[tuple[int, str]]:
    rows = scene_states.listed(str(data), {"state": state, **args})["rows"]
    return [(row["scene"], row["why"]) for row in rows]


def bury(data: Path, *numbers: int) -> None:
    with closing(Jobs(data)) as jobs:
        jobs.put([Job(number) for number in numbers], 1.0)
        for job in jobs.claim(len(numbers), 2.0):
            jobs.bury(job, f"no {job.id}", 3.0)


def put_off(data: Path, *numbers: int) -> None:
    with closing(Jobs(data)) as jobs:
        jobs.put([Job(number) for number in numbers], 1.0)
        for job in jobs.claim(len(numbers), 2.0):
            jobs.give_back(job, FAR)


def test_without_any_file_nothing_is_known(tmp_path: Path) -> None:
    assert found(tmp_path, 1, 2) == ["unknown", "unknown"] and counts(tmp_path) == {}
    assert list(tmp_path.iterdir()) == []


def test_a_scene_stands_as_it_was_seen_unless_it_is_held(tmp_path: Path) -> None:
    library(tmp_path)
    assert found(tmp_path, 1, 3, 5, 6, 9) == ["in_sync", "edited", "held", "differs", "unknown"]
    assert counts(tmp_path) == {"in_sync": 3, "edited": 1, "held": 1, "differs": 1}


def test_what_is_owed_flagged_or_given_up_says_so(tmp_path: Path) -> None:
    library(tmp_path)
    bury(tmp_path, 4, 8)
    with closing(Jobs(tmp_path)) as jobs:
        jobs.put([Job(1), Job(8), Job(5)], 1.0)
    inbox.mark(str(tmp_path), "scene", 2)
    assert found(tmp_path, 1, 2, 4, 5) == ["waiting", "waiting", "gave_up", "held"]
    assert found(tmp_path, 8) == ["waiting"], "it is tried once more"
    assert counts(tmp_path) == {
        "waiting": 3, "gave_up": 1, "held": 1, "differs": 1, "edited": 1,
    }  # fmt: skip


def test_a_scene_that_waits_for_its_file_is_not_in_plex(tmp_path: Path) -> None:
    with closing(Store(tmp_path)) as store:
        SceneStates(store).put({1: GONE, 2: GONE, 3: SYNCED})
    put_off(tmp_path, 1, 3)
    assert found(tmp_path, 1, 2, 3) == ["not_in_plex", "not_in_plex", "waiting"]
    assert listed(tmp_path, "not_in_plex") == [(1, ""), (2, "")]
    assert counts(tmp_path) == {"not_in_plex": 2, "waiting": 1}


@pytest.mark.parametrize("owed", [False, True])
def test_a_scene_waits_while_what_it_shows_has_changed(tmp_path: Path, owed: bool) -> None:
    library(tmp_path)
    with closing(Store(tmp_path)) as store, store.writing() as db:
        db.execute("INSERT INTO ref VALUES ('tag', 7, 1), ('tag', 8, 2), ('tag', 7, 5)")
    if owed:
        with closing(Jobs(tmp_path)) as jobs:
            jobs.put([Job(7, "tag")], 1.0)
    else:
        inbox.mark(str(tmp_path), "tag", 7)
    assert found(tmp_path, 1, 2, 5) == ["waiting", "in_sync", "held"]
    assert listed(tmp_path, "waiting") == [(1, "")] and counts(tmp_path)["waiting"] == 1


def test_each_is_answered_once_and_in_its_order(tmp_path: Path) -> None:
    rows = scene_states.states(str(tmp_path), {"scenes": [7, 2, 7]})["rows"]
    assert [row["scene"] for row in rows] == [7, 2]


@pytest.mark.parametrize(
    "given", [None, [], "1", [0], [True], [2**70], ["1"], [1.5], list(range(1, 1002)), {"a": 1}]
)
def test_scenes_must_be_a_list_of_a_few_ids(tmp_path: Path, given: Any) -> None:
    with pytest.raises(read_only_db.Trouble, match="a list of 1 to 1000 ids"):
        scene_states.states(str(tmp_path), {"scenes": given})


@pytest.mark.parametrize("given", [None, "", "unknown", "lost", 3])
def test_a_list_is_of_one_state(tmp_path: Path, given: Any) -> None:
    with pytest.raises(read_only_db.Trouble, match="state must be"):
        scene_states.listed(str(tmp_path), {"state": given})


def test_the_scenes_of_a_state_come_in_pages_that_meet(tmp_path: Path) -> None:
    with closing(Store(tmp_path)) as store:
        SceneStates(store).put({n: ("differs", f"why {n}") for n in range(1, 2100)})
        Journal(store, "all").hold(dict.fromkeys(range(1, 1500), ()), "by you", 1e9)
    first = scene_states.listed(str(tmp_path), {"state": "differs", "limit": 2})
    assert [row["scene"] for row in first["rows"]] == [1500, 1501]
    rest = listed(tmp_path, "differs", after=first["next"])
    assert rest[0] == (1502, "why 1502") and len(rest) == 200
    assert listed(tmp_path, "differs", after=2098) == [(2099, "why 2099")]
    assert listed(tmp_path, "held", after=1498) == [(1499, "by you")]
    assert scene_states.listed(str(tmp_path), {"state": "held", "after": 1499})["next"] is None


few = st.sets(st.integers(1, 12))


@given(
    seen=st.dictionaries(st.integers(1, 12), st.sampled_from(SEEN)),
    held=few, due=few, later=few, doing=few, dead=few, flags=few,
    refs=st.sets(st.tuples(st.sampled_from([1, 2]), st.integers(1, 12))), changed=st.booleans(),
)  # fmt: skip
@settings(max_examples=size(20, 400), deadline=None, derandomize=True)
def test_counts_lists_and_single_states_agree_for_any_stored_facts(
    seen, held, due, later, doing, dead, flags, refs, changed
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        with closing(Store(data)) as store:
            SceneStates(store).put({n: (state, "") for n, state in seen.items()})
            Journal(store, "all").hold(dict.fromkeys(held, ()), "by you", 1e9)
            with store.writing() as db:
                db.executemany("INSERT INTO ref VALUES ('tag', ?, ?)", list(refs))
        bury(data, *dead) if dead else None
        put_off(data, *later) if later else None
        with closing(Jobs(data)) as jobs:
            jobs.put([Job(n) for n in doing - later], 1.0)
            jobs.claim(len(doing), 2.0) if doing - later else None
            jobs.put([Job(n, reason="asked", rank=1) for n in due - later], 1.0)
        for number in flags:
            inbox.mark(folder, "scene", number)
        if changed:
            inbox.mark(folder, "tag", 1)
        single = dict(zip(range(1, 13), found(data, *range(1, 13)), strict=True))
        known = {n for n, state in single.items() if state != "unknown"}
        told = counts(data)
        for state in STATES:
            numbers = [n for n in known if single[n] == state]
            unknown = [n for n in seen if single[n] == "unknown"]
            assert told.get(state, 0) == len(unknown if state == "unknown" else numbers), state
            if state != "unknown":
                assert [n for n, _ in listed(data, state)] == sorted(numbers), state


def test_an_index_answers_for_the_cards(tmp_path: Path) -> None:
    asked: list[str] = []
    rows = read_only_db.File.rows

    def explained(file: read_only_db.File, sql: str, values: Any = ()) -> Any:
        if sql.startswith("SELECT"):
            asked.extend(row[3] for row in rows(file, f"EXPLAIN QUERY PLAN {sql}", values))
        return rows(file, sql, values)

    library(tmp_path)
    Jobs(tmp_path).close()
    inbox.mark(str(tmp_path), "tag", 7)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(read_only_db.File, "rows", explained)
        found(tmp_path, 1, 2, 3)
        listed(tmp_path, "differs")
    whole = [step for step in asked if "SCAN" in step and step != "SCAN held"]
    assert len(asked) > 3 and whole == []


# -- what is kept of a look


def test_a_state_that_is_the_same_is_not_written_again(tmp_path: Path) -> None:
    with closing(Store(tmp_path)) as store:
        SceneStates(store).put({1: SYNCED, 2: GONE})
        before = store.db.total_changes
        SceneStates(store).put({1: SYNCED, 2: GONE})
        assert store.db.total_changes == before
        SceneStates(store).put({1: SYNCED, 2: SYNCED})
        assert SceneStates(store).of([1, 2, 3]) == {1: SYNCED, 2: SYNCED}


def test_what_agreed_is_compared_once_more_when_its_state_changes(tmp_path: Path) -> None:
    with closing(Store(tmp_path)) as store:
        SceneStates(store).put({1: SYNCED, 2: SYNCED, 3: GONE})
        with store.writing() as db:
            db.execute("INSERT INTO verified VALUES (1, 7), (2, 7), (3, 7)")
        SceneStates(store).put({1: SYNCED, 2: ("differs", "")})
        SceneStates(store).doubt([3])
        assert store.rows("SELECT scene_id FROM verified ORDER BY 1") == [(1,), (3,)]


def test_only_what_is_in_sync_is_doubted(tmp_path: Path) -> None:
    library(tmp_path)
    with closing(Store(tmp_path)) as store:
        SceneStates(store).doubt([1, 3, 9])
    assert found(tmp_path, 1, 2, 3) == ["unknown", "in_sync", "edited"]
    assert counts(tmp_path)["unknown"] == 1


def test_a_scene_that_is_gone_is_not_counted_at_all(tmp_path: Path) -> None:
    library(tmp_path)
    with closing(Store(tmp_path)) as store:
        for number in (1, 5):
            SceneStates(store).forget(number)
    assert counts(tmp_path) == {"in_sync": 2, "edited": 1, "differs": 1}


# -- the servers


def plex(data: Path) -> Any:
    return overview.status(str(data))["servers"]["plex"]


def test_who_was_never_asked_is_not_known(tmp_path: Path) -> None:
    assert overview.status(str(tmp_path))["servers"] == {"stash": None, "plex": None}


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
    assert overview.status(str(tmp_path))["servers"]["stash"] is None


def test_a_note_that_makes_no_sense_is_as_good_as_none(tmp_path: Path) -> None:
    for text in ("{", "[]", '{"plex": 1}', '{"plex": {"asked": 1'):
        (tmp_path / overview.CONTACTS).write_text(text)
        assert plex(tmp_path) is None
    Contacts(str(tmp_path / "gone"), lambda: 1.0).answered("plex")  # no disk makes a run fail


@pytest.mark.parametrize(
    ("path", "address"),
    [
        ("/a b/50%?#.sqlite", "file:///a b/50%25%3f%23.sqlite?mode=ro"),
        ("//a/b", "file:////a/b?mode=ro"),
        ("a/b", "file:a/b?mode=ro"),
        ("C:\\a/b", "file:///C:/a/b?mode=ro"),
        ("\\\\nas\\a/b", "file:////nas/a/b?mode=ro"),
    ],
)
def test_the_address_of_a_file_names_it_on_every_system(path: str, address: str) -> None:
    assert read_only_db._address(path) == address
