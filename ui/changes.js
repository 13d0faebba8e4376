// What was written and how it was before, undone by field, item or run; conflicts; held scenes.
"use strict";
(() => {
  const S = window.Stash2Plex;
  const { h, React, Router } = S;
  const { Card, Deed, TaskDeed, Pages, SceneLink, Value, Table, Trouble } = S;

  const left = (found) => Object.entries(found.left || {}).map(([why, count]) => `${count} left: ${why}`);
  const undone = (found) =>
    [
      `${S.many(found.fields, "field")} put back`,
      ...left(found),
      found.held ? `${S.many(found.held, "scene")} held until resumed` : "",
    ]
      .filter(Boolean)
      .join("; ");

  function Runs({ version, changed }) {
    const list = S.usePages("list_runs", {}, version);
    return h(
      Card,
      { title: "Runs" },
      h(Pages, {
        list,
        label: "Runs that wrote to Plex",
        heads: ["Run", "When", "By", "Wrote", "Do"],
        empty: "Nothing was written to Plex yet.",
        row: (row) => ({
          key: row.run,
          cells: [
            h(
              Router.Link,
              { to: `${S.PAGE}?view=changes&run=${row.run}`, "aria-label": `What run ${row.run} changed` },
              `#${row.run}`,
            ),
            S.when(row.at),
            row.command.replace(/_/g, " "),
            `${S.many(row.fields, "field")} of ${S.many(row.items, "item")}${row.undone ? `, ${row.undone} undone` : ""}`,
            row.command !== "undo" &&
              row.undone < row.fields &&
              h(TaskDeed, {
                mode: "undo",
                args: { run: row.run },
                description: `undo run ${row.run}`,
                label: "Undo",
                name: `Undo run ${row.run}`,
                sure: "Undo this run?",
                onEnd: changed,
              }),
          ],
        }),
      }),
    );
  }

  function Run({ run, version, changed }) {
    const list = S.usePages("list_changes", { run }, version);
    const rows = list.rows || [];
    const titles = S.useTitles(rows.map((row) => row.scene));
    const undo = (args) => async () => {
      const found = await S.operation("undo", { run, ...args });
      changed();
      return undone(found);
    };
    const firsts = new Set();
    const isFirst = (row) => !firsts.has(row.item) && firsts.add(row.item);
    return h(
      Card,
      {
        title: `Run ${run}`,
        actions: [
          h(Router.Link, { key: 1, to: `${S.PAGE}?view=changes` }, "All runs"),
          h(TaskDeed, {
            key: 2,
            mode: "undo",
            args: { run },
            description: `undo run ${run}`,
            label: "Undo run",
            icon: "faUndo",
            sure: "Undo all of it?",
            onEnd: changed,
          }),
        ],
      },
      h(Pages, {
        list,
        label: `What run ${run} changed`,
        heads: ["Scene", "Field", "Before", "After", "Do"],
        empty: "This run is not remembered any more.",
        row: (row) => {
          const first = isFirst(row);
          return {
            key: row.number,
            className: row.undone ? "s2p-undone" : "",
            cells: [
              h(SceneLink, { id: row.scene, titles }),
              S.fieldName(row.field),
              h(Value, { of: row.before }),
              h(Value, { of: row.after }),
              row.undone
                ? "undone"
                : h(
                    "div",
                    { className: "s2p-actions" },
                    h(Deed, {
                      label: "Undo field",
                      name: `Undo ${row.field} of item ${row.item}`,
                      deed: undo({ item: row.item, field: row.field }),
                    }),
                    first &&
                      h(Deed, {
                        label: "Undo item",
                        name: `Undo item ${row.item}`,
                        deed: undo({ item: row.item }),
                      }),
                  ),
            ],
          };
        },
      }),
    );
  }

  function Conflicts({ version, changed }) {
    const list = S.usePages("list_decisions", {}, version);
    const rows = list.rows || [];
    const titles = S.useTitles(rows.map((row) => row.scene));
    // What both say: Plex and Stash are asked, so only if there is something to ask about.
    const values = S.useOnce(
      async (signal) => (rows.length ? (await S.operation("decide", {}, signal)).open : []),
      [rows.map((row) => row.item).join(), version],
    );
    const said = (row, field) =>
      (values.data || []).find((one) => one.item === row.item && one.field === field);
    const decide = (row, field, side) => async () => {
      await S.operation("decide", { item: row.item, field, side, later: true });
      changed();
      return side === "plex" ? "What Plex says stays" : "What Stash says will be written";
    };
    const fields = rows.flatMap((row) => row.fields.map((field) => ({ row, field, both: said(row, field) })));
    if (!fields.length && !list.error) return null;
    return h(
      Card,
      { title: "To be decided" },
      h("p", null, "Both sides were edited. Whose value counts?"),
      h(Trouble, { text: list.error || values.error }),
      h(Table, {
        label: "Conflicts",
        heads: ["Scene", "Field", "Plex says", "Stash says", "Decide"],
        rows: fields.map(({ row, field, both }) => ({
          key: `${row.item} ${field}`,
          cells: [
            h(SceneLink, { id: row.scene, titles }),
            S.fieldName(field),
            both ? h(Value, { of: both.plex }) : "…",
            both ? h(Value, { of: both.stash }) : "…",
            h(
              "div",
              { className: "s2p-actions" },
              h(Deed, {
                label: "Plex",
                name: `Keep what Plex says of ${field} of item ${row.item}`,
                deed: decide(row, field, "plex"),
              }),
              h(Deed, {
                label: "Stash",
                name: `Write what Stash says of ${field} of item ${row.item}`,
                deed: decide(row, field, "stash"),
              }),
            ),
          ],
        })),
      }),
      list.more && h(Deed, { label: "More", deed: list.load }),
    );
  }

  function Held({ version, changed }) {
    const list = S.usePages("list_held", {}, version);
    const rows = list.rows || [];
    const titles = S.useTitles(rows.map((row) => row.scene));
    const resume = (args) => async () => {
      const found = await S.operation("resume", { ...args, later: true });
      changed();
      return `${S.many(found.resumed.length, "scene")} resumed`;
    };
    return h(
      Card,
      {
        title: "Held scenes",
        actions:
          rows.length > 0 &&
          h(Deed, { label: "Resume all", icon: "faPlay", deed: resume({}), sure: "Sync all of them?" }),
      },
      h(Pages, {
        list,
        label: "Held scenes",
        heads: ["Scene", "Held", "Since", "Do"],
        empty: "No scene is held: all are kept in sync.",
        row: (row) => ({
          key: row.scene,
          cells: [
            h(SceneLink, { id: row.scene, titles }),
            row.why,
            S.when(row.since),
            h(Deed, {
              label: "Resume",
              name: `Resume scene ${row.scene}`,
              deed: resume({ scene: row.scene }),
            }),
          ],
        }),
      }),
    );
  }

  S.Changes = function Changes({ version, changed, params }) {
    const run = Number(params.get("run")) || 0;
    return h(
      React.Fragment,
      null,
      h(Conflicts, { version, changed }),
      run ? h(Run, { run, version, changed, key: run }) : h(Runs, { version, changed }),
      h(Held, { version, changed }),
    );
  };
})();
