"""A preview as a table in a terminal."""

from app.commands.preview import as_table

CHANGE = {
    "title": "A film", "field": "genres", "before": ["Rain", "Snow"], "after": None, "why": "write",
}  # fmt: skip


def answer(*changes):
    return {"changes": changes, "by_reason": {"write": {"genres": 3}}, "file": "preview.json"}


def test_a_change_is_a_line_of_the_table():
    head, line, count = as_table(answer(CHANGE)).splitlines()

    assert head.split() == ["Scene", "Field", "Plex", "says", "Stash", "says", "Reason"]
    assert line.split("  ")[:3] == ["A film", "genres", "Rain, Snow"] and line.endswith("write")
    assert count == "3 changes; the first 1 are shown. All of them: preview.json"


def test_a_long_text_is_cut_and_stays_in_its_line():
    head, line, _ = as_table(answer(CHANGE | {"title": "x\n" * 90})).splitlines()

    assert line.startswith("x x x") and line.index("…") == 27
    assert line.index("genres") == head.index("Field")
