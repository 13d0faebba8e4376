"""The page in Stash: short lines, and every text that a person reads in a file of texts."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from plex.state.scene_state import STATES

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "ui").iterdir())
SCRIPTS = [path for path in SOURCES if path.suffix == ".js" and not path.name.startswith("texts")]
OF_THE_BOX = sorted((ROOT / "devserver" / "stash" / "ui").iterdir())
TEXTS = dict(
    re.findall(
        r'^  "([\w.]+)":\s+"((?:[^"\\]|\\.)*)",$',
        (ROOT / "ui" / "texts.js").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
)
WIDTH = 110

COMMENT = r"//[^\n]*|/\*.*?\*/"
LITERAL = r"""\"((?:[^"\\\n]|\\.)*)\"|'((?:[^'\\\n]|\\.)*)'|`((?:[^`\\]|\\.)*)`"""
VALUE = r"\$\{(?:[^{}]|\{[^{}]*\})*\}"
# A literal with two words in it, or with one that begins as a sentence or a label does.
PROSE = re.compile(r"[A-Za-z]{2,},? [a-z]{2,}|^[A-Z][a-z]+([ .,:?!]|$)")
NO_PROSE = re.compile(r"\b(s2p|btn|form|nav)-|\b(query|mutation)\b|\{ ")  # classes, GraphQL
NAMES = {"use strict", "noreferrer noopener", "in progress", "in agreement"}
# Where a literal is shown, even if it is a single word in lower case.
SHOWN = re.compile(
    r'\b(?:label|title|empty|confirm|placeholder|"aria-label"): "[A-Za-z]'
    r'|\bh\(\s*"\w+",\s*(?:null|\w+|\{[^{}]*\}),\s*"[A-Za-z]'
)


def literals(path: Path) -> list[str]:
    """The strings of a script. A template gives the pieces between its values, and their strings."""
    return list(literals_of(path.read_text(encoding="utf-8")))


def literals_of(text: str) -> Iterator[str]:
    for match in re.finditer(f"{COMMENT}|{LITERAL}", text, re.DOTALL):
        *plain, template = match.groups()
        yield from filter(None, plain)
        if template:
            yield from re.split(VALUE, template)
            for value in re.findall(VALUE, template):
                yield from literals_of(value[2:])


def is_prose(literal: str) -> bool:
    return bool(literal not in NAMES and PROSE.search(literal) and not NO_PROSE.search(literal))


@pytest.mark.parametrize("path", [*SOURCES, *OF_THE_BOX], ids=lambda path: path.name)
def test_no_line_is_too_long(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()

    assert [line for line in lines if len(line) > WIDTH] == []


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_every_text_is_in_the_file_of_the_texts(path: Path) -> None:
    assert [literal for literal in literals(path) if is_prose(literal)] == []
    assert [match[0] for match in SHOWN.finditer(path.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize(
    ("literal", "prose"),
    [("Undo", True), ("Undo run ", True), ("is done", True), ("Dead letters", True),
     ("faUndo", False), ("run_queue", False), ("ScenePage.Tabs", False), ("s2p-card on", False)],
)  # fmt: skip
def test_a_text_is_told_from_a_name(literal: str, prose: bool) -> None:
    assert is_prose(literal) is prose


def test_every_key_that_a_script_names_has_a_text() -> None:
    groups = {key.split(".")[0] for key in TEXTS}
    keys = re.compile(rf"^(?:{'|'.join(groups)})(?:\.\w+)+$")
    named = {literal for path in SCRIPTS for literal in literals(path) if keys.match(literal)}

    assert len(named) > 200
    assert named - set(TEXTS) == set()


def test_every_text_has_a_script_that_names_its_key() -> None:
    named = {literal for path in SCRIPTS for literal in literals(path)}
    groups = re.findall(
        r'nameOf\("(\w+)"', "\n".join(path.read_text(encoding="utf-8") for path in SCRIPTS)
    )
    starts = (*(f"{group}." for group in groups), *(one for one in named if one.endswith(".")))

    unused = {key for key in TEXTS if key.removesuffix(".again") not in named}
    assert {key for key in unused if not key.startswith(starts)} == set()


def test_every_place_of_a_text_is_a_value_or_two_words() -> None:
    place = re.compile(r"\{\w+(:[^|{}]+\|[^|{}]+)?\}")

    assert [text for text in TEXTS.values() if set("{}") & set(place.sub("", text))] == []


def test_tasks_have_the_names_that_stash_shows() -> None:
    manifest = yaml.safe_load((ROOT / "Stash2Plex.yml").read_text(encoding="utf-8"))
    names = {task["defaultArgs"]["mode"]: task["name"] for task in manifest["tasks"]}

    assert {mode: TEXTS[f"task.{mode}"] for mode in names} == names


def test_states_have_the_names_of_the_plugin() -> None:
    assert {state: TEXTS[f"state.{state}"].lower() for state in STATES} == {
        state: name.lower() for state, name in STATES.items()
    }


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_field_has_a_class_that_stash_makes_dark(path: Path) -> None:
    fields = re.findall(r'"form-control[^"]*"', path.read_text(encoding="utf-8"))

    assert [one for one in fields if "text-input" not in one and "input-control" not in one] == []


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_only_the_file_of_the_language_shows_numbers_and_times(path: Path) -> None:
    own = re.findall(r"\btoLocale\w+|\bIntl\.\w+", path.read_text(encoding="utf-8"))

    assert not own or path.name == "language.js"


@pytest.mark.parametrize(
    "path", [path for path in SOURCES if path.suffix == ".css"], ids=lambda path: path.name
)
def test_the_colour_of_a_text_fits_to_any_theme(path: Path) -> None:
    fixed = re.findall(r"^  (?:color|border[a-z-]*): .*#\w+;$", path.read_text("utf-8"), re.M)

    # White text is on a ground of ours, and these borders are of the colour of that ground.
    own = ("color: #fff;", "solid #2b95d6;", "border-color: #")
    assert [one for one in fixed if not one.endswith(own[:2]) and own[2] not in one] == []
