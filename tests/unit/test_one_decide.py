"""plex/sync/decide.py is the only place that decides about scenes; everybody else calls it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.support.product import TREES

HOME = "plex.sync.decide"
# What a decision is assembled from -> the modules that call it besides its home.
PARTS: dict[str, set[str]] = {
    "match.match": set(),
    "match.matched": {"plex.library.match"},
    "match.read": set(),
    "match.hidden": set(),
    "match.fit": set(),
    "match.Claims": set(),
    "selection.skip_reason": {"plex.library.match"},  # of a scene that is not at hand
    "work.planned": set(),
    "work.claim_photos": set(),
    "work.state_before": set(),
    "covers.due_covers": set(),
    "plan.changes": {"plex.sync.work"},
}
# Who asks for decisions, and by which methods.
CALLERS = {
    "app.commands.decide": {"scenes", "look"},  # Open Decisions
    "app.commands.explain": {"look"},
    "app.commands.preview": {"look"},
    "app.commands.set_up": {"look"},
    "app.setup_check.paths": {"locate"},
    "plex.sync.pipeline": {"scenes", "decide", "give_up"},
    "plex.sync.prefetch": {"decide"},  # of the pipeline
    "reconciliation.brake": {"scenes"},  # its sample
    "reconciliation.compare": {"compare"},
    "reconciliation.engine": {"holds", "read"},
    "reconciliation.scan": {"choose", "hints"},
}
_ASKS = re.compile(r"(?:decider|pipeline|pipeline_of\(run\))\.(\w+)$")
METHODS = {
    "scenes",
    "decide",
    "locate",
    "holds",
    "choose",
    "hints",
    "read",
    "compare",
    "give_up",
    "look",
}


def used(tree: ast.Module) -> Iterator[str]:
    """Dotted names that the module refers to, whichever way it has imported them."""
    short = {
        alias.asname or alias.name: f"{(node.module or '').rpartition('.')[2]}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in short:
            yield short[node.id]
        elif isinstance(node, ast.Attribute):
            yield ast.unparse(node)


USED = {name: frozenset(used(tree)) for name, tree in TREES.items()}


def users(part: str) -> set[str]:
    inside, own = part.split(".")
    return {
        name for name, tree in TREES.items()
        if part in USED[name]
        or (name.endswith(f".{inside}") and any(
            isinstance(node, ast.Call) and ast.unparse(node.func) == own for node in ast.walk(tree)
        ))
    }  # fmt: skip


def test_nobody_else_assembles_a_decision() -> None:
    assert {part: users(part) - {HOME} for part in PARTS} == PARTS


def test_every_part_of_a_decision_is_used_at_its_home() -> None:
    assert {part for part in PARTS if HOME not in users(part)} == {"plan.changes"}


def test_all_callers_of_decide_are_known() -> None:
    found: dict[str, set[str]] = {}
    for name, tree in TREES.items():
        for node in ast.walk(tree):
            asked = _ASKS.search(ast.unparse(node)) if isinstance(node, ast.Attribute) else None
            if asked and asked[1] in METHODS:
                found.setdefault(name, set()).add(asked[1])
    assert found == CALLERS
