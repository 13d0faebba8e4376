// The plan of a sync without the sync: made for a scope, looked through, applied.
"use strict";
(() => {
  const S = window.Stash2Plex;
  const { h, React } = S;
  const { Card, Deed, TaskDeed, Pages, SceneLink, Select, Value } = S;
  const { useState } = React;

  const SCOPES = [
    ["all", "all scenes"],
    ["24h", "changed in 24 hours"],
    ["7days", "changed in 7 days"],
    ["range", "a range…"],
  ];

  function Summary({ about }) {
    const scenes = Object.entries(about.scenes).map(([name, count]) => `${count.toLocaleString()} ${name}`);
    return h("p", null, `Of ${S.when(about.at)}, scope ${about.scope}: ${scenes.join(", ") || "no scenes"}`);
  }

  S.Preview = function Preview({ version, changed }) {
    const [scope, setScope] = useState("all");
    const [range, setRange] = useState("30d");
    const [field, setField] = useState("");
    const [why, setWhy] = useState("");
    const list = S.usePages("list_preview", { field, why }, version);
    const about = list.first && list.first.about;
    const byReason = (about && about.by_reason) || {};
    const fields = [...new Set(Object.values(byReason).flatMap((counts) => Object.keys(counts)))].sort();
    const apply = async () => {
      const found = await S.operation("apply_preview", { field, why, later: true });
      changed();
      return `${S.many(found.queued, "scene")} will be synced`;
    };
    const titles = new Map((list.rows || []).map((row) => [row.scene, row.title]));
    return h(
      Card,
      {
        title: "Preview",
        actions: [
          h(Select, { key: 1, label: "Scope", value: scope, onChange: setScope, options: SCOPES }),
          scope === "range" &&
            h(
              "label",
              { key: 2, className: "s2p-field" },
              "Range ",
              h("input", {
                className: "form-control form-control-sm",
                value: range,
                onChange: (event) => setRange(event.target.value),
                placeholder: "30d, 12h, 2026-01-01..2026-06-30",
              }),
            ),
          h(TaskDeed, {
            key: 3,
            mode: "preview",
            args: { scope: scope === "range" ? range : scope },
            description: "preview",
            label: "Make a preview",
            icon: "faEye",
            onEnd: changed,
          }),
        ],
      },
      h(
        "p",
        null,
        "Nothing is written by a preview. Applying it syncs the scenes that it shows, each as a whole and as it is by then.",
      ),
      about && h(Summary, { about }),
      about &&
        h(
          "div",
          { className: "s2p-actions" },
          h(Select, {
            label: "Field",
            value: field,
            onChange: setField,
            options: [["", "all fields"], ...fields.map((one) => [one, S.fieldName(one)])],
          }),
          h(Select, {
            label: "Reason",
            value: why,
            onChange: setWhy,
            options: [["", "all reasons"], ...Object.keys(byReason).map((one) => [one, one])],
          }),
          h(Deed, {
            label: field || why ? "Apply what is shown" : "Apply",
            icon: "faCheck",
            deed: apply,
            sure: "Write this to Plex?",
          }),
        ),
      h(Pages, {
        list,
        label: "What a sync would do",
        heads: ["Scene", "Field", "Plex says", "Stash says", "Reason"],
        empty: about ? "Nothing differs here." : "No preview was made yet.",
        row: (row) => ({
          key: row.number,
          className: row.writes ? "" : "s2p-undone",
          cells: [
            h(SceneLink, { id: row.scene, titles }),
            S.fieldName(row.field),
            h(Value, { of: row.before }),
            h(Value, { of: row.after }),
            row.why,
          ],
        }),
      }),
    );
  };
})();
