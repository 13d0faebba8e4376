"""Prefix pairs from files alone: right, or silent."""

from __future__ import annotations

import random
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plex.path_map import infer, paths
from plex.path_map.file_pairs import CROWD, OTHERS, CandidateFilter, File, compare
from tests.support.files import NAMES, below

ACCENTS = ("é/ü.mp4", "é/ö.mp4", "ñ.mp4", "x/å.mp4")
NFC = [unicodedata.normalize("NFC", name) for name in ACCENTS]
NFD = [unicodedata.normalize("NFD", name) for name in ACCENTS]


def without_sizes(files):
    return [File(file.path, 0) for file in files]


def seen(stash, plex):
    return compare(stash, filter(CandidateFilter(stash).accepts, plex))


def told(stash, plex):
    """The pairs, without their evidence."""
    return [one.pair for one in infer.pairs(seen(stash, plex))]


SCENES = [f"scene {n}/scene.mp4" for n in range(6)]
FOLDERS = [f"{letter}/{letter}.mp4" for letter in "abcdefgh"]
ONE_OTHER = [File("/data/odd.mp4", 7)], [File("/elsewhere/odd.mp4", 7)]

LAYOUTS = {
    "containers": (below("/data"), below("/media/x"), [("/data", "/media/x")]),
    "the same paths": (below("/data"), below("/data"), [("/data", "/data")]),
    "the same paths everywhere": (below("/"), below("/"), [("/", "/")]),
    "the same paths on Windows": (below("D:\\v"), below("d:\\V"), [("D:\\v", "d:\\V")]),
    "a folder around it": (below("/data"), below("/mnt/data"), [("/data", "/mnt/data")]),
    "all of Stash in a folder of Plex": (
        below("/data") + below("/more", first=2000),
        below("/mnt/data") + below("/mnt/more", first=2000),
        [("/", "/mnt")],
    ),
    "Plex at the root of a disk": (below("/data"), below("/"), [("/data", "/")]),
    "Windows to POSIX": (below("D:\\Videos"), below("/media"), [("D:\\Videos", "/media")]),
    "a whole drive": (below("D:\\"), below("/media/d"), [("D:\\", "/media/d")]),
    "POSIX to Windows": (below("/data"), below("E:\\Videos"), [("/data", "E:\\Videos")]),
    "POSIX to a drive": (below("/data"), below("E:\\"), [("/data", "E:\\")]),
    "slashes on Windows": (below("D:/v"), below("/media"), [("D:/v", "/media")]),
    "a share": (below("\\\\nas\\video"), below("/media"), [("\\\\nas\\video", "/media")]),
    "to a share": (below("/data"), below("\\\\nas\\video"), [("/data", "\\\\nas\\video")]),
    "shares that are folders": (
        below("\\\\nas\\v") + below("\\\\nas\\w", first=2000),
        below("/mnt/v") + below("/mnt/w", first=2000),
        [("\\\\nas", "/mnt")],
    ),
    "a drive that is a share": (below("V:\\"), below("\\\\nas\\v"), [("V:\\", "\\\\nas\\v")]),
    "another case on Windows": (
        below("/data", ["Ä/A.mp4", "Ä/B.mp4", "c.MP4"]),
        below("D:\\V", ["ä/a.MP4", "ä/b.mp4", "C.mp4"]),
        [("/data", "D:\\V")],
    ),
    "a case that counts": (
        below("/data", ["A.mp4", "B.mp4", "C.mp4"]),
        below("/media", ["a.mp4", "b.mp4", "c.mp4"]),
        [],
    ),
    "NFC and NFD": (below("/data", NFC), below("/media", NFD), [("/data", "/media")]),
    "NFD and NFC": (
        below("/daten/Bücher", NFD),
        below("/media/Bücher 2", NFC),
        [("/daten/Bücher", "/media/Bücher 2")],
    ),
    "an accent in the prefix": (
        below(unicodedata.normalize("NFD", "/dé")) + below("/dé", ["m.mp4", "n.mp4"], 1),
        below("/media") + below("/media", ["m.mp4", "n.mp4"], 1),
        [(unicodedata.normalize("NFD", "/dé"), "/media")],
    ),
    "several roots": (
        below("/data") + below("/more", first=2000),
        below("/media") + below("/srv/more 2", first=2000),
        [("/data", "/media"), ("/more", "/srv/more 2")],
    ),
    "roots that are swapped": (
        below("/one") + below("/two", first=2000),
        below("/two") + below("/one", first=2000),
        [("/one", "/two"), ("/two", "/one")],
    ),
    "a root in another one": (
        below("/a") + below("/a/b", first=2000),
        below("/p/q") + below("/p", first=2000),
        [("/a", "/p/q"), ("/a/b", "/p")],
    ),
    "a root in another one, only folders in that": (
        below("/a", FOLDERS) + below("/a/k", FOLDERS, first=2000),
        below("/p", FOLDERS) + below("/other", FOLDERS, first=2000),
        [("/a", "/p"), ("/a/k", "/other")],
    ),
    "two roots below one folder": (
        below("/data/a") + below("/data/b", first=2000),
        below("/m1/a") + below("/m2/b", first=2000),
        [("/data/a", "/m1/a"), ("/data/b", "/m2/b")],
    ),
    "drives": (
        below("C:\\v") + below("D:\\v", first=2000),
        below("/c") + below("/mnt/v", first=2000),
        [("C:\\v", "/c"), ("D:\\v", "/mnt/v")],
    ),
    "one name in all folders": (below("/data", SCENES), below("/media", SCENES), [("/data", "/media")]),
    "one name in all folders, one size": (
        [File(file.path, 5) for file in below("/data", SCENES)],
        [File(file.path, 5) for file in below("/media", SCENES)],
        [("/data", "/media")],
    ),
    "one name in all folders, no sizes": (
        without_sizes(below("/data", SCENES)),
        below("/media", SCENES),
        [("/data", "/media")],
    ),
    "one name in all folders, none of them the same": (
        below("/data", SCENES),
        below("/media", SCENES, first=2000),
        [],
    ),
    "one name, one size, other folders": (
        [File(f"/data/{n}/scene.mp4", 5) for n in "abcdef"],
        [File(f"/media/{n}/scene.mp4", 5) for n in "uvwxyz"],
        [],
    ),
    "one file twice in Plex": (
        below("/data"),
        below("/media") + below("/backup/of/it"),
        [],
    ),
    "files twice in Plex, in folders of their names": (
        below("/data/x", FOLDERS),
        below("/media/x", FOLDERS) + below("/backup", FOLDERS),
        [("/data", "/media")],
    ),
    "a folder with another name": (
        below("/data/lib") + below("/data/lib/old", first=2000),
        below("/data/lib") + below("/data/lib/new", first=2000),
        [("/data", "/data"), ("/data/lib/old", "/data/lib/new")],
    ),
    "a folder between": (below("/data"), below("/data/in/between"), [("/data", "/data/in/between")]),
    "a folder of its own for each file": (
        below("/data", [f"{n}.mp4" for n in range(9)]),
        below("/media", [f"{n}/{n}.mp4" for n in range(9)]),
        [],
    ),
    "no file": ([], [], []),
    "one file": (below("/data", NAMES[:1]), below("/media", NAMES[:1]), []),
    "two files": (below("/data", NAMES[:2]), below("/media", NAMES[:2]), []),
    "three files": (below("/data", NAMES[:3]), below("/media", NAMES[:3]), [("/data", "/media")]),
    "nothing in common": (below("/data"), below("/media", ["p.mp4", "q.mp4", "r.mp4"]), []),
    "only names in common": (below("/data"), below("/media", first=2000), []),
    "no sizes in Plex": (below("/data", FOLDERS), without_sizes(below("/m", FOLDERS)), [("/data", "/m")]),
    "no sizes in Stash": (without_sizes(below("/data", FOLDERS)), below("/m", FOLDERS), [("/data", "/m")]),
    "no sizes, and one folder": (
        without_sizes(below("/data/first/disc", ["1.mp4", "2.mp4", "3.mp4"])),
        below("/media/second/disc", ["1.mp4", "2.mp4", "3.mp4"]),
        [],
    ),
    "no sizes, and one corner": (
        without_sizes(below("/data/p", FOLDERS)) + below("/data/r", [f"{n}" for n in range(20)]),
        below("/media/q", FOLDERS),
        [],
    ),
    "one that moved": (below("/data", FOLDERS * 2, 1) + ONE_OTHER[0], below("/m", FOLDERS * 2, 1) + ONE_OTHER[1], [("/data", "/m")]),
    "too many that moved": (
        below("/data") + ONE_OTHER[0],
        below("/media") + ONE_OTHER[1],
        [],
    ),
    "half here, half there": (
        below("/data", [f"{n}.mp4" for n in range(10)]),
        below("/m1", [f"{n}.mp4" for n in range(5)]) + below("/m2", [f"{n}.mp4" for n in range(5, 10)], 1005),
        [],
    ),
    "most places are taken by other files": (
        below("/data", [f"{n}.mp4" for n in range(20)]),
        below("/media", [f"{n}.mp4" for n in range(5)]) + below("/media", [f"{n}.mp4" for n in range(5, 20)], 1),
        [],
    ),
    "names that are no paths": ([*below("/data"), File("odd.mp4", 1)], [*below("/m"), File("odd.mp4", 1)], [("/data", "/m")]),
}  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_layout(layout):
    stash, plex, expected = LAYOUTS[layout]
    assert told(stash, plex) == expected


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_order_of_the_files_does_not_matter(layout):
    stash, plex, expected = LAYOUTS[layout]
    shuffled = random.Random(layout)
    for _ in range(5):
        mixed = [shuffled.sample(files, len(files)) for files in (stash, plex)]
        assert told(*mixed) == expected


