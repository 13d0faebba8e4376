"""Finds words and openings of sentences that CONTRIBUTING asks not to use.

    python scripts/english.py            lists them, with file and line
    python scripts/english.py plex/ ui/  the same for some files or folders

Reads docstrings, comments and texts of product code, the documents, the manifest and the page.
"""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

import package

ROOT = package.ROOT

_BE = r"(?:is|are|was|were|be|been|being|isn't|aren't)"
FLAGS = (
    # A question may begin with What.
    re.compile(r"(?:^|[.!?…][”\")*]*\s+|[*>] )(Of|Those|Such|So)\b"),
    re.compile(r"(?:^|[.!?…][”\")*]*\s+|[*>] )(What)\b(?![^.!]*\?)"),
    re.compile(rf"\b({_BE} (?:\w+ )?(?:told|said))\b"),
    re.compile(r"\b(owed)\b", re.IGNORECASE),
    re.compile(r"(?<!as )\b(well)\b(?!-)", re.IGNORECASE),
    re.compile(r"\b(by (?:itself|themselves))\b", re.IGNORECASE),
    re.compile(r"\b(stands?)\b(?!-)", re.IGNORECASE),
)

_QUERY = re.compile(r"\s*(?:CREATE|SELECT|INSERT|UPDATE|DELETE|ALTER|DROP|WITH)\b")

Text = tuple[int, str]  # the line where it begins, and the text


def files() -> list[Path]:
    """Everything that is read in English."""
    code = [ROOT / path for path in package.contents() if path.suffix in {".py", ".yml", ".js"}]
    code = [path for path in code if not path.name.startswith("texts_")]  # in other languages
    return sorted([*code, *ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def flags(path: Path) -> list[tuple[int, str, str]]:
    """Line, flagged words and the text around them, for each flag in the file."""
    return [
        (line, found.group(1), text[max(0, found.start() - 30) : found.end() + 50])
        for line, text in texts(path)
        for flag in FLAGS
        for found in flag.finditer(text)
    ]


def texts(path: Path) -> Iterator[Text]:
    """What a person reads in the file, each text on one line."""
    source = path.read_text(encoding="utf-8")
    readers = {".py": _of_python, ".md": _of_markdown, ".yml": _of_manifest, ".js": _of_script}
    for line, text in readers[path.suffix](source):
        yield line, " ".join(re.sub(r"`[^`]*`", "`…`", text).split())


def _of_python(source: str) -> Iterator[Text]:
    yield from strings(source)
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    comments = [(t.start[0], t.string.lstrip("#: ")) for t in tokens if t.type == tokenize.COMMENT]
    yield from _joined(comments)


def strings(source: str) -> Iterator[Text]:
    """The docstrings and literals of a module, with the line of each."""
    return _strings(ast.parse(source))


def _strings(node: ast.AST) -> Iterator[Text]:
    """Docstrings and literals of more than one word; an f-string is one text."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.JoinedStr):
            parts = [part.value if isinstance(part, ast.Constant) else "…" for part in child.values]
            text = "".join(map(str, parts))
            if not _QUERY.match(text):
                yield child.lineno, text
        elif isinstance(child, ast.Constant) and isinstance(child.value, str):
            if " " in child.value and not _QUERY.match(child.value):
                yield from _paragraphs(child.lineno, child.value)
        else:
            yield from _strings(child)


def _joined(lines: list[Text]) -> Iterator[Text]:
    """Comments on lines that follow each other are one text."""
    for at, (line, text) in enumerate(lines):
        if at and lines[at - 1][0] == line - 1:
            continue
        whole = [text]
        while at + len(whole) < len(lines) and lines[at + len(whole)][0] == line + len(whole):
            whole.append(lines[at + len(whole)][1])
        yield line, " ".join(whole)


def _paragraphs(line: int, text: str) -> Iterator[Text]:
    for part in re.split(r"(\n\s*\n)", text):
        if part.strip():
            yield line, part
        line += part.count("\n")


def _of_markdown(source: str) -> Iterator[Text]:
    """Paragraphs, items of lists and cells of tables, without blocks of code."""
    source = re.sub(r"^```.*?^```", lambda block: "\n" * block.group().count("\n"), source,
                    flags=re.MULTILINE | re.DOTALL)  # fmt: skip
    for line, part in _paragraphs(1, source):
        for piece in re.split(r"(\n(?=\s*(?:[*#|-]|\d+\.) ?))", part):
            cells = piece.split("|") if piece.lstrip().startswith("|") else [piece]
            for cell in cells:
                yield line, re.sub(r"^\s*(?:[*#-]+|\d+\.)\s+", "", cell).strip("*_ \n")
            line += piece.count("\n")


def _of_manifest(source: str) -> Iterator[Text]:
    for at, line in enumerate(source.splitlines(), 1):
        if found := re.match(r"\s*(?:#|(?:description|displayName|- name):)\s*[\"']?(.*)", line):
            yield at, found.group(1)


_SCRIPT = re.compile(
    r"/\*(?P<block>.*?)\*/|//(?P<line>[^\n]*)"
    r"|\"(?P<double>(?:\\.|[^\"\\\n])*)\"|'(?P<single>(?:\\.|[^'\\\n])*)'"
    r"|`(?P<template>(?:\\.|[^`\\])*)`",
    re.DOTALL,
)


def _of_script(source: str) -> Iterator[Text]:
    comments = []
    for found in _SCRIPT.finditer(source):
        line = source.count("\n", 0, found.start()) + 1
        text = found.group(found.lastgroup or 0)
        if found.lastgroup == "line":
            comments.append((line, text.strip()))
        elif found.lastgroup == "block":
            yield line, re.sub(r"^\s*\* ?", "", text, flags=re.MULTILINE)
        elif " " in text:
            yield line, text
    yield from _joined(comments)


def main(wanted: list[str]) -> int:
    for path in files():
        name = path.relative_to(ROOT).as_posix()
        if not wanted or any(name.startswith(start) for start in wanted):
            for line, word, around in flags(path):
                print(f"{name}:{line}: {word}: {around}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
