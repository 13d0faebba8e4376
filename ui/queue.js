// Queue: what waits to be synced and why, and the dead letters, which are retried or dropped.
"use strict";
(() => {
  const S = window.Stash2Plex;
  const { h, React, text } = S;
  const { Card, ActionButton, TaskButton, PagedTable, SceneLink, Select } = S;
  const { useState } = React;

  const isScene = (row) => row.kind === "scene";
  const kindName = (row) => S.nameOf("kind", row.kind);
  const useSceneTitles = (rows) => S.useTitles(rows.filter(isScene).map((row) => row.id));

  function Subject({ row, titles }) {
    if (isScene(row)) return h(SceneLink, { id: row.id, titles });
    return text("queue.subject", { kind: kindName(row), id: `${row.id}` });
  }

  // -- jobs

  // `waits` counts the looks for a file that Plex did not have.
  function stateKey({ state, waits }) {
    if (state === "waiting") return waits ? "queue.noFile" : "queue.putOff";
    return waits ? "queue.noFileDue" : "queue.due";
  }

  // The state of a job, in a sentence.
  function stateText(job) {
    if (job.state === "in progress") return text("queue.inProgress");
    const key = stateKey(job);
    const { due, attempts } = job;
    return text(attempts ? `${key}.again` : key, { due: S.when(due), attempts });
  }

  function jobRow(titles) {
    return (row) => {
      const reason = S.nameOf("reason", row.reason);
      return { key: row.number, cells: [h(Subject, { row, titles }), reason, stateText(row)] };
    };
  }

  const FILTERS = ["all", "pending", "waiting"];

  function JobActions({ filter, choose, clear }) {
    const options = FILTERS.map((name) => [name === "all" ? "" : name, text(`queue.filter.${name}`)]);
    return h(
      React.Fragment,
      null,
      h(Select, { label: text("queue.filter"), value: filter, onChange: choose, options }),
      h(TaskButton, { mode: "process_queue", icon: "faPlay" }),
      h(ActionButton, {
        label: text("button.clearQueue"),
        icon: "faTrash",
        confirm: text("queue.confirmClear"),
        action: clear,
      }),
    );
  }

  function Jobs({ version, changed, filter, choose }) {
    const list = S.usePagedList("list_queue", { state: filter }, version);
    const titles = useSceneTitles(list.rows || []);
    const clear = async () => {
      const { cleared } = await S.operation("clear_queue");
      changed();
      return text("queue.cleared", { count: cleared });
    };
    const table = {
      list,
      label: text("queue.label"),
      heads: [text("head.subject"), text("head.why"), text("head.state")],
      empty: text("queue.empty"),
      row: jobRow(titles),
    };
    const actions = h(JobActions, { filter, choose, clear });
    return h(Card, { title: text("queue.title"), actions }, h(PagedTable, table));
  }

  // -- dead letters

  // The numbers of the chosen rows, and what changes them.
  function useChoice() {
    const [chosen, set] = useState(new Set());
    const toggle = (number) =>
      set((before) => {
        const after = new Set(before);
        if (!after.delete(number)) after.add(number);
        return after;
      });
    return { chosen, choose: (numbers) => set(new Set(numbers)), toggle };
  }

  // retry(which) and drop(which) are actions; `which` is { ids }, { error } or {} for all.
  function deadLetterActions(done) {
    const run = (mode, key, countOf) => (which) => async () => {
      const result = await S.operation(mode, which);
      done();
      return text(key, { count: countOf(result) });
    };
    const retry = run("retry_dlq", "letters.retried", (result) => result.requeued);
    const drop = run("clear_dlq", "letters.dropped", (result) => result.cleared);
    return { retry: (which) => retry({ ...which, later: true }), drop };
  }

  function DeadLetterButtons({ chosen, total, all, retry, drop }) {
    const some = { ids: [...chosen] };
    const count = chosen.size;
    const confirm = text("letters.confirmDrop");
    const ofChosen = { disabled: !count };
    return h(
      React.Fragment,
      null,
      h(ActionButton, { label: text("button.retryChosen", { count }), action: retry(some), ...ofChosen }),
      h(ActionButton, {
        label: text("button.dropChosen", { count }),
        action: drop(some),
        confirm,
        ...ofChosen,
      }),
      h(ActionButton, {
        label: text("button.retryAll", { count: total }),
        icon: "faRedo",
        action: retry(all),
      }),
      h(ActionButton, {
        label: text("button.dropAll", { count: total }),
        icon: "faTrash",
        action: drop(all),
        confirm: text("letters.confirmDropAll"),
      }),
    );
  }

  const Checkbox = ({ name, checked, onChange }) =>
    h("input", { type: "checkbox", "aria-label": name, checked, onChange });

  function ChooseAll({ rows, chosen, choose }) {
    const checked = rows.length > 0 && rows.every((row) => chosen.has(row.number));
    const onChange = () => choose(checked ? [] : rows.map((row) => row.number));
    return h(Checkbox, { name: text("letters.chooseAll"), checked, onChange });
  }

  function RowButtons({ row, retry, drop }) {
    const which = { ids: [row.number] };
    const about = { kind: kindName(row), id: `${row.id}` };
    const retryName = text("button.retry.name", about);
    const dropName = text("button.drop.name", about);
    return h(
      "div",
      { className: "s2p-actions" },
      h(ActionButton, { label: text("button.retry"), name: retryName, action: retry(which) }),
      h(ActionButton, { label: text("button.drop"), name: dropName, action: drop(which) }),
    );
  }

  function deadLetterRow({ titles, chosen, toggle, retry, drop }) {
    return (row) => {
      const name = text("letters.choose", { kind: kindName(row), id: `${row.id}` });
      const onChange = () => toggle(row.number);
      const cells = [
        h(Checkbox, { name, checked: chosen.has(row.number), onChange }),
        h(Subject, { row, titles }),
        h("bdi", null, row.error),
        S.when(row.at),
        h(RowButtons, { row, retry, drop }),
      ];
      return { key: row.number, cells };
    };
  }

  function ReasonFilter({ reasons, error, onChange }) {
    if (reasons.length < 2 && !error) return null;
    const option = ({ error, count }) => [error, text("letters.reason", { count, error })];
    const options = [["", text("filter.allReasons")], ...reasons.map(option)];
    return h(Select, { label: text("filter.reason"), value: error, onChange, options });
  }

  function DeadLetters({ version, changed }) {
    const [error, setError] = useState("");
    const { chosen, choose, toggle } = useChoice();
    const list = S.usePagedList("list_dead_letters", { error }, version);
    const rows = list.rows || [];
    const titles = useSceneTitles(rows);
    const reasons = (list.first && list.first.reasons) || [];
    const shown = reasons.filter((reason) => !error || reason.error === error);
    const total = shown.reduce((sum, reason) => sum + reason.count, 0);
    const actions = deadLetterActions(() => {
      choose([]);
      changed();
    });
    const narrow = (value) => {
      choose([]);
      setError(value);
    };
    const heads = ["head.subject", "head.reason", "head.gaveUp", "head.actions"].map((key) => text(key));
    const buttons = h(DeadLetterButtons, { chosen, total, all: error ? { error } : {}, ...actions });
    return h(
      Card,
      { title: text("letters.title"), actions: rows.length > 0 && buttons },
      h(ReasonFilter, { reasons, error, onChange: narrow }),
      h(PagedTable, {
        list,
        label: text("letters.title"),
        empty: text("letters.empty"),
        heads: [h(ChooseAll, { rows, chosen, choose }), ...heads],
        row: deadLetterRow({ titles, chosen, toggle, ...actions }),
      }),
    );
  }

  S.Queue = function Queue({ version, changed, params, go }) {
    const choose = (state) => go("queue", { state });
    return h(
      React.Fragment,
      null,
      h(DeadLetters, { version, changed }),
      h(Jobs, { version, changed, filter: params.get("state") || "", choose }),
    );
  };
})();
