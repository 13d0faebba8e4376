"""Sentences are read once: no text has an opening or a word that scripts/english.py flags."""

import ast
import re
from pathlib import Path

import pytest
import yaml

import english

PLACES = (ast.Module, ast.ClassDef, ast.FunctionDef)


def test_no_text_has_a_flagged_word_or_opening():
    flagged = {path: english.flags(path) for path in english.files()}

    assert {path.name: found for path, found in flagged.items() if found} == {}


@pytest.mark.parametrize(
    "sentence",
    [
        "What the index holds.",
        "Reads a page. Of each row only the key counts.",
        "Those that came later.",
        "It ends. So the next one begins.",
        "Such rows are rare.",
        "The drain is told the key.",
        "Nothing is ever said about it.",
        "What is owed.",
        "jobs that are owed",
        "All is well here",
        "A run begins by itself.",
        "where a scene stands",
    ],
)
def test_a_sentence_that_is_read_twice_is_flagged(tmp_path: Path, sentence: str):
    assert words(tmp_path, f'"""{sentence}"""')
    assert words(tmp_path, f"x = 1  # {sentence}")
    assert words(tmp_path, f'say("{sentence}")')
    assert words(tmp_path, sentence, "page.md")
    assert words(tmp_path, f"| name | {sentence} |", "page.md")
    assert words(tmp_path, f"// {sentence}", "page.js")
    assert words(tmp_path, f"say(`{sentence}`)", "page.js")
    assert words(tmp_path, f"    description: {sentence}", "page.yml")


@pytest.mark.parametrize(
    "sentence",
    [
        "What should the plugin do?",
        "Reads the rows of a page.",
        "This sets a poster as well.",
        "The server said nothing.",
        "Names what the user sees, of whatever kind.",
        "A well-known name.",
        "The standard library.",
        "Calls `told` and `owed`.",
    ],
)
def test_plain_english_is_not_flagged(tmp_path: Path, sentence: str):
    assert words(tmp_path, f'"""{sentence}"""') == []
    assert words(tmp_path, sentence, "page.md") == []


def test_a_query_and_a_block_of_code_are_no_sentences(tmp_path: Path):
    assert words(tmp_path, 'db("CREATE INDEX owed ON queue")') == []
    assert words(tmp_path, 'db(f"CREATE INDEX owed ON {table}")') == []
    assert words(tmp_path, "```\nWhat is owed\n```\n", "page.md") == []


def test_the_second_line_of_a_comment_begins_no_sentence(tmp_path: Path):
    assert words(tmp_path, "# Compares the files of both sides, and the names\n# Of Mice\n") == []


def test_a_flag_names_its_line(tmp_path: Path):
    path = tmp_path / "page.py"
    path.write_text('"""First.\n\nSecond.\n\nWhat is third.\n"""\n', encoding="utf-8")

    assert [(line, word) for line, word, _ in english.flags(path)] == [(5, "What")]


def test_messages_call_a_setting_by_the_name_that_stash_shows():
    manifest = yaml.safe_load((english.ROOT / "Stash2Plex.yml").read_text(encoding="utf-8"))
    keys = [key for key in manifest["settings"] if "_" in key]
    key = re.compile(rf"\b({'|'.join(keys)})\b")
    code = [path for path in english.files() if path.suffix == ".py"]
    found = [f"{path.name}: {text}" for path in code for text in messages(path) if key.search(text)]

    assert found == []


def messages(path: Path) -> list[str]:
    """The texts of a module that are no docstrings and no queries."""
    source = path.read_text(encoding="utf-8")
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, PLACES)]
    docs = " ".join(" ".join((ast.get_docstring(node) or "").split()) for node in nodes)
    texts = (" ".join(text.split()) for _, text in english.strings(source))
    return [text for text in texts if text not in docs and "{" not in text]


def words(folder: Path, text: str, name: str = "page.py") -> list[str]:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return [word for _, word, _ in english.flags(path)]
