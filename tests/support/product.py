"""The product's modules and their syntax trees, for the tests of its structure."""

from __future__ import annotations

import ast
from pathlib import Path

import package

ROOT = package.ROOT
FOLDERS = tuple(folder for folder in package.FOLDERS if folder != "ui")
FILES = [package.ROOT / path for path in package.contents() if path.suffix == ".py"]


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


TREES = {name_of(path): ast.parse(path.read_text(encoding="utf-8")) for path in FILES}
