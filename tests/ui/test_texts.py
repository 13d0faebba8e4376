"""Whatever a scene, Plex or a setting says is shown as text, in every view."""

from __future__ import annotations

import pytest

from devserver.box import Box
from tests.support.jobs import bury
from tests.ui.conftest import View

HTML = "<b>bold</b><img src=x onerror=window.hacked=1> &amp;"
SCRIPT = "<script>window.hacked=1</script> {{x}} ${y}"
RIGHT_TO_LEFT = "דג גדול 12 (x)"


def said_everywhere(box: Box, text: str) -> int:
    """A conflict, a journal, a dead letter, a preview, a library and a setting with this text."""
    box.plex.add_section(text, roots=["/others"])
    box.configure(on_edit_in_plex="ask", hook_mode=text)
    scene = box.add("a.mp4", title=text, details=text, tags=[text])
    other = box.add("b.mp4", title=text)
    box.operation("preview")
    box.operation("all")
    box.plex.edit_as_person(int(box.item(other)["ratingKey"]), title=f"{text} in Plex")
    box.stash.update_scene(other, title=f"{text} in Stash")
    box.settle()
    box.operation("all")
    bury(box, 1, f"no: {text}", first=scene)
    box.operation("hold", scene=scene)
    return scene


def is_text(tab: View, place: str, text: str) -> None:
    """It is seen, and made nothing of; `<bdi>` keeps its direction to itself."""
    shown = tab.page.locator(f"{place} bdi").filter(has_text=text).first
    shown.wait_for(state="attached")
    assert shown.evaluate("one => getComputedStyle(one).unicodeBidi") == "isolate"
    cover = "[src*='/screenshot']"
    made = ", ".join(f"{place} {kind}" for kind in (f"img:not({cover})", "b", "script"))
    assert tab.page.locator(made).count() == 0
    assert tab.page.evaluate("window.hacked") is None


@pytest.mark.parametrize(
    "text", [HTML, SCRIPT, RIGHT_TO_LEFT], ids=["html", "script", "right to left"]
)
def test_a_hostile_text_is_shown_as_text_everywhere(box: Box, tab: View, text: str) -> None:
    scene = said_everywhere(box, text)
    for view in ("scenes", "queue", "changes", "preview", "setup"):
        tab.go(view)
        is_text(tab, ".s2p-page", text)
    tab.go("changes", "&run=1")
    is_text(tab, ".s2p-page", text)
    tab.page.goto(f"{box.stash.url}/scenes/{scene}")
    tab.page.get_by_role("tab", name="Plex").click()
    is_text(tab, ".s2p-scene", text)
    tab.shot("hostile")
    tab.page.goto(f"{box.stash.url}/settings?tab=plugins")
    is_text(tab, ".s2p-in-force", text)
