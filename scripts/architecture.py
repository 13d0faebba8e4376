"""Draws docs/images/architecture.svg: the packages, and which package imports which.

    python scripts/architecture.py            writes the picture
    python scripts/architecture.py --check    fails when the committed picture is an old one

The arrows come from the imports in the sources. An arrow is left out where a longer way says the
same. An import that points up is drawn in red.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from package import ROOT, contents

PICTURE = ROOT / "docs" / "images" / "architecture.svg"

# From the top down, with the column of each box: a package imports only what stands below it.
ROWS: tuple[dict[str, float], ...] = (
    {"Stash2Plex.py": 1.5},
    {"app": 1.5},
    {"reconciliation": 1.5},
    {"plex.self_test": 2.0},
    {"plex.sync": 1.5},
    {"plex.library": 1.0, "plex.images": 2.0},
    {"plex.state": 1.0, "plex.client": 2.0},
    {"plex.plan": 1.5},
    {"plex.fields": 1.5},
    {"plex.path_map": 1.0},
    {"stash": 1.5},
    {"sync_queue": 0.5, "net": 1.5, "validation": 2.5},
    {"disk": 0.5},
)
RANK = {name: rank for rank, row in enumerate(ROWS) for name in row}
EVERYWHERE = "errors"  # nearly every package imports errors.py: its arrows would hide the others

Edge = tuple[str, str]

STEP, WIDE, BOX, HIGH, EDGE = 46, 170, 130, 28, 14
FRAME = ("plex.self_test", "plex.path_map")


def edges(root: Path = ROOT) -> set[Edge]:
    """Which package imports which when the program runs, without imports for types only."""
    found = {
        (box(path), target)
        for path in contents(root)
        if path.suffix == ".py"
        for module in imports(ast.parse((root / path).read_text(encoding="utf-8")))
        if (target := box(Path(*module.split(".")))) in RANK
    }
    return {(source, target) for source, target in found if source != target}


def box(path: Path) -> str:
    """The box of a module: two names deep in plex/, one elsewhere."""
    parts = path.parts
    return ".".join(parts[:2]) if parts[0] == "plex" else parts[0]


def imports(tree: ast.AST) -> Iterator[str]:
    """The dotted names that a module imports, also inside functions."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            yield from (name for other in node.orelse for name in imports(other))
        else:
            yield from imports(node)


def upward(found: set[Edge]) -> set[Edge]:
    """The imports that point to the same row or to a higher one."""
    return {(source, target) for source, target in found if RANK[source] >= RANK[target]}


def reduced(found: set[Edge]) -> set[Edge]:
    """The arrows that are left when a longer way down replaces the direct one."""
    down = found - upward(found)
    return {(source, target) for source, target in down if not _detour(down, source, target)}


def _detour(down: set[Edge], source: str, target: str) -> bool:
    between = {middle for first, middle in down if first == source and middle != target}
    return any(_reaches(down, middle, target) for middle in between)


def _reaches(down: set[Edge], source: str, target: str) -> bool:
    return source == target or any(
        _reaches(down, middle, target) for first, middle in down if first == source
    )


def drawing(found: set[Edge]) -> str:
    """The picture as SVG; the same imports give the same bytes."""
    height = STEP * len(ROWS) + 2 * EDGE + 18
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE * 4} {height}" '
        f'width="{WIDE * 4}" height="{height}" font-family="sans-serif" font-size="13">',
        "<title>The packages of Stash2Plex, and which package imports which</title>",
        *_heads(),
        f'<rect width="{WIDE * 4}" height="{height}" fill="#ffffff"/>',
        *_frame(),
        *(_arrow(edge, "#607080") for edge in sorted(reduced(found))),
        *(_arrow(edge, "#c62828") for edge in sorted(upward(found))),
        *(_box(name) for row in ROWS for name in row),
        f'<text x="{WIDE * 2}" y="{height - EDGE}" text-anchor="middle" fill="#607080">'
        f"every package may import {EVERYWHERE}.py</text>",
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _heads() -> Iterator[str]:
    for color in ("#607080", "#c62828"):
        yield (
            f'<marker id="head-{color[1:]}" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" '
            f'markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z" fill="{color}"/></marker>'
        )


def _frame() -> Iterator[str]:
    """The border around the packages of plex/."""
    first, last = (_center(name)[1] for name in FRAME)
    top, bottom = first - STEP / 2 + 1, last + STEP / 2 - 1
    yield (
        f'<rect x="{WIDE - 4:g}" y="{top:g}" width="{WIDE * 2 + 8:g}" height="{bottom - top:g}" '
        'rx="8" fill="#f3f6fa" stroke="#c5d0dc"/>'
    )
    yield f'<text x="{WIDE + 8:g}" y="{top + 18:g}" fill="#607080">plex/</text>'


def _box(name: str) -> str:
    x, y = _center(name)
    text = name.partition(".")[2] if name.startswith("plex.") else name
    return (
        f'<rect x="{x - BOX / 2:g}" y="{y - HIGH / 2:g}" width="{BOX}" height="{HIGH}" rx="5" '
        f'fill="#ffffff" stroke="#34495e"/>'
        f'<text x="{x:g}" y="{y + 4.5:g}" text-anchor="middle" fill="#1b2733">{text}</text>'
    )


def _arrow(edge: Edge, color: str) -> str:
    (x, y), (to_x, to_y) = (_center(name) for name in edge)
    sign = 1 if to_y > y else -1
    y, to_y = y + sign * HIGH / 2, to_y - sign * HIGH / 2
    # An arrow that points up over other rows swings out, so that it crosses no box.
    swing = 0 if sign > 0 or y - to_y < STEP else WIDE * 0.62
    middle = (y + to_y) / 2
    return (
        f'<path d="M{x:g} {y:g}C{x + swing:g} {middle:g} {to_x + swing:g} {middle:g} '
        f'{to_x:g} {to_y:g}" fill="none" stroke="{color}" marker-end="url(#head-{color[1:]})"/>'
    )


def _center(name: str) -> tuple[float, float]:
    rank = RANK[name]
    return (ROWS[rank][name] + 0.5) * WIDE, EDGE + rank * STEP + STEP / 2


def main() -> int:
    text = drawing(edges())
    if "--check" in sys.argv:
        return 0 if PICTURE.read_text(encoding="utf-8") == text else 1
    PICTURE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
