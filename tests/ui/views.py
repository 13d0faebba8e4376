"""The views that the page has, as its own source lists them."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "ui" / "page.js"


def names() -> list[str]:
    listed = re.search(r"const VIEWS = \{(.*?)\};", PAGE.read_text(encoding="utf-8"), re.S)
    assert listed, "ui/page.js has a list of views"
    return re.findall(r"^ *(\w+):", listed[1], re.M)
