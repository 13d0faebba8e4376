// Preview: what a sync would write, made for some scenes, filtered, and applied.
"use strict";
(() => {
  const S = window.Stash2Plex;
  const { h, React, text } = S;
  const { Card, ActionButton, TaskButton, PagedTable, SceneLink, Select, Value } = S;
  const { useState } = React;
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
  function Filters({ reasons, filter, setFilter, apply }) {
    const fields = [...new Set(Object.values(reasons).flatMap(Object.keys))].sort();
    const fieldOptions = [["", text("filter.allFields")], ...fields.map((name) => [name, S.fieldName(name)])];
    const reasonOptions = [["", text("filter.allReasons")], ...Object.keys(reasons).map((why) => [why, why])];
    const choose = (name) => (value) => setFilter({ ...filter, [name]: value });
    const isFiltered = filter.field || filter.why;
    return h(
      "div",
      { className: "s2p-actions" },
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
      h(ActionButton, {
        label: isFiltered ? text("button.applyShown") : text("button.applyAll"),
        icon: "faCheck",
        action: apply,
        confirm: text("preview.confirmApply"),
      }),
    );
  }

  function changeRow(titles) {
    return (row) => {
      const cells = [
        h(SceneLink, { id: row.scene, titles }),
        S.fieldName(row.field),
        h(Value, { of: row.before }),
        h(Value, { of: row.after }),
        row.why,
      ];
      return { key: row.number, className: row.writes ? "" : "s2p-undone", cells };
    };
  }

  function Changes({ list, about }) {
    const titles = new Map((list.rows || []).map((row) => [row.scene, row.title]));
    const heads = S.heads("scene", "field", "plex", "stash", "reason");
    return h(PagedTable, {
      list,
      label: text("preview.label"),
      heads,
      empty: about ? text("preview.noDifference") : text("preview.none"),
      row: changeRow(titles),
    });
  }

  S.Preview = function Preview({ version, changed }) {
    const [filter, setFilter] = useState({ field: "", why: "" });
    const list = S.usePagedList("list_preview", filter, version);
    const about = list.first && list.first.about;
    const apply = async () => {
      const { queued } = await S.operation("apply_preview", { ...filter, later: true });
      changed();
      return text("preview.applied", { count: queued });
    };
    const filters = about && { reasons: about.by_reason || {}, filter, setFilter, apply };
    return h(
      Card,
      { title: text("preview.title"), actions: h(MakeActions, { changed }) },
      h("p", null, text("preview.explanation")),
      about && h(Summary, { about }),
      filters && h(Filters, filters),
      h(Changes, { list, about }),
    );
  };
})();
