"""Paths: how a file that Stash names is called in Plex, and when two names are one file."""

import unicodedata

import pytest

from plex.path_map import paths

NFC, NFD = unicodedata.normalize("NFC", "/mé/ü.mp4"), unicodedata.normalize("NFD", "/mé/ü.mp4")


@pytest.mark.parametrize(
    ("path", "pairs", "expected"),
    [
        pytest.param("/data/a.mp4", [], "/data/a.mp4", id="no map"),
        pytest.param("/data/a.mp4", [("/data", "/media")], "/media/a.mp4", id="one prefix"),
        pytest.param("/data/a.mp4", [("/data/", "/media/")], "/media/a.mp4", id="slashes at ends"),
        pytest.param("/data/a.mp4", [("/data///", "/media")], "/media/a.mp4", id="many slashes"),
        pytest.param("/database/a.mp4", [("/data", "/m")], "/database/a.mp4", id="folder border"),
        pytest.param("/data", [("/data", "/media")], "/media", id="the prefix itself"),
        pytest.param("/a.mp4", [("/", "/mnt")], "/mnt/a.mp4", id="root"),
        pytest.param("/x/a.mp4", [("/x", "/")], "/a.mp4", id="to the root"),
        pytest.param("/d/x/a", [("/d", "/1"), ("/d/x", "/2")], "/2/a", id="longest prefix"),
        pytest.param("/d/x/a", [("/d/x", "/2"), ("/d/////", "/1")], "/2/a", id="slashes are no length"),
        pytest.param("/e/a", [("/d", "/1"), ("/e", "/2")], "/2/a", id="several"),
        pytest.param("/DATA/a", [("/data", "/m")], "/DATA/a", id="case counts on POSIX"),
        pytest.param("/data/a\\b.mp4", [("/data", "/m")], "/m/a\\b.mp4", id="POSIX backslash in a name"),
        pytest.param("C:\\V\\a\\b.mp4", [("C:\\V", "/m")], "/m/a/b.mp4", id="Windows to POSIX"),
        pytest.param("C:\\V\\a.mp4", [("c:\\v\\", "/m")], "/m/a.mp4", id="Windows case"),
        pytest.param("C:\\V\\a.mp4", [("c:/v", "/m")], "/m/a.mp4", id="either slash"),
        pytest.param("C:\\a.mp4", [("c:", "/m")], "/m/a.mp4", id="bare drive, other case"),
        pytest.param("C:\\a.mp4", [("c:\\", "/m")], "/m/a.mp4", id="root of a drive"),
        pytest.param("/data/a/b.mp4", [("/data", "D:\\V")], "D:\\V\\a\\b.mp4", id="POSIX to Windows"),
        pytest.param("/data/b.mp4", [("/data", "D:\\")], "D:\\b.mp4", id="to the root of a drive"),
        pytest.param("/data/b.mp4", [("/data", "\\\\nas\\v")], "\\\\nas\\v\\b.mp4", id="POSIX to UNC"),
        pytest.param("\\\\NAS\\v\\a.mp4", [("//nas/V", "/m")], "/m/a.mp4", id="UNC to POSIX"),
        pytest.param("Z:\\a.mp4", [("Z:", "\\\\nas\\v")], "\\\\nas\\v\\a.mp4", id="drive to share"),
        pytest.param(NFD, [("/mé", "/p")], "/p/ü.mp4", id="composed prefix"),
        pytest.param(NFC, [(unicodedata.normalize("NFD", "/mé"), "/p")], "/p/ü.mp4", id="decomposed prefix"),
    ],
)  # fmt: skip
def test_a_file_of_stash_is_found_in_plex(path, pairs, expected):
    assert paths.key(paths.plex_path(path, pairs)) == paths.key(expected)


def test_the_rest_of_a_path_keeps_its_spelling():
    decomposed = unicodedata.normalize("NFD", "é")
    assert paths.plex_path(f"/d/{decomposed}/x", [("/d", "/m")]) == f"/m/{decomposed}/x"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("/a/b.mp4", "/a/b.mp4", True),
        ("/a/B.mp4", "/a/b.mp4", False),
        (NFC, NFD, True),
        ("C:\\a\\b.mp4", "c:/A/B.mp4", True),
        ("\\\\NAS\\x", "//nas/X", True),
        ("C:\\straße.mp4", "C:\\strasse.mp4", False),
        ("C:\\STRAßE.mp4", "C:\\straße.mp4", True),
        ("C:\\ΟΔΟΣ", "C:\\οδος", True),
        ("C:\\Ünï.mp4", unicodedata.normalize("NFD", "c:\\üNÏ.mp4"), True),
        ("/a\\b", "/a/b", False),
    ],
)
def test_two_names_of_one_file(one, other, same):
    assert (paths.key(one) == paths.key(other)) is same


def test_every_file_of_a_scene_is_a_candidate_once():
    found = paths.candidates(["/d/a", "/d/b", "/d/a"], [("/d", "/m")])
    assert found == ["/m/a", "/m/b"]


@pytest.mark.parametrize(
    ("path", "folder"),
    [
        ("/m/a/b.mp4", "/m/a"),
        ("/b.mp4", "/"),
        ("D:\\V\\b.mp4", "D:\\V"),
        ("D:\\b.mp4", "D:\\"),
        ("\\\\nas\\v\\b.mp4", "\\\\nas\\v"),
        ("/m/a\\b.mp4", "/m"),
    ],
)
def test_the_folder_to_scan(path, folder):
    assert paths.folder(path) == folder


@pytest.mark.parametrize(
    "path", ["..", "/a/..", "../a", "/a/../b", "C:\\a\\..\\b", "\\\\nas\\..\\x"]
)
def test_a_path_that_climbs(path):
    assert paths.climbs(path)


@pytest.mark.parametrize(
    "path", ["", "/a/b", "/a..b/..c/d..", "/a/.../b", "/a\\..\\b", "C:\\a..\\b"]
)
def test_a_path_that_does_not(path):
    assert not paths.climbs(path)
