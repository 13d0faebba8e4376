"""Files that are damaged, of another version or not ours: kept, told of, and never lost."""

from __future__ import annotations

import errno
import json
import os
import sqlite3
from pathlib import Path

import pytest

import errors
from disk import json_file, messages
from disk.quarantine import KEPT, asides, patiently, set_aside

posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no modes")
NOW = 1_790_000_000.0
STAMP = "20260921-141320"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "known.json"


@pytest.fixture
def there(path: Path) -> Path:
    path.parent.mkdir()
    path.write_text('{"version": 2, "one": 1}')
    return path


def names(path: Path) -> list[str]:
    return sorted(os.listdir(path.parent))


# -- set aside


def test_a_file_is_set_aside_under_a_dated_name(there: Path) -> None:
    assert set_aside(there, NOW) == f"known.json.{STAMP}.aside"
    assert names(there) == [f"known.json.{STAMP}.aside"]


def test_nothing_there_is_nothing_set_aside(path: Path) -> None:
    path.parent.mkdir()
    assert set_aside(path, NOW) == "" and names(path) == []


def test_a_database_takes_what_belongs_to_it_along(there: Path) -> None:
    for part in ("-wal", "-shm"):
        Path(f"{there}{part}").write_text(part)
    name = set_aside(there, NOW)
    assert names(there) == [name, f"{name}-shm", f"{name}-wal"]
    assert there.with_name(f"{name}-wal").read_text() == "-wal"


def test_a_log_without_its_database_is_kept_as_well(path: Path) -> None:
    path.parent.mkdir()
    Path(f"{path}-wal").write_text("of a killed process")
    name = set_aside(path, NOW)
    assert names(path) == [f"{name}-wal"] and asides(path) == [path.with_name(name)]


def test_files_of_one_second_are_numbered_and_none_is_overwritten(path: Path) -> None:
    path.parent.mkdir()
    for content in ("one", "two", "three"):
        path.write_text(content)
        set_aside(path, NOW)
    assert [one.read_text() for one in asides(path)] == ["one", "two", "three"]
    assert asides(path)[2].name == f"known.json.{STAMP}-3.aside"


