"""docs/architecture.md: its picture is what the imports are, and its table knows every package."""

import ast
from pathlib import Path

import architecture

ROOT = Path(__file__).resolve().parent.parent.parent


def test_the_picture_is_drawn_from_the_imports_of_today():
    drawn = architecture.drawing(architecture.edges())

    assert architecture.PICTURE.read_text(encoding="utf-8") == drawn, (
        "the imports between packages changed: run `make picture` and commit the SVG"
    )


def test_an_arrow_is_left_out_where_a_longer_way_exists():
    found = {("app", "stash"), ("stash", "net"), ("app", "net")}

    assert architecture.reduced(found) == {("app", "stash"), ("stash", "net")}


def test_an_import_that_points_up_is_drawn_in_red():
    found = {("app", "disk"), ("disk", "app")}

    assert architecture.upward(found) == {("disk", "app")}
    assert 'stroke="#c62828"' in architecture.drawing(found)


def test_every_package_has_a_row_in_the_table():
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    names = [name.replace(".", "/") for name in architecture.RANK if name != "Stash2Plex.py"]

    assert [name for name in names if f"`{name}/`" not in text] == []


def test_every_package_of_the_product_is_in_the_picture():
    folders = {path.parent.relative_to(ROOT).parts for path in ROOT.glob("*/**/__init__.py")}
    known = {tuple(name.split(".")) for name in architecture.RANK} | {("plex",)}
    product = {parts for parts in folders if parts[0] in {name[0] for name in known}}

    assert {parts[:2] if parts[0] == "plex" else parts[:1] for parts in product} <= known


def test_the_architecture_fits_on_one_screen():
    lines = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").splitlines()

    assert len(lines) <= 45


def test_a_package_begins_with_a_short_docstring_and_nothing_else():
    public = ROOT / "reconciliation" / "__init__.py"  # exports names, on first use
    for path in (path for path in ROOT.glob("*/**/__init__.py") if _is_product(path)):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        docstring = ast.get_docstring(tree)

        assert docstring and len(docstring.splitlines()) <= 5, path
        assert path == public or len(tree.body) == 1, path


def _is_product(path: Path) -> bool:
    top = path.relative_to(ROOT).parts[0]
    return top in {name.partition(".")[0] for name in architecture.RANK}
