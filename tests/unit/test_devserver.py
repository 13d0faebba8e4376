"""The simulators' own house: modules import in one direction only."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parents[2]
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted((ROOT / "devserver").rglob("*.py"))
}


def imported(module: str, path: Path) -> Iterator[str]:
    """The modules of devserver that this one imports, also those inside of functions and for types.

    `from devserver.plex import library` counts as an import of the library alone: the package
    itself is a door for those outside.
    """
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")[: len(package.split(".")) - node.level + 1]
            base = ".".join([*(parents if node.level else ()), *filter(None, [node.module])])
            for alias in node.names:
                name = f"{base}.{alias.name}"
                yield name if name in MODULES else base


def graph() -> Mapping[str, set[str]]:
    return {
        module: {name for name in imported(module, path) if name in MODULES and name != module}
        for module, path in MODULES.items()
    }


def test_no_module_imports_itself_by_a_detour() -> None:
    try:
        TopologicalSorter(graph()).prepare()
    except CycleError as error:
        raise AssertionError(" -> ".join(reversed(error.args[1]))) from None


def test_nothing_in_a_package_enters_by_its_own_door() -> None:
    imported = graph()
    for package in ("devserver.plex", "devserver.plex_tv", "devserver.stash"):
        inside = {module for module in MODULES if module.startswith(f"{package}.")}
        entering = [one for one in inside if package in imported[one] and "__main__" not in one]
        assert entering == []
