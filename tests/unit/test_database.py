"""Databases that are damaged, of another version, full or taken away: nothing is lost."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from persistqueue.sqlackqueue import AckStatus

import errors
from disk import database
from disk.database import HALF, Database, insert, is_damage
from disk.quarantine import asides, set_aside
from plex.state.database import Store
from plex.state.entry import Entry
from plex.state.ledger import Ledger
from sync_queue import salvage, schema
from sync_queue.job import Job
from sync_queue.jobs import OPENING, Jobs
from sync_queue.queue_table import _Queue
from sync_queue.schema import FILE, FOLDER, STEPS
from tests.torture.mortal import dies_at

posix = pytest.mark.skipif(os.name == "nt", reason="Windows neither deletes nor moves open files")
ROOT = Path(__file__).resolve().parents[2]
NOW = 1_790_000_000.0
PAGE = 4096


class Small(Database):
    """A database of one table, of whichever version a test wants."""

    FILE, LOCK = "small.sqlite", "small.lock"
    STEPS = ("CREATE TABLE thing (name TEXT);",)


class Later(Small):
    STEPS = (
        *Small.STEPS,
        "ALTER TABLE thing ADD COLUMN size INTEGER;",
        "UPDATE thing SET size = length(name); CREATE INDEX by_size ON thing (size);",
    )


@pytest.fixture
def said() -> list[str]:
    return []


Open = Callable[..., Any]


@pytest.fixture
def opened(tmp_path: Path, said: list[str]) -> Iterator[Open]:
    """Opens a database (Small by default) in the data dir, until the test ends."""
    made: list[Database] = []

    def make(kind: Any = Small) -> Any:
        made.append(kind(tmp_path, lambda: NOW, said.append))
        return made[-1]

    yield make
    for one in made:
        one.close()


def filled(db: Database, count: int = 1000) -> Database:
    with db.writing() as writing:
        writing.executemany(
            "INSERT INTO thing (name) VALUES (?)", [(f"{n:0300}",) for n in range(count)]
        )
    return db


def owe(jobs: Jobs, ids: Any, **fields: Any) -> None:
    jobs.put([Job(number, reason="x" * 200, **fields) for number in ids], NOW)


def owed(jobs: Jobs) -> list[int]:
    return sorted(job.id for job in jobs.claim(99_999, NOW + 9e9))


def ruin(path: Path, first: int, last: int | None = None) -> None:
    """Garbage over these pages, as all processes see them."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    with path.open("r+b") as file:
        end = last or path.stat().st_size // PAGE
        file.seek(first * PAGE)
        file.write(b"\x5a" * (end - first) * PAGE)


# -- versions


def test_a_new_file_is_of_the_present_version(opened: Open) -> None:
    assert opened(Later).value("PRAGMA user_version") == 3


def test_an_older_file_is_brought_forward_step_by_step(opened: Open) -> None:
    filled(opened(), 3).close()
    later = opened(Later)
    assert later.rows("SELECT size FROM thing") == [(300,)] * 3
    assert later.value("PRAGMA user_version") == 3


def test_a_file_that_fails_a_migration_is_set_aside(opened: Open, said: list[str]) -> None:
    filled(opened(), 3).close()
    with closing(sqlite3.connect(opened().path)) as strange:
        strange.execute("ALTER TABLE thing RENAME COLUMN name TO label")
    later = opened(Later)
    assert later.rows("SELECT * FROM thing") == []
    (aside,) = asides(later.path)
    assert len(said) == 1 and "no such column: name" in said[0] and aside.name in said[0]
    with closing(sqlite3.connect(aside)) as kept:
        assert kept.execute("SELECT count(*) FROM thing").fetchone() == (3,)
        assert kept.execute("PRAGMA user_version").fetchone() == (1,)


def test_a_step_that_was_taken_already_is_passed_over(opened: Open, said: list[str]) -> None:
    """Merges had put the steps of some files into another order."""
    later = filled(opened(Later), 3)
    later.db.execute("PRAGMA user_version=1")
    later.close()
    again = opened(Later)
    assert len(again.rows("SELECT size FROM thing")) == 3 and said == []


