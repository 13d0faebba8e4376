// The card of the reconciliation on the overview: the last run, the next one, and the gaps of the last runs.
"use strict";
(() => {
  const S = window.Stash2Plex;
  const { h, React, text } = S;
  const { Card, TaskButton, Problem } = S;
  const BARS = 12, // runs that are shown
    HEIGHT = 60; // pixels of the highest bar
  const COLOURS = {
    empty_metadata: "#2b95d6",
    stale_sync: "#cf7a1f",
    missing: "#f0595a",
    drifted: "#9d7be8",
  };

  const colourOf = (type) => COLOURS[type] || "#8295a5";
  const typeName = (type) => S.nameOf("gap", type);
  // [type, count] of the gaps that a run found.
  const gapsOf = (run) => Object.entries(run.gaps || {}).filter(([, count]) => count);
  const totalOf = (run) => gapsOf(run).reduce((sum, [, count]) => sum + count, 0);

  function runText(run) {
    const gaps = gapsOf(run).map(([type, count]) => text("gap.count", { count, type: typeName(type) }));
    const about = { when: S.when(run.at), scope: run.scope };
    return gaps.length ? text("runs.gaps", { ...about, gaps: S.list(gaps) }) : text("runs.noGaps", about);
  }

  function Bar({ run, most }) {
    const shown = runText(run);
    const part = ([type, count]) =>
      h("i", { key: type, style: { height: `${(HEIGHT * count) / most}px`, background: colourOf(type) } });
    return h("li", { title: shown }, h("span", { className: "sr-only" }, shown), gapsOf(run).map(part));
  }

  const LegendEntry = ({ type }) =>
    h(
      "span",
      null,
      h("span", { className: "s2p-dot", style: { background: colourOf(type) } }),
      ` ${typeName(type)} `,
    );

  function Bars({ history }) {
    const runs = history.slice(-BARS);
    const most = Math.max(1, ...runs.map(totalOf));
    const types = [...new Set(runs.flatMap((run) => gapsOf(run).map(([type]) => type)))];
    const bars = runs.map((run, at) => h(Bar, { key: at, run, most }));
    return h(
      React.Fragment,
      null,
      h("ol", { className: "s2p-bars", "aria-label": text("runs.label") }, bars),
      h(
        "p",
        { className: "s2p-key", "aria-hidden": true },
        types.map((type) => h(LegendEntry, { key: type, type })),
      ),
    );
  }

  function lastText({ last, kind, scope, checked, gaps }, now) {
    if (!last) return text("reconciliation.never");
    const about = { when: S.distance(last, now), scope, checked, gaps };
    return kind ? text("reconciliation.lastOfKind", { ...about, kind }) : text("reconciliation.last", about);
  }

  function nextText({ next_due: due }, now) {
    if (due === null || due === undefined) return text("reconciliation.off");
    return due <= now
      ? text("reconciliation.due")
      : text("reconciliation.next", { when: S.distance(due, now) });
  }

  // The next runs of the other kinds, after the next run.
  function laterTexts({ next_due: due, next_usual: usual, next_deep: deep }, now) {
    if (due === null || due === undefined) return [];
    return [
      usual > due && text("reconciliation.nextUsual", { when: S.distance(usual, now) }),
      deep > due && text("reconciliation.nextDeep", { when: S.distance(deep, now) }),
    ].filter(Boolean);
  }

  S.Reconciliation = function Reconciliation({ state, now, clock }) {
    const actions = [
      h(TaskButton, { key: 1, mode: "reconcile_all", icon: "faBalanceScale" }),
      h(TaskButton, { key: 2, mode: "reconcile_recent" }),
    ];
    return h(
      Card,
      { title: text("reconciliation.title"), actions },
      h("p", null, lastText(state, now), " ", [nextText(state, now), ...laterTexts(state, now)].join(" ")),
      h("p", { className: "text-muted" }, S.nameOf("clock", clock)),
      state.failure && h(Problem, { text: state.failure }),
      state.history.length > 0 && h(Bars, { history: state.history }),
    );
  };
})();
