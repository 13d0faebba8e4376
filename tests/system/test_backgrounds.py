"""Backgrounds, and posters that are made to fit, over HTTP: from the cover, uploaded once."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from contextlib import closing
from io import BytesIO
from pathlib import Path

import pytest

from devserver.proof import poster_key
from devserver.seed_library import cover as drawn
from plex.images import letterbox
from plex.state.database import Store
from plex.state.journal import Journal
from plex.state.ledger import Ledger
from plex.sync.undo import Undo
from tests.support.box_output import lines
from tests.support.in_process import Bench

BOTH = {"sync_fields": "all, background"}


def cover(number: int) -> bytes:
    return b"\xff\xd8\xff" + bytes([number]) * 200


def art_key(data: bytes) -> str:
    return f"upload://arts/{hashlib.sha1(data).hexdigest()}"


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Bench(tmp_path) as found:
        yield found


def uploads(bench: Bench, kind: str = "") -> int:
    return sum(line.endswith(kind) for line in bench.writes("POST"))


def undo(bench: Bench) -> None:
    with closing(Store(bench.data)) as store:
        journal = Journal(store)
        Undo(bench.client(), Ledger(store), journal, bench.clock).undo(journal.rows())


def test_the_cover_is_the_background_too_if_it_is_wanted(bench):
    scene, key = bench.add(title="T", cover=cover(1))
    bench.sync(scene)
    assert (bench.plex.item(key)["art"], uploads(bench)) == (None, 1)
    bench.settings = BOTH
    (outcome,) = bench.sync(scene)
    item = bench.plex.item(key)
    assert (item["art"], item["poster"]) == (art_key(cover(1)), poster_key(cover(1)))
    assert {"art", "thumb"} <= item["locks"] and outcome.said.endswith("background")
    bench.plex.clear_requests()
    bench.sync(scene)
    assert bench.writes() == []
    bench.plex.agent_refresh(key)
    assert bench.plex.item(key)["art"] == art_key(cover(1))


def test_one_download_serves_both(bench):
    bench.settings = BOTH
    scene, _ = bench.add(title="T", cover=cover(1))
    bench.stash.requests.clear()
    bench.sync(scene)
    assert sum("screenshot" in request.path for request in bench.stash.requests) == 1


def test_a_background_follows_the_cover_and_no_bytes_go_up_twice(bench):
    bench.settings = BOTH
    scene, key = bench.add(title="T", cover=cover(1))
    for number in (1, 2, 1):
        bench.stash.set_cover(scene, cover(number))
        bench.sync(scene)
        assert bench.plex.item(key)["art"] == art_key(cover(number))
    assert (uploads(bench, "arts"), uploads(bench, "posters")) == (2, 2)


def test_a_background_that_a_person_chose_can_be_preserved(bench):
    bench.settings = BOTH | {"preserve_plex_edits": True}
    scene, key = bench.add(title="T", cover=cover(1))
    bench.plex.edit_as_person(key, art=cover(9))
    bench.sync(scene)
    assert bench.plex.item(key)["art"] == art_key(cover(9))
    assert bench.plex.item(key)["poster"] == poster_key(cover(1))


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("nth", [1, 2])
def test_a_kill_while_images_go_up_costs_no_second_upload(bench, nth, when):
    bench.settings = BOTH
    scene, key = bench.add(title="T", cover=cover(1))
    bench.sync(scene, kill=("upload_image", nth, when))
    bench.sync(scene)
    assert (uploads(bench, "arts"), uploads(bench, "posters")) == (1, 1)
    assert bench.plex.item(key)["art"] == art_key(cover(1))


def test_an_undo_takes_a_background_away_or_brings_the_earlier_one_back(bench):
    bench.settings = BOTH | {"on_edit_in_plex": "stash"}
    (none, bare), (some, chosen) = (bench.add(title="T", cover=cover(n)) for n in (1, 2))
    bench.plex.edit_as_person(chosen, art=cover(9))
    bench.sync(none, some)
    assert bench.plex.item(bare)["art"] and bench.plex.item(chosen)["art"] == art_key(cover(2))
    undo(bench)
    assert (bench.plex.item(bare)["art"], bench.plex.item(bare)["locks"]) == (None, set())
    assert bench.plex.item(chosen)["art"] == art_key(cover(9))
    assert "art" in bench.plex.item(chosen)["locks"]


# -- posters that fit


def size(data: bytes | None) -> tuple[int, int]:
    image = pytest.importorskip("PIL.Image")
    assert data is not None
    return image.open(BytesIO(data)).size


def wide(n: int) -> bytes:
    return drawn(n, 160, 90)


def test_a_poster_is_made_to_fit_and_the_background_is_not(bench):
    pytest.importorskip("PIL")
    bench.settings = BOTH | {"poster_fit": True}
    scene, key = bench.add(title="T", cover=wide(1))
    bench.sync(scene)
    item = bench.plex.item(key)
    assert size(bench.plex.image(item["poster"])) == (160, 240)
    assert item["art"] == art_key(wide(1))
    bench.plex.clear_requests()
    bench.stash.update_scene(scene, title="U")
    bench.sync(scene)
    assert uploads(bench) == 0


def test_the_setting_reaches_posters_that_are_there_already_and_leaves_them_again(bench):
    pytest.importorskip("PIL")
    scene, key = bench.add(title="T", cover=wide(1))
    for fits in (False, True, False, True):
        bench.settings = {"poster_fit": fits}
        bench.sync(scene)
        shown = (160, 240) if fits else (160, 90)
        assert size(bench.plex.image(bench.plex.item(key)["poster"])) == shown
    assert uploads(bench) == 2


def test_without_pillow_covers_go_up_as_they_are_until_it_is_there(bench, monkeypatch):
    bench.settings = {"poster_fit": True}
    scene, key = bench.add(title="T", cover=wide(1))
    with monkeypatch.context() as hidden:
        hidden.setitem(sys.modules, "PIL", None)
        bench.sync(scene)
    assert bench.plex.item(key)["poster"] == poster_key(wide(1))
    if letterbox.available():
        bench.sync(scene)
        assert bench.plex.item(key)["poster"] != poster_key(wide(1))


def test_without_pillow_one_line_says_so(box, tmp_path):
    (tmp_path / "hidden" / "PIL").mkdir(parents=True)
    (tmp_path / "hidden" / "PIL" / "__init__.py").write_text("raise ImportError('hidden')\n")
    box.stash.env["PYTHONPATH"] = str(tmp_path / "hidden")
    box.configure(poster_fit=True)
    scenes = [box.add(f"{n}.mp4", title="T", cover=wide(n)) for n in range(3)]
    box.task("Sync All Scenes to Plex")
    assert sum("needs the Python package Pillow" in line for line in lines(box, "warning")) == 1
    assert [box.item(s)["poster"] for s in scenes] == [poster_key(wide(n)) for n in range(3)]
