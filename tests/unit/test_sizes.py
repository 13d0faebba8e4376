"""Product code is short: functions, files and folders."""

import ast
from collections import Counter
from pathlib import Path
from statistics import median, quantiles

import english

ROOT = english.ROOT
CODE = [path for path in english.files() if path.suffix == ".py"]


def test_functions_are_short():
    lengths = [
        (node.end_lineno or node.lineno) - node.lineno + 1
        for path in CODE
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]

    assert median(lengths) <= 6
    assert quantiles(lengths, n=10)[8] <= 15


def test_no_file_is_longer_than_350_lines():
    lengths = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in CODE}

    assert {n: c for n, c in lengths.items() if c > 350} == {}


def test_no_folder_has_more_than_20_modules():
    modules = Counter(name(path.parent) for path in CODE if path.name != "__init__.py")

    assert {n: c for n, c in modules.items() if c > 20} == {}


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()
