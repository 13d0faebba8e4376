// Preview: what a sync would write, made for some scenes, filtered, and applied.
"use strict";
(() => {
  const S = window.Stash2Plex;
  const { h, React, text } = S;
  const { Card, ActionButton, TaskButton, SceneLink, Select, Table, Value, Problem, Empty, Loading } = S;
  const { useState } = React;
  const ORDERS = ["newest", "oldest"];
  const REFUSED = "refused"; // the reason of a field that Plex did not take
  const SCOPES = ["all", "24h", "7days", "range"];

  function RangeInput({ value, onChange }) {
    const input = {
      className: "form-control form-control-sm text-input",
      value,
      onChange: (event) => onChange(event.target.value),
      placeholder: "30d, 12h, 2026-01-01..2026-06-30",
    };
    return h("label", { className: "s2p-field" }, text("preview.range"), " ", h("input", input));
  }

  function MakeActions({ changed }) {
    const [scope, setScope] = useState("all");
    const [range, setRange] = useState("30d");
    const options = SCOPES.map((name) => [name, text(`preview.scope.${name}`)]);
    const isRange = scope === "range";
    return h(
      React.Fragment,
      null,
      h(Select, { label: text("preview.scope"), value: scope, onChange: setScope, options }),
      isRange && h(RangeInput, { value: range, onChange: setRange }),
      h(TaskButton, {
        mode: "preview",
        args: { scope: isRange ? range : scope },
        label: text("button.makePreview"),
        icon: "faEye",
        onEnd: changed,
      }),
    );
  }

  function Summary({ about }) {
    const places = { when: S.when(about.at), scope: about.scope };
    const outcomes = Object.entries(about.scenes).map(([outcome, count]) =>
      text("preview.outcome", { count, outcome }),
    );
    if (!outcomes.length) return h("p", null, text("preview.noScenes", places));
    return h("p", null, text("preview.summary", { ...places, outcomes: S.list(outcomes) }));
  }

  // `filter` is { field, why }; an empty text is all of them.
  function Filters({ reasons, filter, apply, params, narrow }) {
    const fields = [...new Set(Object.values(reasons).flatMap(Object.keys))].sort();
    const fieldOptions = [["", text("filter.allFields")], ...fields.map((name) => [name, S.fieldName(name)])];
    const reasonOptions = [["", text("filter.allReasons")], ...Object.keys(reasons).map((why) => [why, why])];
    const choose = (name) => (value) => narrow({ [name]: value });
    const isFiltered = filter.field || filter.why || params.get("q");
    return h(
      "div",
      { className: "s2p-actions" },
      h(S.SearchBox, { params, narrow }),
      h(Select, {
        label: text("filter.field"),
        value: filter.field,
        onChange: choose("field"),
        options: fieldOptions,
      }),
      h(Select, {
        label: text("filter.reason"),
        value: filter.why,
        onChange: choose("why"),
        options: reasonOptions,
      }),
      h(S.OrderSelect, { orders: ORDERS, params, narrow }),
      h(ActionButton, {
        label: isFiltered ? text("button.applyShown") : text("button.applyAll"),
        icon: "faCheck",
        action: apply,
        confirm: text("preview.confirmApply"),
      }),
    );
  }

  // -- one scene

  // A kept field is given to the plugin: Stash's value is written over the edit or the lock of a person.
  function TakeOver({ item, field, writes, why }) {
    if (writes || why === REFUSED) return null;
    const action = async () => {
      await S.operation("decide", { item, field, side: "stash", later: true });
      return text("preview.tookOver");
    };
    const name = text("button.takeOver.name", { field: S.fieldName(field), item: `${item}` });
    return h(ActionButton, { label: text("button.takeOver"), name, action });
  }

  // Images are keys in Plex, which say nothing to a person: they are shown as pictures.
  function ChangeTable({ label, changes }) {
    const isKept = changes.some((row) => !row.writes);
    const row = (change) => {
      const { item, field, before, after, why } = change;
      const cells = [S.fieldName(field), h(Value, { of: before }), h(Value, { of: after }), why];
      return { key: `${item} ${field}`, cells: isKept ? [...cells, h(TakeOver, change)] : cells };
    };
    const heads = S.heads("field", "plex", "stash", "reason", ...(isKept ? ["actions"] : []));
    return h(Table, { label, heads, rows: changes.map(row) });
  }

  function KeptImage(row) {
    const about = { field: S.fieldName(row.field), reason: row.why };
    return h("p", null, text("preview.keptImage", about), " ", h(TakeOver, row));
  }

  function ChangesOf({ scene, title, changes }) {
    const images = changes.filter(({ field }) => S.isImage(field));
    const others = changes.filter(({ field }) => !S.isImage(field));
    const writes = others.filter((row) => row.writes);
    const kept = others.filter((row) => !row.writes);
    const count = kept.length;
    return h(
      React.Fragment,
      null,
      h("p", null, h(SceneLink, { id: scene, title })),
      images.map(({ item, field, why, writes }) =>
        h(
          "div",
          { key: `${item} ${field}` },
          h(S.BothPictures, { scene, item, field }),
          !writes && h(KeptImage, { item, field, why }),
        ),
      ),
      writes.length > 0 && h(ChangeTable, { label: text("preview.writesOf", { title }), changes: writes }),
      count > 0 &&
        h(
          "details",
          null,
          h("summary", null, text("preview.kept", { count })),
          h(ChangeTable, { label: text("preview.keptOf", { title }), changes: kept }),
        ),
    );
  }

  // A scene is looked at in detail when it is opened.
  function PreviewedScene({ row, known }) {
    const [open, setOpen] = useState(false);
    const { scene, changes } = row;
    const isThere = known !== undefined;
    const title = known || row.title; // of the preview, if Stash does not have the scene any more
    const fields = (which) => S.list(changes.filter(which).map(({ field }) => S.fieldName(field)));
    const written = fields((change) => change.writes);
    const shown = written || text("preview.nothingWritten", { fields: fields(() => true) });
    const picture = { src: S.coverOf(scene), alt: "", loading: "lazy", decoding: "async" };
    return h(
      "details",
      { className: "s2p-previewed", onToggle: (event) => setOpen(event.currentTarget.open) },
      h(
        "summary",
        null,
        isThere ? h("img", picture) : h("span", { className: "s2p-no-picture" }),
        h("span", null, h("bdi", null, title), h("small", null, shown)),
      ),
      open && h(ChangesOf, { scene, title, changes }),
    );
  }

  function PreviewedScenes({ list, about }) {
    const { rows, error, total, page, turn } = list;
    const titles = S.useTitles((rows || []).map((row) => row.scene));
    if (!rows) return error ? h(Problem, { text: error }) : h(Loading);
    const none = about ? text("preview.noDifference") : text("preview.none");
    return h(
      React.Fragment,
      null,
      h(Problem, { text: error }),
      rows.length
        ? rows.map((row) => h(PreviewedScene, { key: row.scene, row, known: titles.get(row.scene) }))
        : h(Empty, null, none),
      h(S.Pager, { total, page, turn, shown: rows.length }),
    );
  }

  S.Preview = function Preview({ version, changed, params, narrow }) {
    const filter = { field: params.get("field") || "", why: params.get("why") || "" };
    const found = S.useFound(params, version);
    const given = { ...filter, order: S.orderOf(ORDERS, params) };
    const list = S.useNumbered("preview_scenes", given, { version, params, narrow, found });
    const [about, setAbout] = useState(null);
    React.useEffect(() => {
      if (list.first && list.first.about !== undefined) setAbout(list.first.about);
    }, [list.first]);
    const apply = async () => {
      if (found.q && !(found.ids && found.ids.length)) return text("list.nothingFound");
      const { queued } = await S.operation("apply_preview", { ...filter, scenes: found.ids, later: true });
      changed();
      return text("preview.applied", { count: queued });
    };
    const filters = about && { reasons: about.by_reason || {}, filter, apply, params, narrow };
    return h(
      Card,
      { title: text("preview.title"), actions: h(MakeActions, { changed }) },
      h("p", null, text("preview.explanation")),
      about && h(Summary, { about }),
      filters && h(Filters, filters),
      h(S.FoundNote, { found }),
      h(PreviewedScenes, { list, about }),
    );
  };
})();
