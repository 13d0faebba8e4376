// Overview: does Plex say what Stash says, and if not, why not and what to press.
"use strict";
(() => {
  const S = window.Stash2Plex;
  const { h, React, Router } = S;
  const { Card, Deed, TaskDeed, Progress, Trouble, Loading } = S;

  // The view that lists a part of the ring.
  const viewOf = (state) => (state === "waiting" ? "queue" : `scenes&state=${state}`);

  // What nobody has looked at yet is counted here: how many scenes there are in all only Stash knows.
  function shares(scenes, total) {
    const counted = Object.entries(scenes).reduce(
      (sum, [state, count]) => sum + (state === "unknown" ? 0 : count),
      0,
    );
    return { ...scenes, unknown: Math.max(scenes.unknown, (total || 0) - counted) };
  }

  function Ring({ found }) {
    const states = Object.keys(S.STATES).filter((state) => state === "in_sync" || found[state]);
    const total = states.reduce((sum, state) => sum + found[state], 0);
    const around = 2 * Math.PI * 40;
    let before = 0;
    const arcs = states.map((state) => {
      const length = total ? (found[state] / total) * around : 0;
      const arc = h("circle", {
        key: state,
        cx: 50,
        cy: 50,
        r: 40,
        fill: "none",
        stroke: S.STATES[state].colour,
        strokeWidth: 14,
        strokeDasharray: `${length} ${around - length}`,
        strokeDashoffset: -before,
      });
      before += length;
      return arc;
    });
    const share = total ? Math.floor((100 * found.in_sync) / total) : 0;
    return h(
      "div",
      { className: "s2p-ring" },
      h(
        "svg",
        { viewBox: "0 0 100 100", role: "img", "aria-label": `${share} % of the scenes are in sync` },
        h("circle", { cx: 50, cy: 50, r: 40, fill: "none", stroke: "#5c708033", strokeWidth: 14 }),
        h("g", { transform: "rotate(-90 50 50)" }, arcs),
        h("text", { x: 50, y: 55, textAnchor: "middle", className: "s2p-share" }, total ? `${share} %` : "–"),
      ),
      h(
        "ul",
        null,
        states.map((state) =>
          h(
            "li",
            { key: state, style: { color: S.STATES[state].colour } },
            h("span", { className: "s2p-mark" }, h(S.Icon, { name: S.STATES[state].icon })),
            h(
              Router.Link,
              { to: `${S.PAGE}?view=${viewOf(state)}`, "data-part": state },
              S.manyAre(found[state], state),
            ),
          ),
        ),
      ),
    );
  }

  const MODES = {
    process_queue: "Syncing what is waiting",
    all: "Syncing all scenes",
    recent: "Syncing recent scenes",
    preview: "Making a preview",
    undo: "Undoing",
    doctor: "Checking the setup",
    reconcile_all: "Reconciling the library",
    apply_preview: "Applying the preview",
    install_packages: "Installing packages",
  };

  const doing = (mode) => MODES[mode] || `Running ${mode.replace(/_/g, " ")}`;

  // What came in the way of the last run, unless another part of this view says it already.
  function Failed({ found }) {
    const { failure, outage, reconciliation, at } = found;
    if (!failure || outage || failure.said === reconciliation.failure) return null;
    return h(Trouble, {
      text: `${doing(failure.mode)} did not end well, ${S.away(failure.at, at)}: ${failure.said}`,
    });
  }

  function Now({ found }) {
    const { activity, queue } = found;
    const owed = queue.pending + queue.waiting + queue.in_progress + queue.flagged;
    const said = activity
      ? doing(activity.mode)
      : found.reconciling
        ? "Reconciling"
        : found.draining
          ? "Syncing"
          : owed
            ? "Idle; something is owed"
            : "Idle; nothing is owed";
    return h(
      Card,
      {
        title: "Now",
        actions: [
          h(TaskDeed, {
            key: 1,
            mode: "process_queue",
            description: "process queue",
            label: "Process queue",
            icon: "faPlay",
          }),
          h(TaskDeed, {
            key: 2,
            mode: "all",
            description: "sync all scenes",
            label: "Sync all",
            icon: "faSync",
          }),
        ],
      },
      h("p", { className: "s2p-now" }, said, activity && ` (${Math.round(activity.progress * 100)} %)`),
      activity && h(Progress, { part: activity.progress, label: said }),
      h(
        "p",
        null,
        `${S.many(queue.pending + queue.flagged, "job")} due, ${queue.in_progress} being done, ${queue.waiting} for later, ${S.many(queue.dead, "dead letter")}`,
      ),
      h(Failed, { found }),
    );
  }

  function Bars({ history }) {
    const shown = history.slice(-12);
    const most = Math.max(1, ...shown.map((run) => Object.values(run.gaps || {}).reduce((a, b) => a + b, 0)));
    const colours = {
      empty_metadata: "#48aff0",
      stale_sync: "#ffb366",
      missing: "#ff7373",
      drifted: "#ad99ff",
    };
    const names = [
      ...new Set(shown.flatMap((run) => Object.keys(run.gaps || {}).filter((name) => run.gaps[name]))),
    ];
    return h(
      React.Fragment,
      null,
      h(
        "ol",
        { className: "s2p-bars", "aria-label": "Gaps by type over the last runs" },
        shown.map((run, at) => {
          const counts = Object.entries(run.gaps || {}).filter(([, count]) => count);
          const said = `${S.when(run.at)}, ${run.scope}: ${counts.map(([name, count]) => `${count} ${name.replace("_", " ")}`).join(", ") || "no gaps"}`;
          return h(
            "li",
            { key: at, title: said },
            h("span", { className: "sr-only" }, said),
            counts.map(([name, count]) =>
              h("i", {
                key: name,
                style: { height: `${(60 * count) / most}px`, background: colours[name] || "#8a9ba8" },
              }),
            ),
          );
        }),
      ),
      h(
        "p",
        { className: "s2p-key", "aria-hidden": true },
        names.map((name) =>
          h(
            "span",
            { key: name },
            h("span", { className: "s2p-dot", style: { background: colours[name] || "#8a9ba8" } }),
            ` ${name.replace("_", " ")} `,
          ),
        ),
      ),
    );
  }

  function Reconciliation({ found, now }) {
    const due = found.next_due;
    return h(
      Card,
      {
        title: "Reconciliation",
        actions: [
          h(TaskDeed, {
            key: 1,
            mode: "reconcile_all",
            description: "reconcile the library",
            label: "Reconcile all",
            icon: "faBalanceScale",
          }),
          h(TaskDeed, {
            key: 2,
            mode: "reconcile_recent",
            description: "reconcile recent scenes",
            label: "Recent",
          }),
        ],
      },
      h(
        "p",
        null,
        found.last
          ? `Last ${S.away(found.last, now)} (${found.scope}): ${S.many(found.checked, "scene")}, ${S.many(found.gaps, "gap")}`
          : "No run yet",
        due === null || due === undefined
          ? "; it does not run by itself"
          : `; next ${due <= now ? "now" : S.away(due, now)}`,
      ),
      found.failure && h(Trouble, { text: found.failure }),
      found.history.length > 0 && h(Bars, { history: found.history }),
    );
  }

  function Outage({ outage, now }) {
    if (!outage) return null;
    const back = outage.state === "half_open";
    return h(
      "div",
      { className: "s2p-notice s2p-danger", role: "alert" },
      h(
        "div",
        null,
        h(
          "strong",
          null,
          back
            ? "Plex is back and gets its work slowly at first"
            : `Plex ${outage.refused ? "refuses the token" : "is away"}, since ${S.when(outage.since)} (${S.away(outage.since, now)})`,
        ),
        h("div", null, h("bdi", null, outage.cause || "")),
        h(
          "div",
          null,
          `${S.many(outage.held, "job")} held until ${outage.refused ? "it is put right" : "it is back"}`,
        ),
      ),
      h(TaskDeed, { mode: "process_queue", description: "look whether Plex is back", label: "Try now" }),
    );
  }

  // What is known of a server from the last time that it was asked, and how long ago that was.
  function Server({ name, one, away, now }) {
    const problem = away ? away.cause : one && one.problem;
    const since = away ? away.since : one && one.since;
    const [kind, word] =
      problem || away ? ["danger", "trouble"] : one ? ["success", "well"] : ["note", "not asked yet"];
    const said = [
      one && one.version,
      one && one.answered && `answered ${S.away(one.answered, now)}`,
      since && `in trouble since ${S.when(since)}`,
    ].filter(Boolean);
    return h(
      "li",
      null,
      h("span", { className: `s2p-badge s2p-${kind}` }, word),
      ` ${name} ${said.join(", ")}`,
      problem && h("div", { className: "s2p-do" }, h("bdi", null, problem)),
    );
  }

  const LONG_AGO = 600; // seconds: then the page asks by itself when it is opened

  function Health({ found, reload }) {
    const { servers, outage, at } = found;
    const test = async () => {
      try {
        return await S.tested();
      } finally {
        reload();
      }
    };
    const isOld = !servers.plex || at - servers.plex.asked > LONG_AGO;
    React.useEffect(() => {
      if (isOld) test().catch(() => {});
    }, []);
    return h(
      Card,
      { title: "Servers", actions: h(Deed, { label: "Test the connection", icon: "faPlug", deed: test }) },
      h(
        "ul",
        { className: "s2p-plain" },
        h(Server, { name: "Stash", one: servers.stash, now: at }),
        h(Server, {
          name: "Plex",
          one: servers.plex,
          away: outage && outage.state === "open" ? outage : null,
          now: at,
        }),
      ),
    );
  }

  S.Overview = function Overview({ version, running }) {
    const look = S.useStatus("overview", running);
    const total = S.useOnce((signal) => S.sceneCount(signal), [version]);
    React.useEffect(() => {
      if (version) look.reload();
    }, [version]);
    const found = look.data;
    return h(
      React.Fragment,
      null,
      h(Trouble, { text: look.error }),
      found && h(Outage, { outage: found.outage, now: found.at }),
      h(
        "div",
        { className: "s2p-grid" },
        h(
          Card,
          { title: "Scenes" },
          found ? h(Ring, { found: shares(found.scenes, total.data) }) : h(Loading),
        ),
        found && h(Now, { found }),
        found && h(Reconciliation, { found: found.reconciliation, now: found.at }),
        found && h(Health, { found, reload: look.reload }),
      ),
    );
  };
})();
