// The page, and where Stash shows it. A place that this Stash does not have costs only that place.
"use strict";
(() => {
  const S = window.Stash2Plex;
  const { h, React, Router, Icon, Guard, Notice, Progress } = S;
  const { useState, useEffect, useCallback } = React;

  const VIEWS = [
    ["overview", "Overview", "Overview"],
    ["scenes", "Scenes", "Scenes"],
    ["queue", "Queue", "Queue"],
    ["changes", "Changes", "Changes"],
    ["preview", "Preview", "Preview"],
    ["setup", "Setup", "Setup"],
  ];

  const FOLLOWING = ["scenes", "queue", "changes"];

  const ENDED = { FINISHED: "is done", CANCELLED: "was stopped", FAILED: "failed" };

  function Watched({ one, ended, say }) {
    const look = S.usePoll(
      (signal) => S.job(one.id, signal),
      (job) => (job && !ENDED[job.status] ? 1000 : 3600000),
      [one.id],
    );
    const job = look.data;
    const isOver = job && ENDED[job.status];
    useEffect(() => {
      if (isOver) ended(one, job);
    }, [isOver]);
    return h(
      "div",
      { className: "s2p-job" },
      h(
        "span",
        null,
        `${one.said[0].toUpperCase()}${one.said.slice(1)}: ${job && job.status === "READY" ? "waits for its turn" : "running"}`,
      ),
      h(Progress, { part: job && job.progress > 0 ? job.progress : 0, label: one.said }),
      h(S.Deed, {
        label: "Stop",
        name: `Stop ${one.said}`,
        deed: async () => {
          await S.stop(one.id);
          say(`${one.said} is being stopped; what is owed stays owed`, "success");
        },
      }),
    );
  }

  function Page() {
    const location = Router.useLocation(),
      history = Router.useHistory();
    const params = new URLSearchParams(location.search);
    const view = VIEWS.find(([key]) => key === params.get("view")) || VIEWS[0];
    const [said, setSaid] = useState(null);
    const [jobs, setJobs] = useState([]);
    const [version, setVersion] = useState(0);
    const say = useCallback((text, kind) => setSaid({ text, kind }), []);
    const changed = useCallback(() => setVersion((n) => n + 1), []);
    const watch = useCallback((one) => setJobs((before) => [...before, one]), []);
    const ended = useCallback(async (one, job) => {
      setJobs((before) => before.filter((other) => other !== one));
      const problem = await S.problemOf(one.mode, job).catch((error) => error.message);
      const how = problem && job.status === "FINISHED" ? "did not end well" : ENDED[job.status];
      say(
        `${one.said[0].toUpperCase()}${one.said.slice(1)} ${how}${problem ? `: ${problem}` : ""}`,
        problem || job.status === "FAILED" ? "danger" : "success",
      );
      changed();
      if (one.onEnd) one.onEnd();
    }, []);
    // While another view is open, the lists follow what happens.
    const running = jobs.length > 0;
    const status = S.useStatus(FOLLOWING.includes(view[0]) ? "status" : null, running);
    const seen = status.data && JSON.stringify([status.data.queue, status.data.busy]);
    const before = React.useRef(null);
    useEffect(() => {
      if (before.current && seen && before.current !== seen) changed();
      before.current = seen;
    }, [seen]);
    useEffect(() => {
      document.title = `${view[1]} | Stash2Plex | Stash`;
    }, [view[1]]);
    const go = (key, more) => history.push(`${S.PAGE}?${new URLSearchParams({ view: key, ...more })}`);
    return h(
      S.Saying.Provider,
      { value: say },
      h(
        S.Watching.Provider,
        { value: watch },
        h(
          "main",
          { className: "s2p-page container-fluid" },
          h("h1", null, "Stash2Plex"),
          h(
            "nav",
            { className: "s2p-tabs", "aria-label": "Views of Stash2Plex" },
            VIEWS.map(([key, name]) =>
              h(
                Router.Link,
                { key, to: `${S.PAGE}?view=${key}`, "aria-current": key === view[0] ? "page" : undefined },
                name,
              ),
            ),
          ),
          h(Notice, { said, onClose: () => setSaid(null) }),
          jobs.map((one) => h(Watched, { key: one.id, one, ended, say })),
          h(Guard, { key: view[0] }, h(S[view[2]], { version, running, changed, params, go })),
        ),
      ),
    );
  }

  // -- the places in Stash

  function safely(place, patch) {
    try {
      patch();
    } catch (error) {
      lost(place, error);
    }
  }
  const lost = (place, error) => console.info(`Stash2Plex: this Stash has no ${place} (${error.message})`);
  const { patch, register, hooks } = S.api;
  const guarded = (Shown, props) => h(Guard, { key: "stash2plex" }, h(Shown, props));
  // What a patch throws would leave all of Stash blank: then Stash shows its own, without our part.
  function patched(kind, name, change, own) {
    patch[kind](name, (...given) => {
      try {
        return change(...given);
      } catch (error) {
        lost(name, error);
        return own(given);
      }
    });
  }
  const before = (name, change) => patched("before", name, change, (given) => given);
  const after = (name, change) => patched("after", name, change, (given) => given[given.length - 1]);
  // Behind the children of a place; where it cannot be drawn there is nothing, but for the guard's own words.
  const appended = (name, part) =>
    before(name, (props) => [{ ...props, children: h(React.Fragment, null, props.children, part(props)) }]);
  const silently = (Shown) => h(Guard, { key: "stash2plex", instead: null }, h(Shown));

  safely("pages of plugins", () => register.route(S.PAGE, () => guarded(Page)));

  const { Nav, Tab } = S.Bootstrap;
  // Both places in the bar are of one component, the wide screen's and the phone's, whose menu a Nav.Link closes.
  const BarLink = () =>
    h(
      Nav.Link,
      {
        as: Router.NavLink,
        eventKey: S.PAGE,
        className: "nav-utility s2p-nav",
        exact: true,
        to: S.PAGE,
        title: "Stash2Plex",
        "aria-label": "Stash2Plex",
      },
      h(
        "span",
        { className: "minimal d-flex align-items-center h-100 btn btn-primary" },
        h(Icon, { name: "faExchangeAlt" }),
      ),
    );
  safely("navigation bar", () => appended("MainNavBar.UtilityItems", () => silently(BarLink)));

  // Rendered twice since v0.29: the second time the link is there already.
  function ToolsLink() {
    const [first, setFirst] = useState(true);
    const place = React.useRef(null);
    useEffect(() => setFirst(document.querySelector(".s2p-tools") === place.current), []);
    return h(
      "div",
      { ref: place, className: "setting s2p-tools", hidden: !first },
      h(
        "div",
        null,
        h("h3", null, h(Router.Link, { to: S.PAGE, className: "btn btn-primary" }, "Stash2Plex")),
      ),
      h("div", null),
    );
  }
  safely("tools", () => appended("SettingsToolsSection", () => guarded(ToolsLink)));

  const SceneTab = () => h(Nav.Item, null, h(Nav.Link, { eventKey: "stash2plex-panel" }, "Plex"));
  const ScenePane = ({ scene }) =>
    h(Tab.Pane, { eventKey: "stash2plex-panel", mountOnEnter: true }, guarded(S.ScenePanel, { scene }));
  safely("tabs of scenes", () => {
    appended("ScenePage.Tabs", () => silently(SceneTab));
    appended("ScenePage.TabContent", (props) => guarded(ScenePane, { scene: props.scene }));
  });

  safely("cards of scenes", () =>
    after("SceneCard.Overlays", (...given) =>
      h(
        React.Fragment,
        null,
        given[given.length - 1],
        given[0].scene && h(Guard, { instead: null }, h(S.CardBadge, { id: Number(given[0].scene.id) })),
      ),
    ),
  );

  // Only where the token can be set in our own block is it taken from Stash's.
  safely("settings of plugins", () => {
    if (!hooks || !hooks.useSettings) return;
    before("PluginSettings", (props) => [
      props.pluginID === S.ID ? { ...props, settings: S.settingsShown(props.settings) } : props,
    ]);
    after("PluginSettings", (...given) => {
      const shown = given[given.length - 1];
      return given[0].pluginID === S.ID
        ? h(Guard, { instead: shown }, h(S.SettingsPlace, null, shown))
        : shown;
    });
  });
})();
