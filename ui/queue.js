// What is owed to Plex, and what was given up: why, and once more or not at all.
"use strict";
(() => {
  const S = window.Stash2Plex;
  const { h, React } = S;
  const { Card, Deed, TaskDeed, Pages, SceneLink, Select } = S;
  const { useState } = React;

  const thing = (row, titles) =>
    row.kind === "scene" ? h(SceneLink, { id: row.id, titles }) : `${row.kind} ${row.id}`;
  const REASONS = {
    edit: "changed in Stash",
    empty_metadata: "empty in Plex",
    stale_sync: "Plex says something else",
    missing: "was not in Plex",
    asked: "asked for",
    decided: "decided",
    resumed: "resumed",
    gone: "no longer in Stash",
  };

  function standing(row) {
    if (row.state === "in progress") return "being done now";
    const tried = row.attempts ? `, ${S.many(row.attempts, "attempt")} failed` : "";
    const why = row.waits ? "Plex does not have its file yet" : row.state === "waiting" ? "put off" : "due";
    return row.state === "waiting" ? `${why}; next look ${S.when(row.due)}${tried}` : `${why}${tried}`;
  }

  function Owed({ version, changed, state, choose }) {
    const list = S.usePages("list_queue", { state }, version);
    const titles = S.useTitles((list.rows || []).filter((row) => row.kind === "scene").map((row) => row.id));
    const clear = async () => {
      const found = await S.operation("clear_queue");
      changed();
      return `${S.many(found.cleared, "job")} forgotten; a reconciliation finds what still differs`;
    };
    return h(
      Card,
      {
        title: "Queue",
        actions: [
          h(Select, {
            key: 1,
            label: "Show",
            value: state,
            onChange: choose,
            options: [
              ["", "all"],
              ["pending", "due"],
              ["waiting", "for later"],
            ],
          }),
          h(TaskDeed, {
            key: 2,
            mode: "process_queue",
            description: "process queue",
            label: "Process now",
            icon: "faPlay",
          }),
          h(Deed, {
            key: 3,
            label: "Clear queue",
            icon: "faTrash",
            sure: "Forget all that is owed?",
            deed: clear,
          }),
        ],
      },
      h(Pages, {
        list,
        label: "What is owed to Plex",
        heads: ["What", "Why", "Standing"],
        empty: "Nothing is owed to Plex.",
        row: (row) => ({
          key: row.number,
          cells: [thing(row, titles), REASONS[row.reason] || row.reason, standing(row)],
        }),
      }),
    );
  }

  function DeadLetters({ version, changed }) {
    const [error, setError] = useState("");
    const [chosen, choose] = useState(new Set());
    const list = S.usePages("list_dead_letters", { error }, version);
    const titles = S.useTitles((list.rows || []).filter((row) => row.kind === "scene").map((row) => row.id));
    const reasons = (list.first && list.first.reasons) || [];
    const narrow = (value) => {
      choose(new Set());
      setError(value);
    };
    const toggle = (number) =>
      choose((before) => {
        const after = new Set(before);
        if (!after.delete(number)) after.add(number);
        return after;
      });
    const done = (said) => {
      choose(new Set());
      changed();
      return said;
    };
    const retry = (args) => async () =>
      done(
        `${S.many((await S.operation("retry_dlq", { ...args, later: true })).requeued, "dead letter")} back in the queue`,
      );
    const drop = (args) => async () =>
      done(`${S.many((await S.operation("clear_dlq", args)).cleared, "dead letter")} dropped`);
    const rows = list.rows || [];
    const some = { ids: [...chosen] };
    const all = error ? { error } : {};
    const count = reasons
      .filter((one) => !error || one.error === error)
      .reduce((sum, one) => sum + one.count, 0);
    const every = rows.length > 0 && rows.every((row) => chosen.has(row.number));
    return h(
      Card,
      {
        title: "Dead letters",
        actions: rows.length > 0 && [
          h(Deed, {
            key: 1,
            label: `Retry chosen (${chosen.size})`,
            disabled: !chosen.size,
            deed: retry(some),
          }),
          h(Deed, {
            key: 2,
            label: `Drop chosen (${chosen.size})`,
            disabled: !chosen.size,
            deed: drop(some),
            sure: "Drop them?",
          }),
          h(Deed, { key: 3, label: `Retry all (${count})`, icon: "faRedo", deed: retry(all) }),
          h(Deed, {
            key: 4,
            label: `Drop all (${count})`,
            icon: "faTrash",
            deed: drop(all),
            sure: "Drop all of them?",
          }),
        ],
      },
      (reasons.length > 1 || error) &&
        h(Select, {
          label: "Reason",
          value: error,
          onChange: narrow,
          options: [["", "all reasons"], ...reasons.map((one) => [one.error, `${one.count} × ${one.error}`])],
        }),
      h(Pages, {
        list,
        label: "Dead letters",
        empty: "No dead letters: nothing was given up.",
        heads: [
          h("input", {
            key: "all",
            type: "checkbox",
            "aria-label": "Choose all that are shown",
            checked: every,
            onChange: () => choose(every ? new Set() : new Set(rows.map((row) => row.number))),
          }),
          "What",
          "Reason",
          "Given up",
          "Do",
        ],
        row: (row) => ({
          key: row.number,
          cells: [
            h("input", {
              type: "checkbox",
              "aria-label": `Choose ${row.kind} ${row.id}`,
              checked: chosen.has(row.number),
              onChange: () => toggle(row.number),
            }),
            thing(row, titles),
            h("bdi", null, row.error),
            S.when(row.at),
            h(
              "div",
              { className: "s2p-actions" },
              h(Deed, {
                label: "Retry",
                name: `Retry ${row.kind} ${row.id}`,
                deed: retry({ ids: [row.number] }),
              }),
              h(Deed, {
                label: "Drop",
                name: `Drop ${row.kind} ${row.id}`,
                deed: drop({ ids: [row.number] }),
              }),
            ),
          ],
        }),
      }),
    );
  }

  S.Queue = function Queue({ version, changed, params, go }) {
    const state = params.get("state") || "";
    return h(
      React.Fragment,
      null,
      h(DeadLetters, { version, changed }),
      h(Owed, { version, changed, state, choose: (value) => go("queue", { state: value }) }),
    );
  };
})();
