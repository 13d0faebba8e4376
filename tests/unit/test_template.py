"""Templates: parts that are missing drop out with their separators and brackets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validation import template

ALL = {
    "title": "The Quay", "performers": "Ann, Bob", "studio": "Acme", "date": "2024-05-07",
    "year": "2024", "code": "AC-1", "group": "Quays", "scene_index": "3",
}  # fmt: skip
USUAL = "{performers} - {title} ({date})"


@pytest.mark.parametrize(
    ("text", "missing", "shown"),
    [
        (USUAL, "", "Ann, Bob - The Quay (2024-05-07)"),
        (USUAL, "performers", "The Quay (2024-05-07)"),
        (USUAL, "title", "Ann, Bob (2024-05-07)"),
        (USUAL, "date", "Ann, Bob - The Quay"),
        (USUAL, "performers title", "(2024-05-07)"),
        (USUAL, "performers date", "The Quay"),
        (USUAL, "performers title date", ""),
        ("[{studio}] {title}", "studio", "The Quay"),
        ("[{studio}] {title}", "title", "[Acme]"),
        ("[{studio}{code}] {title}", "studio", "[AC-1] The Quay"),
        ("{title} ({year}, {code})", "year", "The Quay (AC-1)"),
        ("{title} ({year}, {code})", "code", "The Quay (2024)"),
        ("{title} ({year}, {code})", "year code", "The Quay"),
        ("{title} ({group} [{scene_index}])", "scene_index", "The Quay (Quays)"),
        ("{title} ({group} [{scene_index}])", "group", "The Quay ([3])"),
        ("{title} ({group} [{scene_index}])", "group scene_index", "The Quay"),
        ("{studio}: “{title}”, {year}", "title", "Acme, 2024"),
        ("{studio}: “{title}”, {year}", "studio", "“The Quay”, 2024"),
        ("{group} #{scene_index}: {title}", "scene_index", "Quays: The Quay"),
        ("{group} #{scene_index}: {title}", "group", "3: The Quay"),
        ("Scene {code}: {title}", "", "Scene AC-1: The Quay"),
        ("Scene {code}: {title}", "code", "The Quay"),
        ("{title}, uncut", "", "The Quay, uncut"),
        ("{title}, uncut", "title", ""),
        ("{title} (uncut)", "", "The Quay (uncut)"),
        ("{title} (uncut)", "title", ""),
        ("{studio} (HD) {title}", "studio", "The Quay"),
        ("{title} :) {year}", "", "The Quay :) 2024"),
        ("{title} (of {year}", "", "The Quay (of 2024"),
        ("{title} (of {year}", "title", "2024"),
        ("{director} {title}", "", "The Quay"),
        ("{title}{title}", "", "The QuayThe Quay"),
    ],
)
def test_what_is_missing_drops_out_with_its_separator(text, missing, shown):
    said = {name: value for name, value in ALL.items() if name not in missing.split()}
    assert template.fill(text, said) == shown
    assert template.checked(text) == text


def test_what_is_said_is_no_template():
    assert template.fill("{title} ({code})", {"title": "{code} (", "code": ")"}) == "{code} ( ())"


@pytest.mark.parametrize("text", ["", "title", "{titel}", "{title} {", "}{title}", "{}", "{a b}"])
def test_a_template_that_cannot_be_used_is_refused_with_what_can(text):
    with pytest.raises(ValueError, match=r"must hold some of \{title\}, \{performers\}"):
        template.checked(text)


@given(st.text("{}()[]“” -title"), st.sets(st.sampled_from(template.PLACEHOLDERS)))
def test_no_template_fails(text, missing):
    shown = template.fill(
        text, {name: "x" for name in template.PLACEHOLDERS if name not in missing}
    )
    assert shown == shown.strip()
