"""A page of a listing by its bytes: what is known is not parsed, and nothing is taken on trust."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest

import errors
from plex.client import pages
from plex.client.listing import Page
from plex.client.pages import PAGE


def video(key: object, title: str = "T", file: str = "/m/a", more: str = "") -> str:
    return (
        f'<Video ratingKey="{key}" title="{title}" updatedAt="16"{more}>'
        f'<Media><Part file="{file}" size="7"/></Media></Video>\n'
    )


def listed(
    *rows: str, size: object = None, total: int = 9, end: str = "</MediaContainer>\n"
) -> Any:
    size = len(rows) if size is None else size
    head = f'<MediaContainer size="{size}" totalSize="{total}" librarySectionID="3">'
    return head + "".join(rows) + end


def page(xml: str) -> Page:
    return Page(xml.encode(), ElementTree.fromstring)


def files(some: Page, *known: int) -> list[tuple[int, int, str, bool]]:
    return [(p.rating_key, p.section, p.file, bool(p.mark)) for p in some.parts(known)]


def test_a_page_tells_its_rows_and_their_files():
    found = page(listed(video(5), video(6, file="/m/b"), total=40))
    assert (len(found), found.first, found.total) == (2, 5, 40)
    assert files(found) == [(5, 3, "/m/a", True), (6, 3, "/m/b", True)]


def test_what_is_known_is_not_parsed():
    parsed: list[bytes] = []

    def parse(xml: bytes) -> Any:
        parsed.append(xml)
        return ElementTree.fromstring(xml)

    found = Page(listed(video(5), video(6), video(7)).encode(), parse)
    assert [p.rating_key for p in found.parts({5, 7})] == [6]
    assert found.parts({5, 6, 7}) == []
    assert [one.count(b"<Video ") for one in parsed] == [1]


def test_a_mark_tells_of_its_row_alone():
    one, other = page(listed(video(5), video(6))), page(listed(video(6), video(5), video(7)))
    assert one.marks == {key: other.marks[key] for key in (5, 6)}
    assert page(listed(video(5, title="U"))).marks[5] != one.marks[5]
    assert one.parts()[0].mark == one.marks[5]


def test_who_watched_it_makes_no_row_another_one():
    seen = page(listed(video(5, more=' viewCount="3" lastViewedAt="17"'))).marks
    assert seen == page(listed(video(5, more=' viewCount="4" lastViewedAt="99"'))).marks
    assert page(listed(video(5, title="viewCount"))).marks != seen


@pytest.mark.parametrize(
    "xml",
    [
        listed(video(5), video(6), size=3),
        listed(video(5), video(6), size="x"),
        listed(video(5), video(5)),
        listed(video("x"), video(6)),
        listed(video(2**63), video(6)),
        listed(video(5).replace("<Video ", "<Video\n")),
        listed(video(5).replace("</Video>", f"<Extras>{video(9)}</Extras></Video>")),
        listed(),
    ],
)  # fmt: skip
def test_rows_that_cannot_be_told_apart_are_parsed_and_have_no_marks(xml):
    found, rows = page(xml), ElementTree.fromstring(xml).findall("Video")
    assert found.marks == {}
    assert len(found) == len(rows)
    assert not any(marked for *_, marked in files(found))
    whole = [v.get("ratingKey") for v in rows if v.get("ratingKey") not in ("x", str(2**63))]
    assert [str(key) for key, *_ in files(found)] == whole
    assert files(found, 5) == files(found), "what is known does not count then"


@pytest.mark.parametrize("end", ["", "</MediaContai", "</MediaContainer", "</Video>"])
def test_half_a_page_is_none(end):
    with pytest.raises(ElementTree.ParseError):
        page(listed(video(5), video(6), end=end))


def test_a_row_without_updated_at_tells_nothing_by_its_mark():
    assert files(page(listed(video(5).replace("updatedAt", "addedAt")))) == [(5, 3, "/m/a", False)]


# -- a listing without an end


class Endless:
    """The page at a place: full, with new rows each time."""

    def __init__(self, start: int, total: int | None) -> None:
        self.first, self.total = start + 1, total

    def __len__(self) -> int:
        return PAGE


@pytest.mark.parametrize("grows", [True, False])
def test_a_listing_without_an_end_is_given_up(grows: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "LONGEST", 20 * PAGE)
    asked: list[int] = []

    def get(headers: dict[str, str]) -> Endless:
        asked.append(int(headers["X-Plex-Container-Start"]))
        return Endless(asked[-1], asked[-1] + 2 * PAGE if grows else None)

    with pytest.raises(errors.Busy, match="without an end"):
        list(pages.pages(get))
    assert len(asked) < 25
