"""Each row of docs/facts.md names code and a test that exist."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
EVIDENCE = ("run", "source", "official", "observed", "reported", "open")
LEAST, LEAST_RUN = 60, 12


def rows() -> list[list[str]]:
    """The cells of all rows with five columns, without the heads."""
    text = (ROOT / "docs" / "facts.md").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    return [row for row in cells if len(row) == 5 and row[0] != "Behaviour"]


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0][:60])
def test_a_fact_names_its_evidence_its_code_and_its_test(row: list[str]) -> None:
    behaviour, version, evidence, used, held = row
    assert behaviour.endswith(".") and version
    assert evidence in EVIDENCE
    assert (ROOT / used / "__init__.py").is_file()
    path, _, name = held.partition("::")
    assert name in names(ROOT / path) if name else (ROOT / path).suffix == ".sh"


def names(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_enough_facts_are_known_and_enough_of_them_were_run() -> None:
    known = rows()
    assert len(known) >= LEAST
    assert len([row for row in known if row[2] == "run"]) >= LEAST_RUN
    assert len({row[0] for row in known}) == len(known)


def test_each_script_of_findings_is_a_fact() -> None:
    held = {row[4] for row in rows()}
    assert {f"findings/{path.name}" for path in (ROOT / "findings").glob("*.sh")} <= held
