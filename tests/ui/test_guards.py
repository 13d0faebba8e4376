"""What we add to Stash may fail; Stash itself then looks as it does without us."""

from __future__ import annotations

import pytest

from devserver.box import Box
from tests.ui.conftest import Open

# Within the patch of one place, every element that we make throws: at once, or when it is drawn.
TORN = """
(() => {
  const PLACE = "%s", AT_ONCE = %s;
  let api, inside = null;
  const drawn = (type) => (typeof type === "function" && !(type.prototype || {}).isReactComponent) || (type && type.render);
  const Torn = () => { throw new Error("torn"); };
  function tear(found) {
    const { createElement } = found.React;
    found.React = { ...found.React, createElement: (type, ...rest) => {
      if (inside !== PLACE) return createElement(type, ...rest);
      window.torn = true;
      if (AT_ONCE) throw new Error("torn");
      return createElement(drawn(type) ? Torn : type, ...rest);
    } };
    for (const kind of ["before", "after"]) {
      const whole = found.patch[kind];
      found.patch[kind] = (name, change) => whole(name, (...given) => {
        const outer = inside;
        inside = name;
        try { return change(...given); } finally { inside = outer; }
      });
    }
    return found;
  }
  Object.defineProperty(window, "PluginApi", { get: () => api, set: (found) => { api = tear(found); } });
})();
"""
# Where each place is seen, and what Stash shows there of its own.
PLACES = {
    "MainNavBar.UtilityItems": ("/", "Stash in a box"),
    "SettingsToolsSection": ("/settings?tab=tools", "Playground"),
    "ScenePage.Tabs": ("/scenes/{}", "Details"),
    "ScenePage.TabContent": ("/scenes/{}", "All about it"),
    "SceneCard.Overlays": ("/scenes", "A studio"),
    "PluginSettings": ("/settings?tab=plugins", "Max Retries"),
}


@pytest.mark.parametrize("at_once", ["true", "false"])
@pytest.mark.parametrize("place", PLACES)
def test_a_part_of_ours_that_throws_takes_nothing_of_stash_away(
    box: Box, open_tab: Open, place: str, at_once: str
) -> None:
    scene = box.add("one.mp4", title="One", details="All about it", studio="A studio")
    tab = open_tab(("torn", "The above error occurred"))
    tab.page.add_init_script(TORN % (place, at_once))
    path, own = PLACES[place]
    tab.page.goto(box.stash.url + path.format(scene))
    tab.page.get_by_text(own).locator("visible=true").first.wait_for(timeout=30_000)
    tab.until(lambda: bool(tab.page.evaluate("window.torn")))
    tab.page.wait_for_timeout(200)
    assert tab.page.get_by_text(own).locator("visible=true").count() > 0
    assert tab.page.get_by_role("link", name="Stash", exact=True).count() > 0, "the bar is there"
