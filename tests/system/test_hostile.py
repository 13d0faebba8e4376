"""What people and scrapers put into Stash: it is on Plex letter by letter, and harmless in the log."""

from __future__ import annotations

import re
import unicodedata

import pytest

from devserver.box import Box
from tests.support.box_output import lines, quiet

pytestmark = pytest.mark.uncovered

ODD = (
    "comma, and; semicolon", 'quote " and \' and “”', "ampersand & <b>bold</b> &amp;", "100 %s %n %2C %%",
    "a+b c%2Bd", "emoji 👩‍👩‍👧‍👦 🇩🇪 e\u0301", "שלום עולם", "right\u202eto left\u2066x\u2069", "\x01e\x02an error",
    "\x01p\x020.5", "back\\slash \\n {0} ${x} `id` $(id)", "'; DROP TABLE item; --", "../../etc/passwd",
    "\x1b[31mred\x1b[0m\x07", "line\r\nbreak\u2028and\ttab", "x" * 300, "=?&#/:@", "  spaces  ", "ﬁ ǅ ß İ",
    "[title](http://x) *md* | col", "-1", "null", "NaN", "zero\u200bwidth \ufeffmark", "Z̸̢̛͓a̴l̷g̶o̵" * 3,
)  # fmt: skip
NAMES = [name for name in ODD if len(name) < 256]


def harmless(line: str) -> bool:
    """Whether a line of the log is one line, without anything that moves a cursor or a reader."""
    return not [c for c in line if unicodedata.category(c) in ("Cc", "Zl", "Zp")] and not re.search(
        "[\u202a-\u202e\u2066-\u2069]", line
    )


def shown(name: str) -> str:
    """The name as Plex can keep it: without controls, blanks between words, at most 255 long."""
    kept = "".join(
        c for c in re.sub(r"[\r\n\u2028\t]+", " ", name) if unicodedata.category(c) != "Cc"
    )
    kept = kept.replace("\ufeff", "").strip()
    return kept if len(kept) <= 255 else kept[:254] + "…"


def test_every_odd_title_is_on_plex_and_has_one_harmless_line(box: Box) -> None:
    box.configure(debug_logging=True)
    scenes = {box.add(f"{number}.mp4", title=name): name for number, name in enumerate(ODD)}
    run = box.task("Sync All Scenes to Plex")
    assert {box.item(n)["title"] for n in scenes} == {shown(name) for name in ODD}
    assert all(line[0] == "\x01" and line[2] == "\x02" for line in run.stderr.split("\n") if line)
    told = [line for line in lines(box, "info") if line.startswith("scene ")]
    assert len(told) == len(ODD), "one line for each"
    assert all(harmless(line) for line in lines(box)) and not lines(box, "error", "warning")
    quiet(box)
    box.task("Sync All Scenes to Plex")
    assert not box.plex.writes()


def test_odd_names_come_and_go_in_every_list(box: Box) -> None:
    first, second = NAMES[::2], NAMES[1::2]
    scene = box.add("a.mp4", title="T", studio=first[0], tags=first, performers=first)
    box.stash.update_scene(scene, details="\n".join(ODD))
    box.settle()
    item = box.item(scene)
    for kind in ("genres", "actors"):
        assert sorted(item[kind]) == sorted({shown(name) for name in first})
    assert item["studio"] == shown(first[0]) and item["collections"] == [shown(first[0])]
    others = {f"{kind}_ids": [str(box.stash.library.store.id_of(kind, n)) for n in second]
              for kind in ("tag", "performer")}  # fmt: skip
    box.stash.update_scene(scene, **others)
    box.settle()
    for kind in ("genres", "actors"):
        assert sorted(box.item(scene)[kind]) == sorted({shown(name) for name in second})
    assert all(harmless(line) for line in lines(box)) and not lines(box, "error")


def test_a_studio_renamed_to_anything_is_renamed_on_plex(box: Box) -> None:
    scene = box.add("a.mp4", title="T", studio="Before")
    box.operation("all")
    studio = box.stash.studio_id("Before")
    box.stash.hold_jobs()
    for name in NAMES[::3]:
        box.stash.rename("studio", studio, name)
        box.operation("process_queue")
        item = box.item(scene)
        assert (item["studio"], item["collections"]) == (shown(name), [shown(name)])


def test_a_path_that_climbs_is_no_other_path(box: Box) -> None:
    """What Stash calls a file is compared as it is: it leads to no other item, and to no scan."""
    box.configure(trigger_plex_scan=True)
    box.plex.options.scan_refreshing = 0.2  # a task stays until it is over
    mine = box.add("a.mp4", title="Mine")
    for path in (
        "/data/x/../a.mp4",
        "/data/../media/a.mp4",
        "/data/../../etc/passwd",
        "/data/..",
        "..",
    ):
        box.stash.add_scene(path=path, title="Climber")
    box.operation("all")
    assert box.item(mine)["title"] == "Mine"
    assert len(box.plex.writes()) == 1
    scans = [request for request in box.plex.requests if request.path.endswith("/refresh")]
    assert not [one.get("path") for one in scans if ".." in one.get("path")]