@pytest.mark.parametrize("version", range(len(Store.STEPS)))
def test_the_memory_of_plex_is_brought_forward_whatever_version_it_names(
    opened: Open, said: list[str], version: int
) -> None:
    store = opened(Store)
    store.set_meta("machine", "m")
    with store.writing() as db:
        db.execute("INSERT INTO part VALUES ('a', 1, 1, 10, 'A', 0)")
        db.execute("INSERT INTO held VALUES (7, 0, 'why', '')")
    form = store.rows("SELECT name, sql FROM sqlite_master ORDER BY name")
    store.db.execute(f"PRAGMA user_version={version}")
    store.close()
    again = opened(Store)
    assert again.rows("SELECT path_key, file FROM part") == [("a", "A")]
    assert again.rows("SELECT scene_id FROM held") == [(7,)] and again.machine == "m"
    names = [name for name, _ in form]
    assert [
        one for one, _ in again.rows("SELECT name, sql FROM sqlite_master ORDER BY name")
    ] == names
    assert said == []


class WithPages(Store):
    """The last version that kept the pages of listings."""

    STEPS = Store.STEPS[:13]


def test_an_update_drops_the_pages_and_keeps_the_rest(opened: Open, said: list[str]) -> None:
    before = opened(WithPages)
    before.set_meta("machine", "m")
    with before.writing() as db:
        db.execute("CREATE TABLE listed (section INTEGER PRIMARY KEY, told BLOB)")
        db.execute("CREATE TABLE walked (after INTEGER PRIMARY KEY, told BLOB)")
    before.close()
    after = opened(Store)
    tables = {name for (name,) in after.rows("SELECT name FROM sqlite_master")}
    assert not tables & {"listed", "walked"}
    assert after.machine == "m" and said == []


def test_a_file_with_a_missing_table_is_set_aside(opened: Open, said: list[str]) -> None:
    store = opened(Store)
    store.db.execute("DROP TABLE scene_state")
    with pytest.raises(errors.SetupError, match="no such table: scene_state"):
        store.rows("SELECT * FROM scene_state")
    assert store.rows("SELECT * FROM scene_state") == [] and len(asides(store.path)) == 1


def test_a_file_of_a_later_version_is_refused_and_left_untouched(opened: Open) -> None:
    filled(opened(Later), 3).close()
    with pytest.raises(errors.SetupError, match=r"small\.sqlite .* newer Stash2Plex .* 3, .* 1\)"):
        opened()
    assert len(opened(Later).rows("SELECT * FROM thing WHERE size IS NULL")) == 3


@pytest.mark.parametrize("kind", [Jobs, Store])
def test_a_later_queue_or_ledger_is_refused_with_nothing_made_in_it(
    opened: Open, kind: type, tmp_path: Path
) -> None:
    path = opened(kind).path
    for one in tmp_path.rglob(f"{path.name}*"):
        one.unlink()
    with closing(sqlite3.connect(path)) as db:
        db.executescript("CREATE TABLE other (name); PRAGMA user_version = 99;")
    with pytest.raises(errors.SetupError, match="newer Stash2Plex"):
        opened(kind)
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT name FROM sqlite_master").fetchall() == [("other",)]
        assert db.execute("PRAGMA user_version").fetchone() == (99,)
    assert asides(path) == []


def test_a_queue_from_before_versions_gets_one_and_keeps_its_jobs(
    opened: Open, tmp_path: Path
) -> None:
    jobs = opened(Jobs)
    owe(jobs, range(5))
    with jobs.writing() as db:
        db.execute("PRAGMA user_version = 0")
    jobs.close()
    again = opened(Jobs)
    assert again.value("PRAGMA user_version") == len(STEPS) and owed(again) == [0, 1, 2, 3, 4]


