"""The tests themselves: what they share has one place."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parents[1]
# Programs that tests start or look at. The tests in a browser share their own conftest.
MAY_IMPORT = ("tests.support", "tests.torture", "tests.bench", "tests.mutants")
OWN = {"ui": ("tests.ui",), "torture": (), "bench": ()}


def modules(path: Path) -> Iterator[str]:
    """The modules that a file imports, with their parent packages for `from package import name`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            yield f"{'.' * node.level}{node.module or ''}"
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def is_other_test(module: str, folder: str) -> bool:
    if module.startswith("."):
        return True
    if module.partition(".")[0] == "tests":
        return not module.startswith((*MAY_IMPORT, *OWN.get(folder, ())))
    name = module.partition(".")[0]
    return name == "conftest" or name.startswith("test_")


TEST_FILES = sorted(
    path for path in TESTS.rglob("*.py") if path.name.startswith(("test_", "conftest"))
)


def test_a_test_file_imports_no_other_test_file() -> None:
    for path in TEST_FILES:
        folder = path.relative_to(TESTS).parts[0]
        assert [name for name in modules(path) if is_other_test(name, folder)] == [], path


def test_helpers_import_no_test_file() -> None:
    for path in (TESTS / "support").rglob("*.py"):
        assert [module for module in modules(path) if is_other_test(module, "")] == [], path


def test_a_helper_beside_the_test_files_is_refused() -> None:
    for folder in ("unit", "contract", "system", "fuzz"):
        beside = {path.name for path in (TESTS / folder).glob("*.py")} - {"conftest.py"}
        assert [name for name in beside if not name.startswith("test_")] == [], folder


WORDS = 12  # of a test's name


def test_the_name_of_a_test_is_short() -> None:
    names = [
        f"{path.relative_to(TESTS)}: {node.name}"
        for path in TEST_FILES
        if "ui" not in path.relative_to(TESTS).parts
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
        if len(node.name.split("_")) - 1 > WORDS
    ]
    assert names == []
