"""Text for Plex and for the log."""

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validation.clean_text import ELLIPSIS, LIMITS, clean, cut, one_line, without_paths

ANY_TEXT = st.text(st.characters(), max_size=80)


@pytest.mark.parametrize(
    "raw, kept",
    [
        (None, ""),
        ("", ""),
        ("  a  ", "a"),
        ("one\r\ntwo\rthree\n", "one\ntwo\nthree"),
        ("one\u2028two\x85three", "one\ntwo\nthree"),
        ("a\tb", "a\tb"),
        ("a\x00\x01\x0b\x1b\x7f\x9fb", "ab"),
        ("a\ud800b\udfffc", "abc"),
        ("\ufeffa\ufffe\uffffb", "ab"),
        ("e\u0301", "e\u0301"),
        ("👩\u200d🚀", "👩\u200d🚀"),
        ("日本語", "日本語"),
    ],
)
def test_a_long_text_keeps_what_plex_can_keep(raw, kept):
    assert clean(raw, 100) == kept


@pytest.mark.parametrize(
    "raw, kept",
    [
        (None, ""),
        (" a \r\n b ", "a b"),
        ("a\tb", "a b"),
        ("a\n\n\nb", "a b"),
        ("a  b", "a  b"),
        ("\n", ""),
        ("a\x01b", "ab"),
    ],
)
def test_a_title_is_one_line(raw, kept):
    assert one_line(raw, 100) == kept


@pytest.mark.parametrize(
    "text, limit, left",
    [
        ("abc", 3, "abc"),
        ("abcd", 3, "ab…"),
        ("ab cd", 4, "ab…"),
        ("abc", 1, "…"),
        ("abc", 0, ""),
        ("ae\u0301bc", 3, "a…"),
        ("a👩\u200d🚀bc", 3, "a…"),
        ("a👩\u200d🚀bc", 4, "a…"),
        ("a👍🏽bc", 3, "a…"),
        ("a❤\ufe0fbc", 3, "a…"),
        ("a🇩🇪🇫🇷b", 3, "a…"),
        ("a🇩🇪🇫🇷b", 4, "a🇩🇪…"),
        ("a" + "\u0301" * 100, 50, "a" + "\u0301" * 48 + "…"),
    ],
)
def test_a_cut_tears_no_visible_character(text, limit, left):
    assert cut(text, limit) == left


@given(ANY_TEXT, st.integers(0, 40))
def test_cleaned_text_fits_is_xml_and_stays_as_it_is(text, limit):
    for tidy in (clean, one_line):
        once = tidy(text, limit)
        assert len(once) <= limit
        assert tidy(once, limit) == once
        escaped = once.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        assert (ElementTree.fromstring(f"<a>{escaped}</a>").text or "") == once


def test_a_line_has_the_limit_of_a_title():
    assert len(one_line("a" * 20_000)) == LIMITS["title"]
    assert len(clean("a" * 20_000)) == LIMITS["summary"]


@pytest.mark.parametrize(
    "line, shown",
    [
        ("no item has /data/My Movie (2020).mp4", "no item has [path]"),
        ("/data/a.mp4", "[path]"),
        ("no item has '/data/a b.mp4' or '/data/it's.mkv'.", "no item has '[path]' or '[path]'."),
        ('cannot open "C:\\My Files\\a.mp4": gone', 'cannot open "[path]": gone'),
        ("C:\\My Files\\a.mp4 is gone", "[path] is gone"),
        ("C:/Files/a", "[path]"),
        ("\\\\nas\\share\\my file.mp4 is gone", "[path] is gone"),
        ("/a/b.mp4 => /c/d e.mp4 done", "[path] done"),
        ("/data/My Folder is gone", "[path]"),
        ("('/data', '/media x')", "('[path]', '[path]')"),
        ("one /a/b.mp4\ntwo /c d/e", "one [path]\ntwo [path]"),
        ("scene “/data/a b” is here", "scene “[path]” is here"),
        ("(/data/a.mp4)", "([path])"),
        ("path=/data/a.mp4", "path=[path]"),
    ],
)
def test_no_path_is_left_in_a_line(line, shown):
    assert without_paths(line) == shown


@pytest.mark.parametrize(
    "line",
    [
        "Scene 5 'AC/DC 24/7' → item 7: title, genres",
        "3 / 4 done",
        "http://192.168.1.10:32400/library/sections does not answer",
        "Set it in Settings > Plugins",
        "12:30 a: b",
        "",
    ],
)
def test_a_line_without_a_path_stays_as_it_is(line):
    assert without_paths(line) == line


def test_every_limit_leaves_room_for_a_text():
    assert all(limit >= 100 for limit in LIMITS.values())
    assert len(ELLIPSIS) == 1