@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_is_told_leads_to_the_very_files(layout):
    stash, plex, _ = LAYOUTS[layout]
    never_wrong(stash, plex, true_places(stash, plex))


def true_places(stash, plex):
    """Where the files with sizes of their own are: the tables above use no size for two files."""
    sizes = [file.size for file in plex]
    at = {file.size: file.path for file in plex if sizes.count(file.size) == 1 and file.size > 9}
    return {file.path: at[file.size] for file in stash if file.size in at}


def never_wrong(stash, plex, places):
    """No file of Stash is led to a file of Plex, of its size, that is another one."""
    found = told(stash, plex)
    known = {paths.key(file.path): file.size for file in plex}
    for path, size in stash:
        if not paths.pair_for(path, found):
            continue
        there = paths.key(paths.plex_path(path, found))
        if there in known and known[there] == size and path in places:
            assert there == paths.key(places[path])


# -- evidence


def test_the_evidence_says_who_agrees_and_who_does_not():
    stash = below("/data", FOLDERS * 2, 1) + ONE_OTHER[0]
    (found,) = infer.pairs(seen(stash, below("/media", FOLDERS * 2, 1) + ONE_OTHER[1]))
    assert (found.pair, found.agree, found.of) == (("/data", "/media"), 16, 17)
    assert found.against == ("/data/odd.mp4",)