def test_the_queue_has_the_table_and_the_states_of_persist_queue(tmp_path: Path) -> None:
    queue = _Queue(str(tmp_path), db_file_name=FILE)
    assert queue._table_name.strip("`") == schema.TABLE
    ours = (str(one) for one in (schema.READY, schema.CLAIMED, schema.DEAD))
    assert (*ours,) == (AckStatus.ready, AckStatus.unack, AckStatus.ack_failed)
    queue.close()


# -- damaged before it is opened

RUINS = {
    "empty": lambda data: b"",
    "a few bytes": lambda data: data[:50],
    "less than a page": lambda data: data[:200],
    "half": lambda data: data[: len(data) // 2],
    "cut within a page": lambda data: data[: 10 * PAGE + 77],
    "no header": lambda data: bytes(100) + data[100:],
    "no first page": lambda data: b"\x5a" * PAGE + data[PAGE:],
    "zeros": lambda data: bytes(len(data)),
    "garbage": lambda data: b"garbage " * 999,
}


@pytest.mark.parametrize("ruined", RUINS.values(), ids=RUINS)
@pytest.mark.parametrize("kind", [Jobs, Store])
def test_a_file_that_is_no_database_is_set_aside(
    opened: Open, said: list[str], kind: type, ruined: Callable[[bytes], bytes]
) -> None:
    path = _full(opened(kind))
    path.write_bytes(ruined(path.read_bytes()))
    before = path.read_bytes()
    again = opened(kind)
    (aside,) = asides(path)
    assert aside.read_bytes() == before and aside.name == f"{path.name}.20260921-141320.aside"
    (line,) = said
    assert f"{path.name} could not be read (" in line and aside.name in line
    assert "Reconcile Library" in line if kind is Jobs else "rebuilt from Stash and Plex" in line
    _full(again)


def _full(db: Any) -> Path:
    """Works, and closes it."""
    if isinstance(db, Jobs):
        owe(db, range(1000))
    else:
        Ledger(db).put([Entry(n, n) for n in range(1000)])
    db.close()
    return db.path


def test_a_folder_in_place_of_it_is_set_aside(opened: Open, said: list[str]) -> None:
    path = opened(Store).path
    opened(Store).close()
    for one in path.parent.glob("plex.sqlite*"):
        one.unlink()
    path.mkdir()
    _full(opened(Store))
    assert "it is a folder" in said[0] and asides(path)[0].is_dir()


def test_a_log_that_was_left_without_its_database_is_kept(opened: Open, said: list[str]) -> None:
    db = opened()
    path = db.path
    db.close()
    path.unlink()
    path.with_name(f"{path.name}-wal").write_bytes(b"left behind")
    filled(opened())
    (aside,) = asides(path)
    assert aside.with_name(f"{aside.name}-wal").read_bytes() == b"left behind"


@posix
def test_a_new_file_is_for_its_owner_only(opened: Open, tmp_path: Path) -> None:
    db = filled(opened())
    ruin(db.path, 0)
    with suppress(errors.SetupError):
        filled(db)
    files = [one for one in tmp_path.iterdir() if one.is_file()]
    assert len(files) > 3 and {one.stat().st_mode & 0o777 for one in files} == {0o600}


# -- killed while it is opened


def _deaths(act: Callable[[], Any], data_dir: Path) -> Iterator[int]:
    """`act` in a process that dies at its first step, its second, and so on, until it does not."""
    for step in count(1):
        if not dies_at(step, act, str(ROOT), data_dir):
            assert step > 10, "there is something to kill"
            return
        yield step


@posix
@pytest.mark.parametrize("kind", [Jobs, Store])
def test_the_next_process_completes_a_new_database(
    said: list[str], kind: Any, tmp_path: Path
) -> None:
    for step in _deaths(lambda: kind(tmp_path / "data").close(), tmp_path):
        folder = _full(kind(tmp_path / "data", lambda: NOW, said.append)).parent
        left = {one.name for one in folder.iterdir() if one.is_file()}
        assert left == {kind.FILE, kind.LOCK} and said == [], f"killed at step {step}: {left}"
        shutil.rmtree(tmp_path / "data")


@posix
def test_a_killed_rescue_loses_no_job(tmp_path: Path) -> None:
    def damaged() -> Path:
        jobs = Jobs(tmp_path / "data")
        owe(jobs, range(30))
        jobs.close()
        jobs.path.write_bytes(RUINS["no header"](jobs.path.read_bytes()))
        return jobs.path

    path = damaged()
    for step in _deaths(lambda: Jobs(tmp_path / "data").close(), tmp_path):
        jobs = Jobs(tmp_path / "data", lambda: NOW)
        assert owed(jobs) == list(range(30)), f"killed at step {step}"
        jobs.close()
        left = {one.name for one in path.parent.iterdir() if ".aside" not in one.name}
        assert left == {FILE, OPENING} and len(asides(path)) == 1, f"killed at step {step}: {left}"
        shutil.rmtree(tmp_path / "data")
        damaged()


# -- damaged while it is open


def test_damage_is_told_once_and_the_next_transaction_finds_a_sound_file(
    opened: Open, said: list[str]
) -> None:
    db = filled(opened())
    ruin(db.path, 1)
    with pytest.raises(errors.SetupError, match=r"small\.sqlite is damaged \(.*malformed\)"):
        db.rows("SELECT * FROM thing")
    assert len(asides(db.path)) == 1 and said == []
    assert len(filled(db, 7).rows("SELECT * FROM thing")) == 7


def test_damage_within_a_transaction_undoes_it_whole(opened: Open) -> None:
    db = filled(opened())
    ruin(db.path, 1)
    with pytest.raises(errors.SetupError, match="is damaged"), db.writing() as writing:
        writing.execute("INSERT INTO thing (name) VALUES ('x')")
        writing.execute("UPDATE thing SET name = 'y'")
    assert db.rows("SELECT * FROM thing") == []


def test_a_transaction_within_another_is_a_part_of_it(opened: Open) -> None:
    db = filled(opened(), 3)
    with pytest.raises(ValueError, match="after all"), db.writing():
        with db.writing() as inner:
            inner.execute("DELETE FROM thing")
        raise ValueError("after all")
    assert len(db.rows("SELECT * FROM thing")) == 3
    with db.writing(), db.writing() as inner:
        inner.execute("DELETE FROM thing")
    assert db.rows("SELECT * FROM thing") == []


@pytest.mark.parametrize("count", [0, 1, 449, 451, 2000])
def test_rows_are_put_in_by_few_statements(opened: Open, count: int) -> None:
    db = opened(Later)
    said: list[str] = []
    db.db.set_trace_callback(said.append)
    with db.writing() as writing:
        insert(writing, "INSERT INTO thing (size, name)", ((n, f"n{n}") for n in range(count)))
    db.db.set_trace_callback(None)
    assert db.rows("SELECT size FROM thing ORDER BY size") == [(n,) for n in range(count)]
    assert len([one for one in said if one.startswith("INSERT")]) == -(-count // 450)


@pytest.mark.parametrize("count", [0, 1, 500, 501, 2000])
def test_rows_are_found_by_any_number_of_values(opened: Open, count: int) -> None:
    db = filled(opened(Later), 2000)
    sql = "SELECT rowid FROM thing WHERE rowid > ? AND rowid IN (...) ORDER BY rowid"
    assert db.rows_in(sql, range(1, count + 1), (1,)) == [(n,) for n in range(2, count + 1)]


def test_what_was_a_whim_of_the_disk_sets_nothing_aside(opened: Open) -> None:
    db = filled(opened(), 3)
    with pytest.raises(errors.SetupError, match="for a moment"), db.writing():
        raise sqlite3.DatabaseError("database disk image is malformed")
    assert len(db.rows("SELECT * FROM thing")) == 3 and asides(db.path) == []


def test_an_error_of_our_own_is_not_taken_for_damage(opened: Open) -> None:
    db = opened()
    with pytest.raises(sqlite3.IntegrityError), db.writing():
        raise sqlite3.IntegrityError("UNIQUE constraint failed")
    assert not is_damage(sqlite3.OperationalError("disk I/O error")) and asides(db.path) == []


def test_an_immovable_damaged_file_is_logged_each_time(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    db = filled(opened())
    ruin(db.path, 1)

    def refused(path: Path, now: float) -> str:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(database, "set_aside", refused)
    for _ in range(2):
        with pytest.raises(errors.SetupError, match=r"cannot be replaced \(Permission denied"):
            db.rows("SELECT * FROM thing")
    assert db.path.exists() and asides(db.path) == []


# -- the queue: what can still be read goes on


def test_all_states_go_on_when_only_an_index_is_damaged(opened: Open, said: list[str]) -> None:
    jobs = _varied(opened(Jobs))
    root = jobs.value("SELECT rootpage FROM sqlite_master WHERE name = 'next_due'")
    ruin(jobs.path, root - 1, root)
    with pytest.raises(errors.SetupError, match="303 of its jobs go on"):
        jobs.counts(NOW)
    assert jobs.counts(NOW) == {"pending": 301, "waiting": 1, "in_progress": 0, "dead": 1}
    (letter,) = jobs.dead_letters()
    assert (letter.job.id, letter.error, letter.at) == (902, "no such thing", NOW - 5)


def _varied(jobs: Jobs) -> Jobs:
    """300 that are due, and one each in hand (900), waiting (901) and dead (902)."""
    owe(jobs, [900, 901, 902])
    _, waiting, dead = jobs.claim(3, NOW)
    jobs.give_back(waiting, NOW + 500)
    jobs.bury(dead, "no such thing", NOW - 5)
    owe(jobs, range(1, 301))
    return jobs


def ruin_the_leaf(jobs: Jobs, thing: int) -> None:
    """The beginning of the page that has this job; its text is still there."""
    jobs.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    jobs.close()
    with jobs.path.open("r+b") as file:
        at = file.read().index(f'"thing": {thing},'.encode()) // PAGE
        file.seek(at * PAGE)
        file.write(b"\x5a" * 8)  # what the page is


def test_rows_around_the_damage_are_rescued(opened: Open) -> None:
    jobs = opened(Jobs)
    owe(jobs, range(2000))
    ruin_the_leaf(jobs, 1000)
    again = opened(Jobs)
    with pytest.raises(errors.SetupError, match="2000 of its jobs go on; Reconcile Library"):
        owed(again)
    assert owed(again) == list(range(2000))


@pytest.mark.parametrize("ruined", ["no header", "no first page"])
def test_without_its_first_page_nothing_of_the_queue_is_lost(
    opened: Open, ruined: str, said: list[str]
) -> None:
    jobs = opened(Jobs)
    owe(jobs, range(1000))
    jobs.close()
    jobs.path.write_bytes(RUINS[ruined](jobs.path.read_bytes()))
    assert owed(opened(Jobs)) == list(range(1000))
    assert "1000 of its jobs go on; Reconcile Library finds the others" in said[0]


def test_of_half_a_queue_its_jobs_go_on(opened: Open) -> None:
    jobs = opened(Jobs)
    owe(jobs, range(1000))
    jobs.close()
    jobs.path.write_bytes(RUINS["half"](jobs.path.read_bytes()))
    found = owed(opened(Jobs))
    assert len(found) > 200 and set(found) < set(range(1000))


def test_a_rescued_dead_letter_stays_dead(opened: Open) -> None:
    jobs = _varied(opened(Jobs))
    owe(jobs, range(1000, 3000))
    ruin_the_leaf(jobs, 2000)
    again = opened(Jobs)
    with pytest.raises(errors.SetupError, match="is damaged"):
        owed(again)
    assert [letter.job.id for letter in again.dead_letters()] == [902]
    assert 902 not in owed(again)


def test_the_counts_of_a_job_go_on(opened: Open) -> None:
    jobs = opened(Jobs)
    owe(jobs, [7], attempts=3, waits=2)
    jobs.close()
    jobs.path.write_bytes(RUINS["no header"](jobs.path.read_bytes()))
    (job,) = opened(Jobs).claim(9, NOW)
    assert (job.key, job.attempts, job.waits) == ("scene:7", 3, 2)


def test_a_damaged_queue_stays_while_the_disk_is_full(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = opened(Jobs)
    owe(jobs, range(1000))
    jobs.close()
    jobs.path.write_bytes(RUINS["no header"](jobs.path.read_bytes()))
    full = sqlite3.OperationalError("database or disk is full")
    with monkeypatch.context() as patch:
        patch.setattr(salvage, "adopt", lambda *given: (_ for _ in ()).throw(full))
        with pytest.raises(
            errors.SetupError, match=r"cannot be replaced \(database or disk is full"
        ):
            opened(Jobs)
    assert asides(jobs.path) == []
    assert owed(opened(Jobs)) == list(range(1000))


# -- taken away while it is open


@posix
def test_a_deleted_open_queue_goes_on_in_a_new_file(opened: Open, said: list[str]) -> None:
    jobs = _varied(opened(Jobs))
    for one in jobs.path.parent.iterdir():
        one.unlink()
    jobs.settle()
    assert jobs.path.exists() and "was deleted" in said[0] and len(said) == 1
    jobs.close()
    assert owed(opened(Jobs)) == [*range(1, 301), 900, 901]


@posix
def test_a_queue_deleted_at_the_end_is_restored(opened: Open, said: list[str]) -> None:
    jobs = opened(Jobs)
    owe(jobs, [1])
    for one in jobs.path.parent.glob(f"{FILE}*"):
        one.unlink()
    jobs.close()
    assert owed(opened(Jobs)) == [1] and "was deleted" in said[0]


@posix
def test_a_queue_without_anything_in_it_is_not_made_again(opened: Open, said: list[str]) -> None:
    jobs = opened(Jobs)
    jobs.path.unlink()
    jobs.close()
    assert not jobs.path.exists() and said == []


@posix
def test_jobs_move_from_a_set_aside_queue(
    opened: Open,
) -> None:
    jobs = opened(Jobs)
    owe(jobs, [1, 2])
    set_aside(jobs.path, NOW)
    other = opened(Jobs)
    owe(other, [2, 3])
    owe(jobs, [4])
    jobs.close()
    assert owed(other) == [1, 2, 3, 4]


@posix
def test_a_ledger_that_is_deleted_while_it_is_open_stops_nothing(opened: Open) -> None:
    store = opened(Store)
    for one in store.path.parent.glob("plex*"):
        one.unlink()
    Ledger(store).put([Entry(1, 10)])
    store.close()
    assert Ledger(opened(Store)).size() == 0


def test_a_file_in_use_for_too_long_is_logged(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0)
    db = filled(opened(), 3)
    with closing(sqlite3.connect(db.path)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(errors.SetupError, match="in use by another process"), db.writing():
            pass
        assert len(db.rows("SELECT * FROM thing")) == 3
    filled(db)
    assert asides(db.path) == []


def test_a_killed_process_leaves_no_half_made_file(
    opened: Open, tmp_path: Path, said: list[str]
) -> None:
    for part in ("", "-wal", "-shm"):
        (tmp_path / f"small.sqlite.{HALF}{part}").write_bytes(b"half")
    filled(opened()).close()
    assert said == [] and not list(tmp_path.glob(f"*.{HALF}*"))


def test_what_is_closed_says_so(opened: Open) -> None:
    db = opened()
    db.close()
    db.close()
    with pytest.raises(errors.SetupError, match="is closed"):
        db.rows("SELECT 1")


def test_the_queue_lies_in_a_folder_of_its_own(opened: Open, tmp_path: Path) -> None:
    assert opened(Jobs).path == tmp_path / FOLDER / FILE
