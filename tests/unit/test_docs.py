"""Documents, manifest, settings and commands agree; every file and task in a document exists."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

import english
from app.commands import registry
from plex.fields import selection
from plex.fields.registry import BACKGROUND, FIELDS, IMAGES, POSTER
from plex.fields.text import KINDS
from validation import template
from validation.config import _LEGACY, Stash2PlexConfig
from validation.rules import UNLISTED
from validation.values import ON_REQUEST, SOURCES, SYNC_FIELDS

ROOT = Path(__file__).resolve().parent.parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
MANIFEST: dict[str, Any] = yaml.safe_load((ROOT / "Stash2Plex.yml").read_text(encoding="utf-8"))
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def _rows(section: str, name: str, level: str = "##") -> list[list[str]]:
    """The cells of the first table below a heading of docs/<name>, without its head."""
    text = (ROOT / "docs" / name).read_text(encoding="utf-8")
    body = text.split(f"{level} {section}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in body.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def _rules(section: str) -> list[list[str]]:
    """The rows of a table in docs/fields.md, without the backticks."""
    return [[_bare(cell) for cell in row] for row in _rows(section, "fields.md")]


def _settings() -> list[list[str]]:
    """Name in Stash, key, text and default of each setting in docs/settings.md."""
    return _rows("Settings", "settings.md", "#")


def _bare(cell: str) -> str:
    return cell.strip("`")


def test_every_setting_is_in_the_table_and_the_manifest_in_one_order() -> None:
    settings = [name for name in Stash2PlexConfig.model_fields if name not in UNLISTED]

    assert [_bare(row[1]) for row in _settings()] == settings
    assert list(MANIFEST["settings"]) == settings


def test_the_table_has_the_names_that_stash_shows() -> None:
    shown = [setting["displayName"] for setting in MANIFEST["settings"].values()]

    assert [row[0] for row in _settings()] == shown


def test_the_table_has_the_defaults_of_numbers_and_choices() -> None:
    for _, name, _, default in _settings():
        value = Stash2PlexConfig.model_fields[_bare(name)].default
        if isinstance(value, bool):
            assert value is False, name
        elif isinstance(value, (int, str)) and value:
            assert _bare(default) == str(value), name


def test_every_task_has_a_handler_and_every_handler_a_task() -> None:
    modes = [task["defaultArgs"]["mode"] for task in MANIFEST["tasks"]]

    known = {*registry.MODES}

    assert sorted(modes) == sorted(known - {*registry.WITHOUT_TASK})


def test_every_task_is_in_the_table_with_its_name_in_a_terminal() -> None:
    rows = [(row[0], _bare(row[1])) for row in _rows("Tasks", "tasks.md")]

    assert rows == [
        (task["name"], task["defaultArgs"]["mode"].replace("_", "-")) for task in MANIFEST["tasks"]
    ]


def test_the_setting_can_name_every_field() -> None:
    assert {*(field.name for field in FIELDS), *IMAGES} == {*SYNC_FIELDS, *ON_REQUEST}


def test_every_field_has_a_row_with_its_name_in_plex() -> None:
    rows = _rules("Fields")
    of_plex = {field.name: field.plex_name for field in FIELDS} | {
        POSTER: "thumb",
        BACKGROUND: "art",
    }

    assert {row[0]: row[1] for row in rows} == of_plex
    assert len(rows) == len(of_plex)


def test_a_field_that_waits_for_a_setting_names_it() -> None:
    rows = {row[0]: row[2].replace("`", "") for row in _rules("Fields") if row[2]}
    shown = {name: setting["displayName"] for name, setting in MANIFEST["settings"].items()}
    waits = {
        field.name: ", ".join(shown[one] for one in field.needs) for field in FIELDS if field.needs
    }

    assert rows == waits | dict.fromkeys(ON_REQUEST, "if named")


def test_the_parts_of_a_template_are_listed() -> None:
    text = (ROOT / "docs" / "fields.md").read_text(encoding="utf-8")
    sentence = text.split("## Templates", 1)[1].split(". For a scene", 1)[0]

    assert tuple(re.findall(r"`\{(\w+)\}`", sentence)) == template.PLACEHOLDERS


@pytest.mark.parametrize("row", _rules("Templates"), ids=lambda row: " ".join(row[:2]))
def test_a_template_gives_the_documented_text(row: list[str]) -> None:
    parts = {"title": "The Quay", "performers": "Ann, Bob", "studio": "Acme", "date": "2024-05"}
    parts |= {"year": "2024", "code": "C-1"}
    known = {name: value for name, value in parts.items() if name not in row[1].split()}

    assert template.fill(template.checked(row[0]), known) == row[2]


def test_every_source_of_collections_has_a_row() -> None:
    rows = [row[1].partition(": ")[2].strip("`").split("`")[0] for row in _rules("Collections")]

    assert tuple(name for name in rows if name) == SOURCES
    assert [row[2] for row in _rules("Collections")] == list(KINDS.values())


def test_the_reasons_to_exclude_a_scene_are_in_their_order() -> None:
    rows = _rules("Scenes")

    assert [row[0] for row in rows] == list(selection.REASONS)
    assert {row[1] for row in rows} <= {row[0] for row in _settings()}


def test_every_task_and_setting_that_the_first_steps_name_exists() -> None:
    known = {task["name"] for task in MANIFEST["tasks"]}
    known |= {setting["displayName"] for setting in MANIFEST["settings"].values()}
    steps = README.split("\n## First steps\n", 1)[1].split("\n## ", 1)[0]

    assert set(re.findall(r"\*\*([^*]+?)\*\*", steps)) <= known


BY_KEY = ("settings.md", "migrating.md", "CONTRIBUTING.md", "SECURITY.md")


@pytest.mark.parametrize(
    "document", [path for path in DOCUMENTS if path.name not in BY_KEY], ids=lambda path: path.name
)
def test_a_document_calls_a_setting_by_the_name_that_stash_shows(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    keys = set(MANIFEST["settings"]) - {field.name for field in FIELDS} - {"paused"}

    assert keys & set(re.findall(r"`(\w+)", text)) == set()


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
    files = [link.partition("#") for link in links if not link.startswith(("http://", "https://"))]
    targets = [(document.parent / name if name else document, anchor) for name, _, anchor in files]

    assert [str(path) for path, _ in targets if not path.exists()] == []
    assert [f"{path}#{anchor}" for path, anchor in targets if anchor not in _anchors(path)] == []


def _anchors(path: Path) -> set[str]:
    """The anchors of the headings; "" is the page itself."""
    text = path.read_text(encoding="utf-8") if path.suffix == ".md" else ""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {"", *(re.sub(r"[^\w\- ]", "", line.lower()).replace(" ", "-") for line in headings)}


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


def test_the_changelog_has_a_chapter_for_the_version_of_the_manifest() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")

    assert re.search(rf"^## {re.escape(MANIFEST['version'])} - ", changelog, re.MULTILINE)


def test_the_licence_is_named_alike() -> None:
    assert (ROOT / "LICENSE").read_text(encoding="utf-8").startswith("MIT License")
    assert "MIT" in README


def test_the_table_of_older_settings_is_complete() -> None:
    text = (ROOT / "docs" / "migrating.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    assert set(re.findall(r"`(\w+)`", " ".join(rows))) == set(_LEGACY)


def _literals() -> str:
    """All texts of the product, one below the other."""
    files = [path for path in english.files() if path.suffix == ".py"]
    return "\n".join(text for path in files for _, text in english.texts(path))


def test_the_log_lines_that_the_documents_quote_are_those_of_the_product() -> None:
    troubles = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
    paths = (ROOT / "docs" / "matching.md").read_text(encoding="utf-8")
    quotes = re.findall(r'^\*\*[^*"]*"([^*]+?)"', troubles, re.MULTILINE)
    quotes += re.findall(r"^paths: [^:]+:", paths, re.MULTILINE)
    parts = [part.strip() for quote in quotes for part in re.split(r"…|\d|\(401\)", quote)]
    known = _literals()

    assert len(quotes) > 10
    assert [part for part in parts if len(part) > 3 and part not in known] == []
