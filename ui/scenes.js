// Scenes by state: the plugin lists the scenes that it knows, and Stash lists the others.
"use strict";
(() => {
  const S = window.Stash2Plex;
  const { h, React, text } = S;
  const { Card, MoreButton, PagedTable, Table, SceneLink, StateBadge, Select, Empty, Loading, Problem } = S;
  const { useState, useEffect } = React;
  const ENOUGH = 50, // rows of one press
    PAGES = 10; // pages of Stash of one press

  // -- the plugin's own list of a state, with the reasons

  function KnownScenes({ state, version }) {
    const list = S.usePagedList("list_scenes", { state }, version);
    const titles = S.useTitles((list.rows || []).map((row) => row.scene));
    const row = ({ scene, why }) => ({
      key: scene,
      cells: [h(SceneLink, { id: scene, titles }), h("bdi", null, why)],
    });
    const heads = S.heads("scene", "why");
    return h(PagedTable, { list, label: text("scenes.title"), heads, empty: text("scenes.empty"), row });
  }

  // -- Stash's list, with the state of each scene

  async function withStates(scenes, signal) {
    if (!scenes.length) return [];
    const { rows } = await S.operation("scene_states", { scenes: scenes.map((scene) => scene.id) }, signal);
    return scenes.map((scene, at) => ({ ...scene, state: rows[at].state }));
  }

  // Reads pages of Stash from `first` on, until there are enough rows of the state ("" for any).
  async function readPages(state, first, signal) {
    const rows = [];
    for (let page = first; ; page += 1) {
      const { count, size, scenes } = await S.scenePage(page, signal);
      const known = await withStates(scenes, signal);
      rows.push(...known.filter((scene) => !state || scene.state === state));
      const isLast = page * size >= count;
      if (isLast || rows.length >= ENOUGH || page - first + 1 >= PAGES) {
        return { rows, count, seen: Math.min(page * size, count), next: isLast ? null : page + 1 };
      }
    }
  }

  function sceneRow({ id, title, state }) {
    return { key: id, cells: [h(SceneLink, { id, title }), h(StateBadge, { state })] };
  }

  // `last` is the result of the last press: { seen, count, next }.
  function FoundScenes({ rows, last, load }) {
    const counts = { shown: rows.length, seen: last.seen, count: last.count };
    const heads = S.heads("scene", "state");
    const table = () => h(Table, { label: text("scenes.title"), heads, rows: rows.map(sceneRow) });
    return h(
      React.Fragment,
      null,
      h("p", null, text(last.next ? "scenes.someSeen" : "scenes.allSeen", counts)),
      rows.length ? table() : h(Empty, null, text("scenes.empty")),
      last.next && h(MoreButton, { load }),
    );
  }

  function AllScenes({ state, version }) {
    const first = S.useOnce((signal) => readPages(state, 1, signal), [state, version]);
    const [more, setMore] = useState([]);
    useEffect(() => setMore([]), [first.data]);
    const parts = first.data ? [first.data, ...more] : [];
    const last = parts[parts.length - 1];
    const load = async () => {
      const part = await readPages(state, last.next);
      setMore((before) => [...before, part]);
    };
    const rows = parts.flatMap((part) => part.rows);
    return h(
      React.Fragment,
      null,
      h(Problem, { text: first.error }),
      last && h(FoundScenes, { rows, last, load }),
      !last && !first.error && h(Loading),
    );
  }

  S.Scenes = function Scenes({ version, params, go }) {
    const states = Object.keys(S.STATES);
    const state = states.find((name) => name === params.get("state")) || "";
    const options = [["", text("filter.all")], ...states.map((name) => [name, S.stateName(name)])];
    const choose = (value) => go("scenes", { state: value });
    const actions = h(Select, { label: text("filter.state"), value: state, onChange: choose, options });
    const List = state && state !== "unknown" ? KnownScenes : AllScenes;
    return h(Card, { title: text("scenes.title"), actions }, h(List, { state, version, key: state }));
  };
})();
