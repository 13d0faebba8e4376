// The parts of long lists: a search, pages with numbers, orders, and small pictures. The address keeps the
// choices of the reader.
"use strict";
(() => {
  const S = window.Stash2Plex;
  const { h, React, text } = S;
  const { Bootstrap, Select, SceneLink, JobSubject, Table, Problem, Empty, Loading } = S;
  const { useState, useEffect } = React;
  const SIZE = 50, // rows of a page
    MOST = 1000, // scenes of a search that a list can be narrowed down to
    PAUSE = 300; // ms without a key until a search begins

  // -- search

  // The words are in the address as `q`.
  function SearchBox({ params, narrow }) {
    const asked = params.get("q") || "";
    const [typed, setTyped] = useState(asked);
    const latest = React.useRef(narrow); // the address may change before the pause is over
    latest.current = narrow;
    useEffect(() => setTyped(asked), [asked]);
    useEffect(() => {
      if (typed.trim() === asked) return undefined;
      const timer = setTimeout(() => latest.current({ q: typed.trim() }, true), PAUSE);
      return () => clearTimeout(timer);
    }, [typed]);
    const input = {
      type: "search",
      className: "form-control form-control-sm text-input",
      value: typed,
      placeholder: text("list.searchHint"),
      onChange: (event) => setTyped(event.target.value),
    };
    return h("label", { className: "s2p-field" }, text("list.search"), " ", h("input", input));
  }

  // The scenes that Stash finds for the words: { q, ids, count }. `ids` is undefined without words, and null
  // until Stash has answered.
  function useFound(params, version) {
    const q = params.get("q") || "";
    const look = async (signal) =>
      q ? { q, ...(await S.sceneIds({ q, page: 1, size: MOST }, signal)) } : { q };
    const { data, error } = S.useOnce(look, [q, version]);
    return { q, ids: q ? null : undefined, ...(data && data.q === q ? data : {}), error };
  }

  // A search says how many scenes it has found, since a list is narrowed down only to so many.
  const FoundNote = ({ found: { ids, count, error } }) =>
    h(
      React.Fragment,
      null,
      h(Problem, { text: error }),
      ids && count > ids.length && h("p", null, text("list.tooMany", { shown: ids.length, count })),
    );

  // -- pages

  const pageOf = (params, name) => Math.max(1, Math.floor(Number(params.get(name))) || 1);

  // A list in pages with numbers: { rows, first, error, total, page, turn }. `name` is the parameter with the
  // number of the page. `found` narrows it down to the scenes of a search.
  function useNumbered(mode, args, { version, params, narrow, found, name = "page" }) {
    const page = pageOf(params, name);
    const ids = found && found.ids;
    const scenes = ids && ids.length ? ids : undefined;
    const isEmpty = Boolean(ids) && !ids.length;
    const given = { ...args, page, limit: SIZE, scenes };
    const look = async (signal) => {
      if (ids === null) return null;
      return isEmpty ? { rows: [], total: 0 } : S.operation(mode, given, signal);
    };
    const { data, error } = S.useOnce(look, [mode, JSON.stringify(args), page, found && ids, version]);
    const turn = (number) => narrow({ [name]: number > 1 ? `${number}` : "" });
    const { rows = null, total = 0 } = data || {};
    return { rows, first: data, error, total, page, turn };
  }

  const PageButton = ({ name, to, disabled, turn }) =>
    h(
      Bootstrap.Button,
      { variant: "secondary", size: "sm", disabled, onClick: () => turn(to) },
      text(`button.${name}`),
    );

  // Which rows are shown, and the buttons for the others.
  function Pager({ total, page, turn, shown }) {
    const last = Math.max(1, Math.ceil(total / SIZE));
    const first = (page - 1) * SIZE;
    const counts = { from: first + 1, to: first + shown, total };
    return h(
      "div",
      { className: "s2p-pager" },
      shown > 0 && h("span", null, text("list.shown", counts)),
      (last > 1 || page > 1) &&
        h(
          "div",
          { className: "s2p-actions" },
          h(PageButton, { name: "firstPage", to: 1, disabled: page === 1, turn }),
          h(PageButton, { name: "previousPage", to: page - 1, disabled: page === 1, turn }),
          h(PageButton, { name: "nextPage", to: page + 1, disabled: page >= last, turn }),
          h(PageButton, { name: "lastPage", to: last, disabled: page >= last, turn }),
        ),
    );
  }

  // A list of useNumbered as a table, or the reason why there is none. `row` makes a row of the table.
  function NumberedTable({ list, heads, label, row, empty }) {
    const { rows, error, total, page, turn } = list;
    if (!rows) return error ? h(Problem, { text: error }) : h(Loading);
    const table = () => h(Table, { heads, label, rows: rows.map(row) });
    return h(
      React.Fragment,
      null,
      h(Problem, { text: error }),
      rows.length ? table() : h(Empty, null, empty),
      h(Pager, { total, page, turn, shown: rows.length }),
    );
  }

  // The order of a list, in the address as `name`. The first of the `orders` is the usual one.
  function OrderSelect({ orders, params, narrow, name = "order" }) {
    const value = orderOf(orders, params, name);
    const options = orders.map((order) => [order, text(`order.${order}`)]);
    const onChange = (order) => narrow({ [name]: order === orders[0] ? "" : order });
    return h(Select, { label: text("list.order"), value, onChange, options });
  }
  const orderOf = (orders, params, name = "order") =>
    orders.find((order) => order === params.get(name)) || orders[0];

  // -- pictures

  // Stash's own cover of a scene.
  const coverOf = (scene) => `${new URL(`scene/${scene}/screenshot`, document.baseURI)}`;

  // A scene with its cover. Stash has no cover of a scene that is gone, and no title.
  function SceneCell({ id, titles, title }) {
    const isThere = Boolean(id) && (title !== undefined || Boolean(titles && titles.get(id) !== undefined));
    const picture = { src: isThere ? coverOf(id) : undefined, alt: "", loading: "lazy", decoding: "async" };
    return h(
      "div",
      { className: "s2p-scene-cell" },
      isThere ? h("img", picture) : h("span", { className: "s2p-no-picture" }),
      h(SceneLink, { id, titles, title }),
    );
  }

  const JobCell = ({ row, titles }) =>
    row.kind === "scene" ? h(SceneCell, { id: row.id, titles }) : h(JobSubject, { row, titles });

  Object.assign(S, { SearchBox, useFound, FoundNote, useNumbered, NumberedTable, Pager, pageOf });
  Object.assign(S, { OrderSelect, orderOf, SceneCell, JobCell, coverOf });
  S.PAGE_SIZE = SIZE;
})();
