"""Every button that the page has is pressed by its name in some test here."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent
UI = HERE.parent.parent / "ui"
TESTS = "\n".join(
    one.read_text(encoding="utf-8") for one in HERE.glob("test_*.py") if one != Path(__file__)
)


def buttons() -> set[str]:
    """What stands on them, as far as it is the same for all: `Retry ${row.kind}` is `Retry `."""
    found = set()
    for path in UI.glob("*.js"):
        text = path.read_text(encoding="utf-8")
        for part in re.split(r"Deed, \{", text)[1:]:
            given = part.split(" })")[0]
            said = re.search(r" name: ([^,]+)", given) or re.search(r"label: ([^,]+)", given)
            found |= set(re.findall(r'["`]([^"`]+)["`]', said[1] if said else ""))
        found |= set(re.findall(r'Bootstrap\.Button, \{[^}]*\}[^"]*"([^"]+)"', text))
        found |= set(re.findall(r'"aria-label": "(Close[^"]+)"', text))
    return {one.split("${")[0] for one in found} - {""}


def test_every_button_is_pressed() -> None:
    assert len(buttons()) > 35
    assert [name for name in sorted(buttons()) if f'"{name}' not in TESTS] == []
