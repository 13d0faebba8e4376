"""The real plexapi against the Plex simulator: connect, list, search, edit, posters, scan."""

from __future__ import annotations

import pytest

from tests.support.plex_contract import DATA, TOKEN, Scenes

plexapi_server = pytest.importorskip("plexapi.server")
exceptions = pytest.importorskip("plexapi.exceptions")


@pytest.fixture
def library(scenes: Scenes):
    scenes.add("one", genres=["A", "B", "C"])
    scenes.add("two")
    server = plexapi_server.PlexServer(scenes.plex.url, TOKEN)
    return server.library.section("Scenes")


def test_it_connects_lists_and_reloads(library) -> None:
    one = library.all()[0]
    assert one.media[0].parts[0].file == f"{DATA}/one.mp4"
    assert [genre.tag for genre in one.reload().genres] == ["A", "B", "C"]


def test_it_searches_with_validated_filters(library, scenes: Scenes) -> None:
    library.get("two").addLabel("Stash")
    assert [v.title for v in library.search(label="Stash")] == ["two"]
    assert [v.title for v in library.search(filters={"title==": "one"})] == ["one"]
    assert [v.title for v in library.search(sort="titleSort:desc")] == ["two", "one"]


def test_it_edits_in_one_batch_and_sees_locks(library, scenes: Scenes) -> None:
    one = library.get("one")
    one.batchEdits().editTitle("New").editSummary("a\nb").addGenre(["D"]).saveEdits()
    one.reload()
    assert (one.title, one.summary) == ("New", "a\nb")
    assert {field.name for field in one.fields} == {"title", "summary", "genre"}
    assert len(scenes.plex.writes()) == 1


def test_it_removes_a_tag_with_a_comma_and_sets_actors(library) -> None:
    one = library.get("one")
    one.addGenre("x, y & z").reload().removeGenre("x, y & z").reload()
    assert [genre.tag for genre in one.genres] == ["A", "B", "C"]
    one.editTags("actor", ["Jane", "Joan"]).reload()
    assert [role.tag for role in one.roles] == ["Jane", "Joan"]


def test_it_uploads_selects_and_locks_posters(library, tmp_path) -> None:
    picture = tmp_path / "p.jpg"
    picture.write_bytes(b"\xff\xd8 picture")
    one = library.get("one")
    one.uploadPoster(filepath=str(picture)).lockPoster().reload()
    frame, uploaded = one.posters()
    assert uploaded.selected and uploaded.ratingKey.startswith("upload://posters/")
    one.setPoster(frame)
    assert one.posters()[0].selected


def test_it_rates_scans_and_sees_activities(library, scenes: Scenes) -> None:
    one = library.get("one")
    assert one.rate(7.5).reload().userRating == 7.5
    assert one.rate(None).reload().userRating is None
    scenes.add("late", scanned=False)
    library.update(DATA)
    assert library.reload().refreshing
    types = [activity.type for activity in library._server.activities]
    assert types == ["butler", "library.update.section"]


def test_errors_become_its_exceptions(library, scenes: Scenes) -> None:
    with pytest.raises(exceptions.NotFound):
        library.fetchItem(99999)
    with pytest.raises(exceptions.Unauthorized):
        plexapi_server.PlexServer(scenes.plex.url, "wrong")
    scenes.plex.phase = "starting_writes"
    with pytest.raises(exceptions.BadRequest, match="still starting up"):
        library.get("one").editTitle("x")
