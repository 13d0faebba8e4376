"""What the plugin's own manifest says: read without PyYAML, which an installation does not have."""

import re
from pathlib import Path

from stash import hook

FOLDER = Path(__file__).resolve().parent.parent  # the plugin's


def about() -> dict[str, str]:
    """`version` and `url`."""
    text = (FOLDER / f"{hook.PLUGIN_ID}.yml").read_text(encoding="utf-8")
    return dict(re.findall(r"^(version|url): *(.+?) *$", text, re.MULTILINE))
