"""Every button that the page has is pressed by its name in some test here."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent
UI = HERE.parent.parent / "ui"
TESTS = "\n".join(
    path.read_text(encoding="utf-8") for path in HERE.glob("test_*.py") if path != Path(__file__)
)


def texts() -> dict[str, str]:
    found = re.findall(r'^  "([\w.]+)":\s+"(.*)",$', (UI / "texts.js").read_text("utf-8"), re.M)
    return dict(found)


def buttons() -> set[str]:
    """Their names up to the first place: `Retry {kind} {id}` is `Retry `. A name for screen readers
    counts instead of the label, and a task's name where there is no label."""
    known = texts()
    keys = [key for key in known if key.startswith("button.") and f"{key}.name" not in known]
    for path in UI.glob("*.js"):
        for given in re.findall(r"TaskButton, \{(.*?)\}\)", path.read_text(encoding="utf-8"), re.S):
            mode = re.search(r'mode: "(\w+)"', given)
            if mode and not re.search(r"\b(label|task):", given):
                keys.append(f"task.{mode[1]}")
    return {known[key].split("{")[0] for key in keys}


def test_every_button_is_pressed() -> None:
    assert len(buttons()) > 35
    assert [name for name in sorted(buttons()) if f'"{name}' not in TESTS] == []
