// The card of Test Plex in Setup: which scenes it takes, and what it has seen on this server.
"use strict";
(() => {
  const S = window.Stash2Plex;
  const { h, React, text } = S;
  const { Card, TaskButton, Select, Table, Problem, Empty } = S;
  const { useState } = React;
  const OFFERED = 50; // scenes in each list
  const KINDS = { warning: "warning", note: "note", ok: "success" };

  // The scenes that are in sync, as options of a list: { options, error }.
  function useOffered(version) {
    const list = S.usePagedList("list_scenes", { state: "in_sync", limit: OFFERED }, version);
    const ids = (list.rows || []).map((row) => row.scene);
    const titles = S.useTitles(ids);
    const named = (id) => titles.get(id) || text("scene.untitled", { id: `${id}` });
    return { options: ids.map((id) => [`${id}`, named(id)]), error: list.error };
  }

  function lineRow({ line, level, expected, seen, said, does }) {
    const badge = h("span", { className: `s2p-badge s2p-${KINDS[level]}` }, S.nameOf("level", level));
    const shown = h("span", { "data-line": line, "data-seen": seen }, badge, " ", said);
    return { key: line, cells: [expected, shown, does] };
  }

  function Lines({ result }) {
    const heads = S.heads("expected", "seen", "does");
    const rows = result.lines.map(lineRow);
    const when = { when: S.when(result.at), version: result.version };
    return h(
      React.Fragment,
      null,
      h("p", null, text("selfTest.when", when)),
      h(Table, { label: text("selfTest.lines"), heads, rows }),
    );
  }

  function Choice({ options, scene, second, choose }) {
    const others = options.filter(([id]) => id !== scene);
    const first = {
      label: text("selfTest.scene"),
      value: scene,
      onChange: (id) => choose({ scene: id, second: "" }),
      options: [["", text("selfTest.latest")], ...options],
    };
    const more = {
      label: text("selfTest.second"),
      value: second,
      onChange: (id) => choose({ scene, second: id }),
      options: [["", text("selfTest.none")], ...others],
    };
    return h("div", { className: "s2p-actions" }, h(Select, first), scene && h(Select, more));
  }

  S.SelfTest = function SelfTest({ result, version, reload }) {
    const [{ scene, second }, choose] = useState({ scene: "", second: "" });
    const { options, error } = useOffered(version);
    const button = {
      mode: "test_plex",
      icon: "faVial",
      args: { scene: Number(scene) || undefined, second: Number(second) || undefined },
      confirm: text("selfTest.confirm"),
      onEnd: reload,
    };
    return h(
      Card,
      { title: text("selfTest.title"), actions: h(TaskButton, button) },
      h("p", null, text("selfTest.about"), " ", text("selfTest.more")),
      h(Problem, { text: error }),
      h(Choice, { options, scene, second, choose }),
      result ? h(Lines, { result }) : h(Empty, null, text("selfTest.never")),
    );
  };
})();
