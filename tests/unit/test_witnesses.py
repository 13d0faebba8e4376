"""Which items are asked whether Plex takes edits: of all libraries, and not always the same ones."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from plex.library.witnesses import Witnesses, take_edits
from plex.state.database import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Two libraries with the items 1 to 50 and 51 to 60; those of the first are written, in order."""
    with closing(Store(tmp_path)) as found:
        with found.writing() as db:
            for key in range(1, 61):
                section = 1 if key <= 50 else 2
                db.execute("INSERT OR IGNORE INTO section VALUES (?, 'x', '', 0)", (section,))
                db.execute("INSERT INTO part VALUES (?, ?, ?, 0, '', 0)", (str(key), key, section))
            db.executemany(
                "INSERT INTO item (rating_key, scene_id, baseline, synced) VALUES (?, ?, '', ?)",
                [(key, key, float(key)) for key in range(1, 51)],
            )
        yield found


def test_witnesses_are_the_last_written_and_other_libraries(store):
    assert Witnesses(store, lambda: 0.5).besides(7) == [50, 51, 25, 26]
    assert Witnesses(store, lambda: 0.5).besides(55) == [50, 25, 51, 26]


def test_the_item_in_question_is_not_asked(store):
    assert 50 not in Witnesses(store).besides(50)


def test_who_took_an_edit_just_now_is_asked_first(store):
    witnesses = Witnesses(store)
    witnesses.took = 3
    assert witnesses.besides(7)[0] == 3


def test_chance_reaches_every_item(store):
    found = {key for n in range(400) for key in Witnesses(store, lambda n=n: n / 400).besides()}
    assert found == set(range(1, 61))


def test_with_nothing_known_nobody_is_asked(tmp_path):
    with closing(Store(tmp_path)) as store:
        assert Witnesses(store).besides(7) == []


@pytest.mark.parametrize(
    ("answers", "takes", "asked"),
    [([], None, 0), ([None], None, 1), ([False, None], False, 2), ([False, True, False], True, 2)],
)
def test_one_that_takes_an_edit_is_enough(answers, takes, asked):
    class Plex:
        keys: list[int] = []

        def takes_edits(self, key):
            self.keys.append(key)
            return answers[key]

    plex = Plex()
    plex.keys = []
    assert take_edits(plex, range(len(answers))) is takes and len(plex.keys) == asked
