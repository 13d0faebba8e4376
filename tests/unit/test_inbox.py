"""Flags on disk, and the marker that says a drain is on its way."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sync_queue import inbox

posix = pytest.mark.skipif(os.name == "nt", reason="Windows has other rules for who may read")
NOW = 1_790_000_000.0


@pytest.fixture
def data(tmp_path: Path) -> str:
    return str(tmp_path / "data")


@pytest.fixture
def folder(data: str) -> Path:
    path = Path(data)
    path.mkdir()
    return path


# -- flags


def test_marking_the_same_thing_often_leaves_one_flag(data: str) -> None:
    for _ in range(3):
        inbox.mark(data, "scene", 42)
    inbox.mark(data, "tag", 42)
    assert sorted(inbox.flags(data)) == [("scene", 42), ("tag", 42)]


def test_clearing_a_flag_twice_is_harmless(data: str) -> None:
    inbox.mark(data, "scene", 1)
    inbox.clear(data, "scene", 1)
    inbox.clear(data, "scene", 1)
    assert inbox.flags(data) == [] and inbox.is_empty(data)


def test_without_a_folder_nothing_is_flagged(data: str) -> None:
    assert inbox.flags(data) == [] and inbox.is_empty(data)


@pytest.mark.parametrize(
    "name",
    ["scene-0", "scene-007", "scene-", "scene", "scene-1x", "image-4", "scene-٣", ".DS_Store",
     "scene-99999999999999999999", "scene--1", "SCENE-4", "scene-9223372036854775808"],
)  # fmt: skip
def test_a_name_that_no_mark_gives_is_left_alone(data: str, name: str) -> None:
    """Swept, it could not be cleared by its kind and id, and would be swept for ever."""
    inbox.mark(data, "scene", 5)
    (Path(data) / "inbox" / name).touch()
    assert inbox.flags(data) == [("scene", 5)]
    inbox.clear(data, "scene", 5)
    assert inbox.is_empty(data)


def test_a_folder_with_the_name_of_a_flag_is_left_alone(data: str) -> None:
    (Path(data) / "inbox" / "scene-5").mkdir(parents=True)
    assert inbox.is_empty(data) and inbox.flags(data) == []


def test_the_highest_id_is_a_flag(data: str) -> None:
    inbox.mark(data, "scene", inbox.HIGHEST)
    assert inbox.flags(data) == [("scene", inbox.HIGHEST)]


@posix
def test_only_the_owner_may_look_into_the_inbox(data: str) -> None:
    inbox.mark(data, "scene", 5)
    for path in (Path(data) / "inbox", Path(data) / "inbox" / "scene-5"):
        assert path.stat().st_mode & 0o077 == 0


class Refusing:
    """An os function that is refused a few times, as on Windows while somebody has the file."""

    def __init__(self, real: object, times: int) -> None:
        self.real, self.left = real, times

    def __call__(self, *args: object) -> object:
        if self.left:
            self.left -= 1
            raise PermissionError(13, "used by another process")
        return self.real(*args)  # type: ignore[operator]


@pytest.mark.parametrize("name", ["unlink", "open"])
def test_a_file_that_another_process_has_open_is_tried_again(
    data: str, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    inbox.mark(data, "scene", 5)
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    monkeypatch.setattr(inbox.calls, name, Refusing(getattr(inbox.calls, name), 3))
    inbox.mark(data, "scene", 5)
    inbox.clear(data, "scene", 5)
    assert inbox.is_empty(data)


def test_a_flag_that_cannot_be_cleared_at_all_is_an_error(
    data: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox.mark(data, "scene", 5)
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    monkeypatch.setattr(inbox.calls, "unlink", Refusing(inbox.calls.unlink, 99))
    with pytest.raises(PermissionError):
        inbox.clear(data, "scene", 5)


# -- the marker


def marked(folder: Path, text: str | bytes, age: float = 0.0) -> None:
    path = folder / inbox.WAKE
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    os.utime(path, (NOW - age, NOW - age))


@pytest.mark.parametrize(
    ("text", "age", "said"),
    [
        ("7 me", 1, ""),
        ("7 me", 9, ""),
        ("7 me", 11, "7"),  # its drain may have been killed before it could take this down
        ("7 me", -3600, "7"),  # the clock was set back: better ask
        ("7 other", 1, None),  # the queue of another Stash process
        ("7", 1, None),
        ("", 1, None),  # who asks holds the lock; without it, that hook was killed
        ("? me", 29, ""),  # Stash did not answer, and may have heard us all the same
        ("? me", 31, None),
        ("? other", 1, None),
        (b"\xff\xfe", 1, None),
        (b"\0" * 8, 1, None),
    ],
)
def test_a_marker_is_trusted_for_a_while(
    folder: Path, text: str | bytes, age: float, said: str | None
) -> None:
    marked(folder, text, age)
    assert inbox.waking(str(folder), "me", NOW) == said


def test_where_the_server_cannot_be_told_its_marker_has_no_owner(folder: Path) -> None:
    marked(folder, "7 ")
    assert inbox.waking(str(folder), None, NOW) == ""


def test_without_a_marker_nobody_is_on_its_way(folder: Path) -> None:
    assert inbox.waking(str(folder), "me", NOW) is None


def test_a_folder_in_the_place_of_the_marker_does_no_harm(folder: Path) -> None:
    (folder / inbox.WAKE).mkdir()
    inbox.drop_wake(str(folder))
    inbox.touch_wake(str(folder))
    assert inbox.waking(str(folder), "me", NOW) is None


def test_the_job_is_noted_in_the_marker_that_was_begun(folder: Path) -> None:
    inbox.begin_wake(str(folder))
    inbox.end_wake(str(folder), "12", "1:99")
    assert (folder / inbox.WAKE).read_text() == "12 1:99"


def test_a_quick_drain_takes_the_marker_down(
    folder: Path,
) -> None:
    inbox.begin_wake(str(folder))
    inbox.drop_wake(str(folder))
    inbox.end_wake(str(folder), "12", "1:99")
    assert not (folder / inbox.WAKE).exists()


def test_beginning_forgets_a_stale_marker(folder: Path) -> None:
    marked(folder, "7 other", 5000)
    inbox.begin_wake(str(folder))
    assert (folder / inbox.WAKE).read_text() == ""
    assert (folder / inbox.WAKE).stat().st_mtime > NOW - 5000


def test_a_job_that_still_waits_is_trusted_for_another_while(folder: Path) -> None:
    marked(folder, "7 me", 61)
    inbox.touch_wake(str(folder), NOW)
    assert inbox.waking(str(folder), "me", NOW + 5) == ""
