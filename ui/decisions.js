// Open Decisions: the fields that were edited in Stash and in Plex, with a button for each side.
"use strict";
(() => {
  const S = window.Stash2Plex;
  const { h, text } = S;
  const { Card, ActionButton, TaskButton, MoreButton, SceneCell, Value, Table, Problem } = S;

  // The list names only items and fields. Their values come from both servers, so they are asked for
  // only if there is something to decide. Returns what finds the values of an item's field.
  function useValues(rows, version) {
    const look = async (signal) => (rows.length ? (await S.operation("decide", {}, signal)).open : []);
    const { data, error } = S.useOnce(look, [rows.map((row) => row.item).join(), version]);
    const valuesOf = ({ item }, field) =>
      (data || []).find((row) => row.item === item && row.field === field);
    return { valuesOf, error };
  }

  function Buttons({ row, field, changed }) {
    const decide = (side, answer) => async () => {
      await S.operation("decide", { item: row.item, field, side, later: true });
      changed();
      return answer;
    };
    const about = { field: S.fieldName(field), item: `${row.item}` };
    return h(
      "div",
      { className: "s2p-actions" },
      h(ActionButton, {
        label: text("button.keepPlex"),
        name: text("button.keepPlex.name", about),
        action: decide("plex", text("decisions.plex")),
      }),
      h(ActionButton, {
        label: text("button.writeStash"),
        name: text("button.writeStash.name", about),
        action: decide("stash", text("decisions.stash")),
      }),
    );
  }

  // Decides everything that waits, also on items that are not shown.
  function DecideAll({ side, changed }) {
    return h(TaskButton, {
      mode: "decide",
      args: { side, field: "all" },
      label: text(`button.decideAll.${side}`),
      confirm: text("decisions.confirmAll"),
      onEnd: changed,
    });
  }

  // A picture is known by a key, which says nothing to a person.
  const isKey = (field, shown) => S.isImage(field) && Boolean(shown);

  function decisionRow({ row, field, values, titles, changed }) {
    const shown = (side) => {
      if (!values) return text("value.loading");
      return isKey(field, values[side]) ? text(`pictures.a.${side}`) : h(Value, { of: values[side] });
    };
    const cells = [
      h(SceneCell, { id: row.scene, titles }),
      S.fieldName(field),
      shown("plex"),
      shown("stash"),
      h(Buttons, { row, field, changed }),
    ];
    return { key: `${row.item} ${field}`, cells };
  }

  S.Decisions = function Decisions({ version, changed }) {
    const list = S.usePagedList("list_decisions", {}, version);
    const items = list.rows || [];
    const titles = S.useTitles(items.map((row) => row.scene));
    const { valuesOf, error } = useValues(items, version);
    const rows = items.flatMap((row) =>
      row.fields.map((field) => decisionRow({ row, field, values: valuesOf(row, field), titles, changed })),
    );
    if (!rows.length && !list.error) return null;
    const heads = S.heads("scene", "field", "plex", "stash", "decide");
    const actions = ["plex", "stash"].map((side) => h(DecideAll, { key: side, side, changed }));
    return h(
      Card,
      { title: text("decisions.title"), actions },
      h("p", null, text("decisions.question")),
      h(Problem, { text: list.error || error }),
      h(Table, { label: text("decisions.title"), heads, rows }),
      list.more && h(MoreButton, { load: list.load }),
    );
  };
})();
