// Where Stash shows us. If this Stash lacks one of the places, only that place is missing.
"use strict";
(() => {
  const S = window.Stash2Plex;
  const { h, React, Router, Icon, ErrorBoundary, Translated, text } = S;
  const { useState, useEffect } = React;
  const { patch, register, hooks } = S.api;
  const { Nav, Tab } = S.Bootstrap;
  const PANEL = "stash2plex-panel";

  // -- patches

  const reportMissing = (place, error) =>
    console.info(text("page.noPlace", { place, problem: error.message }));

  function attempt(place, add) {
    try {
      add();
    } catch (error) {
      reportMissing(place, error);
    }
  }

  // An error in a patch would leave all of Stash blank. Instead, Stash shows its own part without ours.
  function patched(kind, name, change, unchanged) {
    patch[kind](name, (...given) => {
      try {
        return change(...given);
      } catch (error) {
        reportMissing(name, error);
        return unchanged(given);
      }
    });
  }
  // The last argument of a patch `after` is what Stash shows.
  const resultOf = (given) => given[given.length - 1];
  const before = (name, change) => patched("before", name, change, (given) => given);
  const after = (name, change) => patched("after", name, change, resultOf);
  const append = (name, part) =>
    before(name, (props) => [{ ...props, children: h(React.Fragment, null, props.children, part(props)) }]);

  // Shows the component in Stash's language, or `instead`, or its error if that is not given.
  const shown = (Component, props, rest) =>
    h(ErrorBoundary, { key: "stash2plex", ...rest }, h(Translated, null, h(Component, props)));
  const guarded = (Component, props) => shown(Component, props);
  // Shows the component, or nothing.
  const silent = (Component, props) => shown(Component, props, { instead: null });

  // -- the page

  attempt(text("place.pages"), () => register.route(S.PAGE, () => guarded(S.Page)));

  // Stash shows the bar's items twice, for wide screens and for phones. A Nav.Link closes the phone's menu.
  function BarLink() {
    const link = {
      as: Router.NavLink,
      eventKey: S.PAGE,
      className: "nav-utility s2p-nav",
      exact: true,
      to: S.PAGE,
      title: S.ID,
      "aria-label": S.ID,
    };
    const button = { className: "minimal d-flex align-items-center h-100 btn btn-primary" };
    return h(Nav.Link, link, h("span", button, h(Icon, { name: "faExchangeAlt" })));
  }
  attempt(text("place.bar"), () => append("MainNavBar.UtilityItems", () => silent(BarLink)));

  // Stash 0.29 and newer show this place twice. The second link hides itself.
  function ToolsLink() {
    const [first, setFirst] = useState(true);
    const place = React.useRef(null);
    useEffect(() => setFirst(document.querySelector(".s2p-tools") === place.current), []);
    const link = h(Router.Link, { to: S.PAGE, className: "btn btn-primary" }, S.ID);
    return h(
      "div",
      { ref: place, className: "setting s2p-tools", hidden: !first },
      h("div", null, h("h3", null, link)),
      h("div", null),
    );
  }
  attempt(text("place.tools"), () => append("SettingsToolsSection", () => guarded(ToolsLink)));

  // -- scenes

  const SceneTab = () => h(Nav.Item, null, h(Nav.Link, { eventKey: PANEL }, text("scene.tab")));
  const ScenePane = ({ scene }) =>
    h(Tab.Pane, { eventKey: PANEL, mountOnEnter: true }, guarded(S.ScenePanel, { scene }));
  attempt(text("place.sceneTabs"), () => {
    append("ScenePage.Tabs", () => silent(SceneTab));
    append("ScenePage.TabContent", ({ scene }) => guarded(ScenePane, { scene }));
  });

  const Badge = ({ scene }) => h(S.CardBadge, { id: Number(scene.id) });
  attempt(text("place.sceneCards"), () =>
    after("SceneCard.Overlays", (...given) => {
      const [{ scene }] = given;
      return h(React.Fragment, null, resultOf(given), scene && silent(Badge, { scene }));
    }),
  );

  // -- the clock

  attempt(text("place.clock"), S.startClock);

  // -- settings

  const ownSettings = (props) =>
    props.pluginID === S.ID ? { ...props, settings: S.settingsShown(props.settings) } : props;
  function withBlock(...given) {
    const fields = resultOf(given);
    if (given[0].pluginID !== S.ID) return fields;
    return shown(S.SettingsPlace, { children: fields }, { instead: fields });
  }
  // Stash's own field of the token goes only if ours can save.
  attempt(text("place.settings"), () => {
    if (!hooks || !hooks.useSettings) return;
    before("PluginSettings", (props) => [ownSettings(props)]);
    after("PluginSettings", withBlock);
  });
})();
