// Scenes by state: the plugin lists those that it knows; the others only Stash can list.
"use strict";
(() => {
  const S = window.Stash2Plex;
  const { h, React } = S;
  const { Card, Deed, Table, SceneLink, StateBadge, Select, Empty, Loading, Trouble } = S;
  const { useState, useEffect } = React;
  const ENOUGH = 50,
    PAGES = 10; // rows, and pages of Stash, of one press

  // From this page of Stash on, until there are enough rows of the state.
  async function walk(state, from, signal) {
    const rows = [];
    for (let page = from; ; page += 1) {
      const { count, size, scenes } = await S.scenePage(page, signal);
      const found = scenes.length
        ? (await S.operation("scene_states", { scenes: scenes.map((one) => one.id) }, signal)).rows
        : [];
      rows.push(
        ...scenes
          .map((one, at) => ({ ...one, state: found[at].state }))
          .filter((one) => !state || one.state === state),
      );
      const isLast = page * size >= count;
      if (isLast || rows.length >= ENOUGH || page - from + 1 >= PAGES) {
        return { rows, count, seen: Math.min(page * size, count), next: isLast ? null : page + 1 };
      }
    }
  }

  // The plugin's own list of a state, with the reason.
  function Listed({ state, version }) {
    const list = S.usePages("list_scenes", { state }, version);
    const rows = list.rows || [];
    const titles = S.useTitles(rows.map((row) => row.scene));
    return h(S.Pages, {
      list,
      label: "Scenes by state",
      heads: ["Scene", "Why"],
      empty: "None of them.",
      row: (row) => ({
        key: row.scene,
        cells: [h(SceneLink, { id: row.scene, titles }), h("bdi", null, row.why)],
      }),
    });
  }

  const OPTIONS = [["", "all"], ...Object.entries(S.STATES).map(([key, one]) => [key, one.name])];

  function Walked({ state, version }) {
    const first = S.useOnce((signal) => walk(state, 1, signal), [state, version]);
    const [more, setMore] = useState([]);
    useEffect(() => setMore([]), [first.data]);
    const parts = first.data ? [first.data, ...more] : [];
    const last = parts[parts.length - 1];
    const rows = parts.flatMap((part) => part.rows);
    const load = async () => {
      const part = await walk(state, last.next);
      setMore((before) => [...before, part]);
    };
    return h(
      React.Fragment,
      null,
      h(Trouble, { text: first.error }),
      !last
        ? !first.error && h(Loading)
        : h(
            React.Fragment,
            null,
            h(
              "p",
              null,
              `${rows.length.toLocaleString()} of ${last.next ? `the newest ${S.many(last.seen, "scene")}; Stash has ${last.count.toLocaleString()}` : S.many(last.seen, "scene")}`,
            ),
            rows.length
              ? h(Table, {
                  label: "Scenes by state",
                  heads: ["Scene", "State"],
                  rows: rows.map((row) => ({
                    key: row.id,
                    cells: [
                      h(SceneLink, { id: row.id, title: row.title }),
                      h(StateBadge, { state: row.state }),
                    ],
                  })),
                })
              : h(Empty, null, "None of them."),
            last.next && h(Deed, { label: "More", deed: load }),
          ),
    );
  }

  S.Scenes = function Scenes({ version, params, go }) {
    const state = S.STATES[params.get("state")] ? params.get("state") : "";
    return h(
      Card,
      {
        title: "Scenes by state",
        actions: h(Select, {
          label: "State",
          value: state,
          onChange: (value) => go("scenes", { state: value }),
          options: OPTIONS,
        }),
      },
      state && state !== "unknown"
        ? h(Listed, { state, version, key: state })
        : h(Walked, { state, version, key: state }),
    );
  };
})();
