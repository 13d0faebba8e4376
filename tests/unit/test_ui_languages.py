"""The page in other languages: each file has the keys and the places of the English one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

UI = Path(__file__).parents[2] / "ui"
TRANSLATIONS = sorted(UI.glob("texts_*.js"))
TEXT = re.compile(r'^  "([\w.]+)":\s+"((?:[^"\\]|\\.)*)",$', re.MULTILINE)
PLACE = re.compile(r"\{(\w+)(?::([^{}]*))?\}")
# How many words a place for a plural has: one for each category of the language's plural rules.
FORMS = {"en": 2, "de": 2}
# Lines that are no text: comments, the frame, and the key of a text that is on the next line.
FRAME = re.compile(r'^(//.*|  // .*|"use strict";|window\.Stash2Plex\.TEXTS\.\w+ = \{|\};|)$')


def texts(path: Path) -> dict[str, str]:
    return dict(TEXT.findall(path.read_text(encoding="utf-8")))


ENGLISH = texts(UI / "texts.js")


def language(path: Path) -> str:
    return path.stem.removeprefix("texts").lstrip("_") or "en"


def places(text: str) -> set[str]:
    return {name for name, _ in PLACE.findall(text)}


@pytest.mark.parametrize("path", TRANSLATIONS, ids=language)
def test_a_translation_has_each_text_with_its_places(path: Path) -> None:
    translated = texts(path)

    assert list(translated) == list(ENGLISH), "the same keys, in the same order"
    assert {key for key in ENGLISH if places(ENGLISH[key]) != places(translated[key])} == set()


@pytest.mark.parametrize("path", [UI / "texts.js", *TRANSLATIONS], ids=language)
def test_a_plural_has_a_word_for_each_category(path: Path) -> None:
    words = [words for text in texts(path).values() for _, words in PLACE.findall(text) if words]

    assert words
    assert {one for one in words if one.count("|") + 1 != FORMS[language(path)]} == set()


@pytest.mark.parametrize("path", [UI / "texts.js", *TRANSLATIONS], ids=language)
def test_no_text_of_a_file_is_overlooked(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    rest = [line for line in TEXT.sub("", source).splitlines() if not FRAME.match(line)]

    assert rest == []
    assert len(TEXT.findall(source)) == len(texts(path)), "no key is there twice"
    assert f"window.Stash2Plex.TEXTS.{language(path)} = {{" in source


@pytest.mark.parametrize("path", TRANSLATIONS, ids=language)
def test_no_sentence_is_left_in_english(path: Path) -> None:
    sentences = {key: text for key, text in texts(path).items() if text.endswith((".", "?"))}

    assert len(sentences) > 50
    assert {key for key, text in sentences.items() if text == ENGLISH[key]} == set()