def test_a_file_of_another_size_speaks_against_a_pair():
    stash = below("/data", FOLDERS)
    plex = [*below("/media", FOLDERS)[:-1], File("/media/h/h.mp4", 5)]
    (found,) = infer.evidence([("/data", "/media")], seen(stash, plex))
    assert (found.agree, found.of, found.against) == (7, 8, ("/data/h/h.mp4",))


def test_a_file_that_plex_does_not_have_speaks_neither_way():
    (found,) = infer.evidence([("/data", "/media")], seen(below("/data"), below("/media")[:3]))
    assert (found.agree, found.of) == (3, 3)


def test_evidence_for_a_map_that_no_longer_fits():
    found = infer.evidence([("/data", "/old"), ("/x", "/y")], seen(below("/data"), below("/new")))
    assert [(one.agree, one.of, one.holds) for one in found] == [(0, 5, False), (0, 0, False)]


def test_each_pair_answers_for_what_falls_under_it():
    stash, plex, expected = LAYOUTS["a root in another one"]
    found = infer.evidence(expected, seen(stash, plex))
    assert [(one.agree, one.of) for one in found] == [(5, 5), (5, 5)]


# -- large libraries


def test_of_a_library_of_namesakes_only_few_have_to_be_known():
    many = [File(f"/media/{n}/scene.mp4", 1000 + n) for n in range(5000)]
    stash = [File(f"/data/{n}/scene.mp4", 1000 + n) for n in range(0, 5000, 50)]
    assert len(list(filter(CandidateFilter(stash).accepts, many))) == len(stash) + OTHERS
    assert told(stash, many) == [("/data", "/media")]


