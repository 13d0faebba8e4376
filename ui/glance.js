// The overview's short lists: what needs a person, the last writes, and the last runs.
"use strict";
(() => {
  const S = window.Stash2Plex;
  const { h, React, Router, text } = S;
  const { Card, SceneCell, Empty, Loading, Problem } = S;

  const address = (view, more) => `${S.PAGE}?${new URLSearchParams({ view, ...more })}`;
  const placeOf = (kind) => (kind === "decisions" ? address("changes") : address("scenes", { state: kind }));

  const needText = (kind, count) =>
    kind === "decisions" ? text("need.decisions", { total: count }) : text(`state.${kind}.count`, { count });

  function Need({ kind, total, rows, titles }) {
    return h(
      "li",
      { "data-need": kind },
      h(Router.Link, { to: placeOf(kind) }, needText(kind, total)),
      rows.map(({ scene, why }) =>
        h(
          "div",
          { key: scene },
          h(SceneCell, { id: scene, titles }),
          h("bdi", { className: "s2p-why" }, why),
        ),
      ),
    );
  }

  function Needs({ needs, titles }) {
    const open = needs.filter((need) => need.total > 0);
    return h(
      Card,
      { title: text("need.title") },
      open.length
        ? h(
            "ul",
            { className: "s2p-plain s2p-glance" },
            open.map((need) => h(Need, { key: need.kind, ...need, titles })),
          )
        : h(Empty, null, text("need.none")),
    );
  }

  function Write({ scene, run, at, fields, titles }) {
    const names = S.list(fields.map(S.fieldName));
    return h(
      "li",
      null,
      h(SceneCell, { id: scene, titles }),
      h(
        "small",
        null,
        h(Router.Link, { to: address("changes", { run }) }, text("changes.run", { run: `${run}` })),
        " ",
        text("writes.ofScene", { fields: names, when: S.when(at) }),
      ),
    );
  }

  function LastWrites({ writes, titles }) {
    return h(
      Card,
      { title: text("writes.title") },
      writes.length
        ? h(
            "ul",
            { className: "s2p-plain s2p-glance" },
            writes.map((write) => h(Write, { key: write.scene, ...write, titles })),
          )
        : h(Empty, null, text("changes.noRuns")),
    );
  }

  function RunLine({ run, at, command, fields, items, undone, scenes, scene_count: count, titles }) {
    const first = titles.get(scenes[0]);
    const named = first && text("runs.named", { title: first, count: count - 1 });
    const wrote = text(undone ? "runs.wroteAndUndone" : "runs.wrote", { fields, items, undone });
    const link = { to: address("changes", { run }) };
    return h(
      "li",
      null,
      h(Router.Link, link, text("runs.line", { run: `${run}`, task: S.taskOf(command), when: S.when(at) })),
      h("small", null, wrote, named && h("bdi", null, " ", count > 1 ? named : first)),
    );
  }

  function LastRuns({ runs, titles }) {
    const actions = h(Router.Link, { to: address("changes") }, text("changes.allRuns"));
    return h(
      Card,
      { title: text("runs.lastTitle"), actions },
      runs.length
        ? h(
            "ul",
            { className: "s2p-plain s2p-glance" },
            runs.map((run) => h(RunLine, { key: run.run, ...run, titles })),
          )
        : h(Empty, null, text("changes.noRuns")),
    );
  }

  // `seen` changes when the lists may have changed.
  S.Glance = function Glance({ seen }) {
    const { data, error } = S.useOnce((signal) => S.operation("glance", {}, signal), [seen]);
    const { needs = [], writes = [], runs = [] } = data || {};
    const ofNeeds = needs.flatMap((need) => need.rows.map((row) => row.scene));
    const ofRuns = runs.flatMap((run) => run.scenes.slice(0, 1));
    const titles = S.useTitles([...ofNeeds, ...writes.map((write) => write.scene), ...ofRuns]);
    if (!data)
      return h(Card, { title: text("need.title") }, error ? h(Problem, { text: error }) : h(Loading));
    return h(
      React.Fragment,
      null,
      h(Needs, { needs, titles }),
      h(LastWrites, { writes, titles }),
      h(LastRuns, { runs, titles }),
    );
  };
})();
