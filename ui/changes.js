// Changes: the runs that wrote to Plex and what they wrote, each with its undo; and the held scenes.
"use strict";
(() => {
  const S = window.Stash2Plex;
  const { h, React, Router, text } = S;
  const { Card, ActionButton, TaskButton, NumberedTable, SceneCell } = S;
  const ORDERS = ["newest", "oldest"];

  const UNDO = "undo"; // the command of a run that took back another one
  // The name of a run's task.
  S.taskOf = (command) => (command === UNDO ? text("changes.undo") : S.nameOf("task", command));
  const address = (run) => (run ? `${S.PAGE}?view=changes&run=${run}` : `${S.PAGE}?view=changes`);

  // -- all runs

  function writtenText({ fields, items, undone }) {
    return text(undone ? "runs.wroteAndUndone" : "runs.wrote", { fields, items, undone });
  }

  function UndoRunButton({ run, changed }) {
    return h(TaskButton, {
      mode: "undo",
      args: { run },
      task: text("task.undoRun", { run: `${run}` }),
      label: text("button.undo"),
      name: text("button.undo.name", { run: `${run}` }),
      confirm: text("changes.confirmUndo"),
      onEnd: changed,
    });
  }

  // The first scenes of a run, and how many others it wrote.
  function RunScenes({ scenes, scene_count: count, titles }) {
    const rest = count - scenes.length;
    return h(
      React.Fragment,
      null,
      scenes.map((id) => h(SceneCell, { key: id, id, titles })),
      rest > 0 && h("div", null, text("runs.moreScenes", { count: rest })),
    );
  }

  function runRow(changed, titles) {
    return (row) => {
      const link = { to: address(row.run), "aria-label": text("changes.openRun", { run: `${row.run}` }) };
      // To undo an undo is to resume its scenes.
      const canUndo = row.command !== UNDO && row.undone < row.fields;
      const cells = [
        h(Router.Link, link, text("changes.run", { run: `${row.run}` })),
        S.when(row.at),
        S.taskOf(row.command),
        h(RunScenes, { ...row, titles }),
        writtenText(row),
        canUndo && h(UndoRunButton, { run: row.run, changed }),
      ];
      return { key: row.run, cells };
    };
  }

  function Runs({ changed, ...address }) {
    const { params, narrow, found } = address;
    const list = S.useNumbered("list_runs", { order: S.orderOf(ORDERS, params) }, address);
    const titles = S.useTitles((list.rows || []).flatMap((row) => row.scenes));
    const table = {
      list,
      label: text("changes.runsLabel"),
      heads: S.heads("run", "when", "by", "scenes", "wrote", "actions"),
      empty: text(found.q ? "list.nothingFound" : "changes.noRuns"),
      row: runRow(changed, titles),
    };
    const actions = h(S.OrderSelect, { orders: ORDERS, params, narrow });
    return h(Card, { title: text("changes.runs"), actions }, h(NumberedTable, table));
  }

  // -- the changes of one run

  // The result of an undo, with the fields that it left as they are.
  function undoneText({ fields, held, left }) {
    const parts = [text("changes.undone", { fields })];
    for (const [reason, count] of Object.entries(left || {}))
      parts.push(text("changes.left", { count, reason }));
    if (held) parts.push(text("changes.held", { held }));
    return parts.join(" ");
  }

  function UndoButtons({ row, isFirst, undo }) {
    const { field, item } = row;
    const fieldName = text("button.undoField.name", { field: S.fieldName(field), item: `${item}` });
    const itemName = text("button.undoItem.name", { item: `${item}` });
    return h(
      "div",
      { className: "s2p-actions" },
      h(ActionButton, { label: text("button.undoField"), name: fieldName, action: undo({ item, field }) }),
      isFirst && h(ActionButton, { label: text("button.undoItem"), name: itemName, action: undo({ item }) }),
    );
  }

  function changeRow({ titles, undo, rows }) {
    return (row) => {
      const isFirst = rows.find((other) => other.item === row.item) === row;
      const cells = [
        h(SceneCell, { id: row.scene, titles }),
        S.fieldName(row.field),
        h(S.FieldValue, { field: row.field, of: row.before }),
        h(S.FieldValue, { field: row.field, of: row.after }),
        row.undone ? text("changes.isUndone") : h(UndoButtons, { row, isFirst, undo }),
      ];
      return { key: row.number, className: row.undone ? "s2p-undone" : "", cells };
    };
  }

  // The fields that a person can narrow a run down to.
  const FIELDS = Object.keys(S.TEXTS.en).filter((key) => key.startsWith("field."));

  function RunFilters({ params, narrow }) {
    const fields = FIELDS.map((key) => [key.slice("field.".length), text(key)]);
    const options = [["", text("filter.allFields")], ...fields];
    const onChange = (field) => narrow({ field });
    const value = params.get("field") || "";
    return h(
      "div",
      { className: "s2p-actions" },
      h(S.Select, { label: text("filter.field"), value, onChange, options }),
      h(S.OrderSelect, { orders: ORDERS, params, narrow }),
    );
  }

  function RunActions({ run, changed }) {
    const undo = {
      mode: "undo",
      args: { run },
      task: text("task.undoRun", { run: `${run}` }),
      label: text("button.undoRun"),
      icon: "faUndo",
      confirm: text("changes.confirmUndoAll"),
      onEnd: changed,
    };
    return h(
      React.Fragment,
      null,
      h(Router.Link, { to: address() }, text("changes.allRuns")),
      h(TaskButton, undo),
    );
  }

  function Run({ run, changed, ...address }) {
    const { params, narrow, found } = address;
    const given = { run, field: params.get("field") || "", order: S.orderOf(ORDERS, params) };
    const list = S.useNumbered("list_changes", given, address);
    const rows = list.rows || [];
    const titles = S.useTitles(rows.map((row) => row.scene));
    const undo = (which) => async () => {
      const result = await S.operation("undo", { run, ...which });
      changed();
      return undoneText(result);
    };
    const table = {
      list,
      label: text("changes.openRun", { run: `${run}` }),
      heads: S.heads("scene", "field", "before", "after", "actions"),
      empty: text(found.q || given.field ? "list.nothingFound" : "changes.forgotten"),
      row: changeRow({ titles, undo, rows }),
    };
    const title = text("changes.runTitle", { run: `${run}` });
    return h(
      Card,
      { title, actions: h(RunActions, { run, changed }) },
      h(RunFilters, { params, narrow }),
      h(NumberedTable, table),
    );
  }

  // -- held scenes

  function heldRow(titles, resume) {
    return ({ scene, why, since }) => {
      const name = text("button.resume.name", { scene: `${scene}` });
      const button = h(ActionButton, { label: text("button.resume"), name, action: resume({ scene }) });
      return { key: scene, cells: [h(SceneCell, { id: scene, titles }), why, S.when(since), button] };
    };
  }

  function Held({ changed, ...address }) {
    const list = S.useNumbered("list_held", {}, { ...address, name: "held-page" });
    const rows = list.rows || [];
    const titles = S.useTitles(rows.map((row) => row.scene));
    const resume = (which) => async () => {
      const { resumed } = await S.operation("resume", { ...which, later: true });
      changed();
      return text("held.resumed", { count: resumed.length });
    };
    const resumeAll = {
      label: text("button.resumeAll"),
      icon: "faPlay",
      action: resume({}),
      confirm: text("held.confirmResume"),
    };
    const table = {
      list,
      label: text("held.title"),
      heads: S.heads("scene", "heldBy", "since", "actions"),
      empty: text(address.found.q ? "list.nothingFound" : "held.empty"),
      row: heldRow(titles, resume),
    };
    const actions = rows.length > 0 && h(ActionButton, resumeAll);
    return h(Card, { title: text("held.title"), actions }, h(NumberedTable, table));
  }

  S.Changes = function Changes({ version, changed, params, narrow }) {
    const run = Number(params.get("run")) || 0;
    const found = S.useFound(params, version);
    const address = { version, params, narrow, found };
    return h(
      React.Fragment,
      null,
      h("div", { className: "s2p-search" }, h(S.SearchBox, { params, narrow })),
      h(S.FoundNote, { found }),
      h(S.Decisions, { version, changed }),
      run ? h(Run, { run, changed, ...address, key: run }) : h(Runs, { changed, ...address }),
      h(Held, { changed, ...address }),
    );
  };
})();
