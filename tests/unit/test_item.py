"""Items and files as Plex's XML tells them."""

from __future__ import annotations

from xml.etree.ElementTree import fromstring

import pytest

from plex.fields import item

FULL = """<MediaContainer size="1" librarySectionID="7"><Video ratingKey="101" type="movie"
 title="T &amp; &lt;x&gt;" summary="one&#10;two" studio="S" originallyAvailableAt="2024-05-01"
 userRating="7.5" thumb="/t/1" futureAttribute="?">
<Media><Part file="/m/a.mp4" size="5"/><Part file="/m/b.mp4"/></Media>
<Media><Part file="/m/c &#233;.mp4"/><Part/></Media>
<Genre tag="b"/><Genre tag="A, x"/><Genre/><Role tag="Ann" role="x" thumb="u"/><Director tag="D"/>
<Collection tag="C"/><Field locked="1" name="title"/><Field locked="0" name="studio"/>
<Image type="coverPoster"/><UltraBlurColors/>
<Extras><Video ratingKey="999"><Media><Part file="/m/trailer.mp4"/></Media></Video></Extras>
</Video></MediaContainer>"""


def one(xml):
    (found,) = item.items(fromstring(xml))
    return found


def test_a_full_item():
    found = one(FULL)
    assert (found.rating_key, found.section, found.title) == (101, 7, "T & <x>")
    assert found.files == ("/m/a.mp4", "/m/b.mp4", "/m/c é.mp4")
    assert found.locks == {"title"}
    assert found.values == {
        "title": "T & <x>", "summary": "one\ntwo", "studio": "S", "date": "2024-05-01",
        "rating": 7.5, "genres": ("b", "A, x"), "actors": ("Ann",), "directors": ("D",),
        "collections": ("C",), "labels": (), "sort_title": "", "original_title": "", "tagline": "",
        "content_rating": "",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("attributes", "locks", "said"),
    [
        ('title="The End" titleSort="End"', "", ""),
        ('title="The End" titleSort="End"', '<Field locked="0" name="titleSort"/>', ""),
        ('title="The End" titleSort="3"', '<Field locked="1" name="titleSort"/>', "3"),
        ('title="End"', '<Field locked="1" name="titleSort"/>', "End"),
    ],
)
def test_a_sort_title_is_one_only_if_it_is_locked(attributes, locks, said):
    """Plex makes one of every title, and tells the difference by nothing else."""
    xml = f'<MediaContainer><Video ratingKey="5" {attributes}>{locks}</Video></MediaContainer>'
    assert one(xml).values["sort_title"] == said


def test_what_is_unset_is_empty():
    found = one('<MediaContainer><Video ratingKey="5" librarySectionID="2"/></MediaContainer>')
    assert found.section == 2
    assert not any(found.values.values())
    assert found.files == ()


def test_every_part_of_every_version_is_listed():
    found = list(item.parts(fromstring(FULL), {}))
    assert [(p.rating_key, p.section, p.file, p.size) for p in found] == [
        (101, 7, "/m/a.mp4", 5),
        (101, 7, "/m/b.mp4", 0),
        (101, 7, "/m/c é.mp4", 0),
    ]


@pytest.mark.parametrize("key", ["", "abc", "-5", "0", "１０", str(2**63), "9" * 5000])
def test_a_row_without_a_usable_key_is_passed_over(key):
    xml = f'<MediaContainer><Video ratingKey="{key}"><Media><Part file="/a"/></Media></Video></MediaContainer>'
    assert list(item.items(fromstring(xml))) == list(item.parts(fromstring(xml), {})) == []


@pytest.mark.parametrize(
    ("said", "rating"), [("7.5", 7.5), ("0", None), ("", None), ("x", None), ("nan", None), ("inf", None), ("-1", None)]
)  # fmt: skip
def test_ratings(said, rating):
    xml = f'<MediaContainer><Video ratingKey="1" userRating="{said}"/></MediaContainer>'
    assert one(xml).values["rating"] == rating


@pytest.mark.parametrize(
    ("title", "file", "lock", "guessed"),
    [
        ("clip 1", "/m/clip 1.mp4", "", True),
        ("clip 1", "D:\\m\\clip 1.mp4", "", True),
        ("clip 1", "/m/clip 1.mp4", "title", False),
        ("Other", "/m/clip 1.mp4", "", False),
        ("noext", "/m/noext", "", True),
    ],
)
def test_a_title_that_plex_made_of_the_file_name(title, file, lock, guessed):
    found = item.Item(1, 1, (file,), {"title": title}, frozenset({lock}))
    assert ("title" in found.guesses) is guessed


NAME = "/m/[Studio] Jane Doe - Some Scene (14.09.2017) rq (1k).mp4"


@pytest.mark.parametrize(
    "guid", ["tv.plex.agents.none://1", "com.plexapp.agents.none://1", "local://1"]
)
@pytest.mark.parametrize(
    ("title", "scanned"),
    [
        ("Jane Doe Some Scene 14 09", {"title", "date"}), ("JANE DOE", {"title", "date"}),
        ("Doe Jane", {"date"}), ("Embedded", {"date"}), ("???", {"date"}), ("", {"date"}),
    ],
)  # fmt: skip
def test_what_the_scanner_made_of_personal_media(guid, title, scanned):
    said = {"title": title, "date": "2017-01-01", "genres": ("Video",), "labels": ("Mine",)}
    found = item.Item(1, 1, (NAME,), said, guid=guid)
    assert found.is_personal and found.scanned == scanned
    assert found.guesses == {"date", "genres", *(["title"] if title else [])}
    assert found.without_scanned.keys() == said.keys() - scanned


def test_what_is_locked_nobody_made_but_a_person():
    said = {"title": "Jane Doe", "date": "2017-01-01", "actors": ("Jane",), "rating": 5.0}
    locks = frozenset({"title", "originallyAvailableAt", "actor"})
    found = item.Item(1, 1, (NAME,), said, locks, guid="local://1")
    assert (found.scanned, found.guesses) == (frozenset(), frozenset())


@pytest.mark.parametrize(
    "guid",
    ["plex://movie/5d77", "tv.plex.agents.custom.x://movie/1", "tv.plex.agents.movie://1", ""],
)
def test_what_another_agent_found_is_no_guess(guid):
    found = item.Item(1, 1, (NAME,), {"title": "Jane Doe", "date": "2017-01-01"}, guid=guid)
    assert (found.is_personal, found.guesses) == (False, frozenset())