@pytest.mark.parametrize("size", [0, 5])
def test_of_a_crowd_that_looks_alike_nothing_is_told(size):
    crowd = [f"{n}/scene.mp4" for n in range(CROWD + 100)]
    stash, plex = ([File(f"{root}/{rest}", size) for rest in crowd] for root in ("/data", "/media"))
    assert len(list(filter(CandidateFilter(stash).accepts, plex))) == CROWD + 1
    assert told(stash, plex) == []


# -- any layout

folder = st.sampled_from(("a", "b", "clips", "é", "data", "x y"))
folders = st.lists(folder, max_size=3)
posix = folders.map(lambda names: "/" + "/".join(names))
windows = st.tuples(st.sampled_from(("C:", "D:", "\\\\nas\\v")), folders).map(
    lambda found: "\\".join([found[0], *found[1]]) + ("\\" if not found[1] else "")
)
root = st.one_of(posix, windows)
name = st.sampled_from(("1.mp4", "2.mp4", "scene.mp4", "é.mp4", "S.mp4"))
relative = st.tuples(folders, name).map(lambda found: "/".join([*found[0], found[1]]))
mapping = st.dictionaries(root, root, min_size=1, max_size=3)


def placed(folder_of, rest, size):
    (file,) = below(folder_of, [rest])
    return File(file.path, size)


@settings(max_examples=300, deadline=None)
@given(
    mapping,
    st.lists(st.tuples(st.integers(0, 2), relative), max_size=25, unique=True),
    st.lists(st.tuples(root, relative), max_size=8),
    st.lists(st.tuples(root, relative), max_size=8),
    st.booleans(),
)
def test_the_true_map_or_silence(true, shared, only_stash, only_plex, sized):
    """Files of both servers by a true map, and files that only one of them has."""
    roots = sorted(true.items())
    places = {}
    for number, (which, rest) in enumerate(shared):
        in_stash, in_plex = roots[which % len(roots)]
        size = 1000 + number if sized else 0
        here = placed(in_stash, rest, size)
        if paths.pair_for(here.path, true.items()) == (in_stash, in_plex):
            places[here] = placed(in_plex, rest, size)
    stash = {paths.key(file.path): file for file in places}
    plex = {paths.key(file.path): file for file in places.values()}
    for number, (where, rest) in enumerate(only_stash):
        file = placed(where, rest, 5000 + number if sized else 0)
        stash.setdefault(paths.key(file.path), file)
    for number, (where, rest) in enumerate(only_plex):
        file = placed(where, rest, 9000 + number if sized else 0)
        plex.setdefault(paths.key(file.path), file)
    never_leads_astray(list(stash.values()), list(plex.values()), places, sized)


def never_leads_astray(stash, plex, places, sized):
    """Of the files whose place is known, nine in ten under each pair are led there; without sizes
    the others are led nowhere, or to the wrong place no more often than that."""
    pairs = told(stash, plex)
    known = {paths.key(file.path) for file in plex}
    for pair in pairs:
        led = [file for file in places if paths.pair_for(file.path, pairs) == pair]
        there = [paths.key(paths.plex_path(file.path, pairs)) for file in led]
        wrong = [
            (file, key)
            for file, key in zip(led, there, strict=True)
            if key != paths.key(places[file].path) and (sized or key in known)
        ]
        assert len(wrong) <= 0.1 * len(led), (pair, wrong)


@settings(max_examples=200, deadline=None)
@given(root, root, st.lists(relative, min_size=3, max_size=25, unique=True), st.data())
def test_one_root_is_found_by_any_three_files(in_stash, in_plex, names, data):
    sizes = range(1000, 1000 + len(names))
    stash = {
        paths.key((one := placed(in_stash, n, s)).path): one
        for n, s in zip(names, sizes, strict=True)
    }
    if len(stash) < 3:
        return  # names that are one on Windows
    plex = [placed(in_plex, n, s) for n, s in zip(names, sizes, strict=True)]
    noise = data.draw(st.lists(st.tuples(root, relative), max_size=20))
    strangers = [placed(*one, 5000 + n) for n, one in enumerate(noise)]
    known = {paths.key(file.path) for file in plex}
    pairs = told(
        list(stash.values()),
        plex + [file for file in strangers if paths.key(file.path) not in known],
    )
    there = {file.size: file.path for file in plex}
    for path, size in stash.values():
        assert paths.pair_for(path, pairs)
        assert paths.key(paths.plex_path(path, pairs)) == paths.key(there[size])
