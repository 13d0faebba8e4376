// Scenes by state: the plugin lists the scenes that it knows, and Stash searches and lists all of them.
"use strict";
(() => {
  const S = window.Stash2Plex;
  const { h, React, text } = S;
  const { Card, MoreButton, NumberedTable, Table, SceneCell, StateBadge, Select, Empty, Loading, Problem } =
    S;
  const { useState, useEffect } = React;
  const ENOUGH = 50, // rows of one press
    CHUNK = 1000, // scenes that are looked at together
    CHUNKS = 2; // of one press
  const ORDERS = Object.keys(S.ORDERS);
  const OF_PLUGIN = ["newest", "oldest"]; // orders that need no titles

  // The frame of each table of scenes.
  const frame = () => ({ label: text("scenes.title"), empty: text("scenes.empty") });
  const reason = (why) => h("bdi", null, why);

  // -- the plugin's own list of a state, with the reasons

  function KnownScenes({ state, order, ...address }) {
    const list = S.useNumbered("list_scenes", { state, order }, address);
    const titles = S.useTitles((list.rows || []).map((row) => row.scene));
    const row = ({ scene, why }) => ({
      key: scene,
      cells: [h(SceneCell, { id: scene, titles }), reason(why)],
    });
    return h(NumberedTable, { list, heads: S.heads("scene", "why"), row, ...frame() });
  }

  // -- Stash's list, with the state of each scene

  async function statesOf(ids, signal) {
    if (!ids.length) return [];
    const { rows } = await S.operation("scene_states", { scenes: ids }, signal);
    return rows;
  }

  const heads = () => S.heads("scene", "state", "why");
  function sceneRow({ id, title, titles, state, why }) {
    const cells = [h(SceneCell, { id, title, titles }), h(StateBadge, { state }), reason(why)];
    return { key: id, cells };
  }

  function AllScenes({ q, order, version, params, narrow }) {
    const page = S.pageOf(params, "page");
    const look = async (signal) => {
      const { count, scenes } = await S.scenePage({ q, order, page, size: S.PAGE_SIZE }, signal);
      const states = await statesOf(
        scenes.map((scene) => scene.id),
        signal,
      );
      return { count, rows: scenes.map((scene, at) => ({ ...scene, ...states[at] })) };
    };
    const { data, error } = S.useOnce(look, [q, order, page, version]);
    const turn = (number) => narrow({ page: number > 1 ? `${number}` : "" });
    const list = { rows: data && data.rows, total: data && data.count, error, page, turn };
    return h(NumberedTable, { list, heads: heads(), row: sceneRow, ...frame() });
  }

  // -- the scenes of a state among those that Stash finds

  // Looks at scenes in Stash's order, from the chunk `first` on, until there are enough in the state.
  async function readChunks({ state, q, order }, first, signal) {
    const rows = [];
    for (let page = first; ; page += 1) {
      const { count, ids } = await S.sceneIds({ q, order, page, size: CHUNK }, signal);
      rows.push(...(await statesOf(ids, signal)).filter((row) => row.state === state));
      const isLast = page * CHUNK >= count;
      if (isLast || rows.length >= ENOUGH || page - first + 1 >= CHUNKS) {
        return { rows, count, seen: Math.min(page * CHUNK, count), next: isLast ? null : page + 1 };
      }
    }
  }

  // `last` is the result of the last press: { seen, count, next }.
  function FoundRows({ rows, last, load }) {
    const titles = S.useTitles(rows.map((row) => row.scene));
    const counts = { shown: rows.length, seen: last.seen, count: last.count };
    const table = () =>
      h(Table, {
        ...frame(),
        heads: heads(),
        rows: rows.map((row) => sceneRow({ id: row.scene, titles, ...row })),
      });
    return h(
      React.Fragment,
      null,
      h("p", null, text(last.next ? "scenes.someSeen" : "scenes.allSeen", counts)),
      rows.length ? table() : h(Empty, null, text("scenes.empty")),
      last.next && h(MoreButton, { load }),
    );
  }

  function FoundScenes({ state, q, order, version }) {
    const which = { state, q, order };
    const first = S.useOnce((signal) => readChunks(which, 1, signal), [state, q, order, version]);
    const [more, setMore] = useState([]);
    useEffect(() => setMore([]), [first.data]);
    const parts = first.data ? [first.data, ...more] : [];
    const last = parts[parts.length - 1];
    const load = async () => {
      const part = await readChunks(which, last.next);
      setMore((before) => [...before, part]);
    };
    const rows = parts.flatMap((part) => part.rows);
    return h(
      React.Fragment,
      null,
      h(Problem, { text: first.error }),
      last && h(FoundRows, { rows, last, load }),
      !last && !first.error && h(Loading),
    );
  }

  // -- the view

  function Choices({ state, params, narrow }) {
    const states = Object.keys(S.STATES).map((name) => [name, S.stateName(name)]);
    const options = [["", text("filter.all")], ...states];
    const choose = (value) => narrow({ state: value });
    return h(
      React.Fragment,
      null,
      h(S.SearchBox, { params, narrow }),
      h(Select, { label: text("filter.state"), value: state, onChange: choose, options }),
      h(S.OrderSelect, { orders: ORDERS, params, narrow }),
    );
  }

  S.Scenes = function Scenes({ version, params, narrow }) {
    const state = Object.keys(S.STATES).find((name) => name === params.get("state")) || "";
    const order = S.orderOf(ORDERS, params);
    const q = params.get("q") || "";
    const isOfPlugin = state !== "unknown" && !q && OF_PLUGIN.includes(order);
    const List = !state ? AllScenes : isOfPlugin ? KnownScenes : FoundScenes;
    const actions = h(Choices, { state, params, narrow });
    const key = `${state} ${q} ${order}`;
    return h(
      Card,
      { title: text("scenes.title"), actions },
      h(List, { state, q, order, version, params, narrow, key }),
    );
  };
})();
