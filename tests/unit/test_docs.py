"""README, manifest, settings and handlers say the same; what the documents name exists."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.commands import registry
from plex.fields import selection
from plex.fields.registry import BACKGROUND, FIELDS, IMAGES, POSTER, SETTINGS
from plex.fields.tags import KINDS
from validation import template
from validation.config import _LEGACY, UNLISTED, Stash2PlexConfig
from validation.values import ON_REQUEST, SOURCES, SYNC_FIELDS

ROOT = Path(__file__).resolve().parent.parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
MANIFEST: dict[str, Any] = yaml.safe_load((ROOT / "Stash2Plex.yml").read_text(encoding="utf-8"))
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def _rows(section: str, text: str = README) -> list[list[str]]:
    """The cells of the first table below a heading, without its head."""
    body = text.split(f"\n## {section}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in body.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def _rules(section: str) -> list[list[str]]:
    """The rows of a table in docs/fields.md, without the backticks."""
    text = (ROOT / "docs" / "fields.md").read_text(encoding="utf-8")
    return [[_bare(cell) for cell in row] for row in _rows(section, text)]


def _bare(cell: str) -> str:
    return cell.strip("`")


def test_every_setting_is_in_the_readme_and_in_the_manifest_in_one_order() -> None:
    settings = [name for name in Stash2PlexConfig.model_fields if name not in UNLISTED]

    assert [_bare(row[0]) for row in _rows("Settings")] == settings
    assert list(MANIFEST["settings"]) == settings


def test_the_readme_says_the_defaults_of_numbers_and_choices() -> None:
    for name, _, default in _rows("Settings"):
        value = Stash2PlexConfig.model_fields[_bare(name)].default
        if isinstance(value, bool):
            assert value is False, name
        elif isinstance(value, (int, str)) and value:
            assert _bare(default) == str(value), name


def test_every_task_has_a_handler_and_every_handler_a_task() -> None:
    modes = [task["defaultArgs"]["mode"] for task in MANIFEST["tasks"]]

    known = {*registry.COMMANDS, *registry.RECONCILE, "queue_status"}

    assert sorted(modes) == sorted(known - {*registry.WITHOUT_BUTTON})


def test_every_task_is_in_the_readme_with_its_name_in_a_terminal() -> None:
    told = [(row[0], _bare(row[1])) for row in _rows("Tasks")]

    assert told == [
        (task["name"], task["defaultArgs"]["mode"].replace("_", "-")) for task in MANIFEST["tasks"]
    ]


def test_every_field_is_in_the_readme_by_the_name_of_its_setting() -> None:
    told = [_bare(row[2]) for row in _rows("Fields")]

    assert set(told) == {*(field.name for field in FIELDS), *IMAGES}
    assert set(told) == {*SYNC_FIELDS, *ON_REQUEST}
    assert len(told) == len(set(told))


def test_the_rule_of_every_field_is_told() -> None:
    told = _rules("Fields")
    of_plex = {field.name: field.wire for field in FIELDS} | {POSTER: "thumb", BACKGROUND: "art"}

    assert {row[0]: row[1] for row in told} == of_plex
    assert len(told) == len(of_plex)


def test_where_a_field_waits_for_a_setting_is_told() -> None:
    told = {row[0]: row[2] for row in _rules("Fields")}
    waits = {name: ", ".join(own) for name, own in SETTINGS.items()}
    waits |= dict.fromkeys(ON_REQUEST, "if named")

    assert {name: said.replace("`", "") for name, said in told.items() if said} == waits
    for name, readme in [(_bare(row[2]), row[3]) for row in _rows("Fields")]:
        assert ("if named" in readme) == (name in ON_REQUEST), name


def test_the_parts_of_a_template_are_told() -> None:
    text = (ROOT / "docs" / "fields.md").read_text(encoding="utf-8")
    sentence = text.split("## Templates", 1)[1].split(". Of a scene", 1)[0]

    assert tuple(re.findall(r"`\{(\w+)\}`", sentence)) == template.PLACES


@pytest.mark.parametrize("row", _rules("Templates"), ids=lambda row: " ".join(row[:2]))
def test_what_a_template_gives_is_as_it_is_told(row: list[str]) -> None:
    said = {"title": "The Quay", "performers": "Ann, Bob", "studio": "Acme", "date": "2024-05"}
    said |= {"year": "2024", "code": "C-1"}
    known = {name: value for name, value in said.items() if name not in row[1].split()}

    assert template.filled(template.checked(row[0]), known) == row[2]


def test_what_becomes_a_collection_is_told() -> None:
    told = [row[1].partition(": ")[2].strip("`").split("`")[0] for row in _rules("Collections")]

    assert tuple(name for name in told if name) == SOURCES
    assert [row[2] for row in _rules("Collections")] == list(KINDS.values())


def test_the_reasons_why_a_scene_is_skipped_are_told_in_their_order() -> None:
    told = _rules("Scenes")

    assert [row[0] for row in told] == list(selection.REASONS)
    assert {row[1] for row in told} <= set(Stash2PlexConfig.model_fields)


def test_every_task_that_the_documents_name_in_bold_exists() -> None:
    known = {task["name"] for task in MANIFEST["tasks"]}
    known |= {setting["displayName"] for setting in MANIFEST["settings"].values()}
    steps = README.split("\n## First steps\n", 1)[1].split("\n## ", 1)[0]

    assert set(re.findall(r"\*\*([^*]+?)\*\*", steps)) <= known


def test_make_knows_every_target_that_the_documents_name() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    targets |= set(re.findall(r"bench-[a-z]+", makefile))  # of one rule for all
    named = {
        target
        for document in DOCUMENTS
        for target in re.findall(
            r"(?:^|`)make ([a-z-]+)", document.read_text("utf-8"), re.MULTILINE
        )
    }

    assert {"demo", "test"} <= named
    assert named <= targets


def test_the_first_screen_has_the_two_commands() -> None:
    first = README.splitlines()[:16]

    assert [line.split("#")[0].strip() for line in first if line.startswith("make ")] == [
        "make demo",
        "make test",
    ]


def test_the_gate_runs_the_test_command_of_the_readme() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()

    assert script[-1] == "make test"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_no_relative_link_is_broken(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)\s]+)\)", text)
    anchors = {_anchor(line) for line in re.findall(r"^#+ (.+)$", text, re.MULTILINE)}
    files = [link for link in links if not link.startswith(("http://", "https://", "#"))]

    assert [one for one in files if not (document.parent / one.split("#")[0]).exists()] == []
    assert {link[1:] for link in links if link.startswith("#")} <= anchors


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_file_that_a_document_names_exists(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    named = re.findall(r"`((?:[a-z_]+/)+[\w.]+\.(?:py|md)|Stash2Plex\.(?:py|yml))`", text)

    assert [name for name in named if not (ROOT / name).exists()] == []


def test_dependencies_are_those_of_the_requirements() -> None:
    rows = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8").splitlines()
    told = [line.split("|")[1].strip(" `") for line in rows if line.startswith("| `")]
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()

    assert sorted(told) == sorted(line for line in lines if line and not line.startswith("#"))


def test_the_changelog_has_a_place_for_the_next_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")

    assert "\n## Unreleased\n" in changelog


def test_the_licence_is_named_alike() -> None:
    assert (ROOT / "LICENSE").read_text(encoding="utf-8").startswith("MIT License")
    assert "MIT" in README


def test_the_older_settings_are_those_that_are_understood() -> None:
    text = (ROOT / "docs" / "migrating.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    assert set(re.findall(r"`(\w+)`", " ".join(rows))) == set(_LEGACY)