def test_the_oldest_go_with_all_that_belongs_to_them(path: Path) -> None:
    path.parent.mkdir()
    for number in range(12):
        path.write_text(str(number))
        Path(f"{path}-wal").write_text(str(number))
        set_aside(path, NOW + number // 3)
    assert [one.read_text() for one in asides(path)] == ["7", "8", "9", "10", "11"]
    assert len(names(path)) == 2 * KEPT


def test_after_the_clock_was_set_back_the_latest_is_still_kept(path: Path) -> None:
    path.parent.mkdir()
    for number in range(KEPT + 1):
        path.write_text(str(number))
        name = set_aside(path, NOW - 86400 * number)
    assert (path.parent / name).exists() and len(asides(path)) == KEPT


def test_asides_of_other_files_are_left_alone(there: Path) -> None:
    others = [there.with_name(f"{n}.{STAMP}.aside") for n in ("known.json.tmp", "xknown.json")]
    for other in others:
        other.touch()
    for _ in range(KEPT + 2):
        there.touch()
        set_aside(there, NOW)
    assert all(other.exists() for other in others) and len(names(there)) == KEPT + 2


def test_a_folder_with_something_in_it_is_moved_but_never_deleted(path: Path) -> None:
    path.mkdir(parents=True)
    (path / "precious").touch()
    kept = path.with_name(set_aside(path, NOW))
    for _ in range(KEPT + 2):
        path.touch()
        set_aside(path, NOW + 1)
    assert (kept / "precious").exists()


def test_a_file_that_is_in_use_for_a_moment_is_waited_for() -> None:
    slept: list[float] = []

    def busy() -> str:
        if len(slept) < 3:
            raise PermissionError(13, "in use")
        return "done"

    assert patiently(busy, slept.append) == "done" and sum(slept) < 1


def test_a_file_that_stays_in_use_is_an_error() -> None:
    def busy() -> str:
        raise PermissionError(13, "in use")

    with pytest.raises(PermissionError):
        patiently(busy, lambda seconds: None)


# -- documents


def test_what_is_written_is_read(path: Path) -> None:
    json_file.write(path, {"version": 1, "title": "Ä “b”"})
    assert json_file.read(path, 1, NOW) == ({"version": 1, "title": "Ä “b”"}, "")


def test_a_document_that_nobody_wrote_is_read_once(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    json_file.write(path, {"n": 1})
    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_text", None)
        assert json_file.read(path, 0, NOW)[0]["n"] == 1
    path.with_name("other").write_text('{"n": 2}')  # as another process writes it
    path.with_name("other").replace(path)
    assert json_file.read(path, 0, NOW)[0]["n"] == 2


def test_no_file_is_an_empty_document(path: Path) -> None:
    assert json_file.read(path, 1, NOW) == ({}, "")


@posix
def test_a_document_is_for_its_owner_only(path: Path) -> None:
    json_file.write(path, {})
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_what_a_killed_writer_left_is_overwritten(path: Path) -> None:
    json_file.write(path, {"n": 1})
    path.with_name("known.json.tmp").write_text('{"half": ')
    json_file.write(path, {"n": 2})
    assert names(path) == ["known.json"] and json_file.read(path, 0, NOW)[0]["n"] == 2


@pytest.mark.parametrize(
    "content", [b"", b"{", b'{"one": 1', b"[1]", b'"x"', b"null", b"\xff\xfe", b"[" * 100_000]
)
def test_a_document_that_makes_no_sense_is_set_aside_and_told(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    found, notice = json_file.read(path, 1, NOW)
    (aside,) = asides(path)
    assert found == {} and aside.read_bytes() == content and not path.exists()
    assert notice.startswith("known.json could not be read (") and aside.name in notice
    assert json_file.read(path, 1, NOW) == ({}, "")


def test_a_folder_in_its_place_is_set_aside(path: Path) -> None:
    path.mkdir(parents=True)
    assert "folder" in json_file.read(path, 1, NOW)[1]
    json_file.write(path, {"n": 1})
    assert json_file.read(path, 0, NOW)[0]["n"] == 1


def test_a_document_of_a_later_version_is_left_untouched_and_refused(there: Path) -> None:
    with pytest.raises(errors.SetupError, match=r"known\.json .* newer Stash2Plex .* 2, .* 1\)"):
        json_file.read(there, 1, NOW)
    assert json.loads(there.read_text()) == {"version": 2, "one": 1} and len(names(there)) == 1


@pytest.mark.parametrize("version", [None, "2", 1.5, -3, 0, [], "absent"])
def test_without_a_usable_version_it_is_as_old_as_can_be(path: Path, version: object) -> None:
    path.parent.mkdir()
    path.write_text(json.dumps({} if version == "absent" else {"version": version}))
    assert json_file.read(path, 1, NOW) == ({"version": 1}, "")


def test_a_disk_that_takes_nothing_is_told_without_a_path(path: Path) -> None:
    path.parent.mkdir()
    path.with_name("known.json.tmp").mkdir()
    with pytest.raises(errors.SetupError, match="cannot be read or written") as caught:
        json_file.write(path, {})
    assert str(path.parent) not in str(caught.value)


def test_an_unreadable_file_is_refused_and_left(
    there: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*given: object, **named: object) -> str:
        raise PermissionError(13, "Permission denied", str(there))

    monkeypatch.setattr(Path, "read_text", refused)
    with pytest.raises(errors.SetupError, match="Permission denied"):
        json_file.read(there, 2, NOW)
    assert names(there) == ["known.json"]


# -- what to do about it


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.EACCES, "x"), "have to belong to the user that runs Stash"),
        (OSError("without a number"), "have to belong to the user that runs Stash"),
        (OSError(errno.ENOSPC, "x"), "make room"),
        (OSError(errno.EDQUOT, "x"), "make room"),
        (OSError(errno.EROFS, "x"), "its file system is read-only"),
        (OSError(errno.ENOLCK, "x"), "no locks or no shared memory"),
        (OSError(errno.EOPNOTSUPP, "x"), "no locks or no shared memory"),
        (OSError(errno.ESTALE, "x"), "the disk or network share fails"),
        (OSError(errno.EIO, "x"), "the disk or network share fails"),
        (sqlite3.OperationalError("database or disk is full"), "make room"),
        (sqlite3.OperationalError("locking protocol"), "no locks or no shared memory"),
        (sqlite3.OperationalError("disk I/O error"), "no locks or no shared memory"),
        (
            sqlite3.OperationalError("attempt to write a readonly database"),
            "its file system is read-only",
        ),
        (sqlite3.OperationalError("unable to open database file"), "have to belong to"),
    ],
)
def test_what_to_do_follows_from_what_is_wrong(error: Exception, said: str) -> None:
    assert said in str(messages.unusable("plex.sqlite", error))
