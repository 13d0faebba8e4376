// Queue: the jobs that wait to be synced, and why.
"use strict";
(() => {
  const S = window.Stash2Plex;
  const { h, React, text } = S;
  const { Card, ActionButton, TaskButton, PagedTable, JobSubject, Select } = S;

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
      return { key: row.number, cells: [h(JobSubject, { row, titles }), reason, stateText(row)] };
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
    const titles = S.useJobTitles(list.rows || []);
    const clear = async () => {
      const { cleared } = await S.operation("clear_queue");
      changed();
      return text("queue.cleared", { count: cleared });
    };
    const table = {
      list,
      label: text("queue.label"),
      heads: S.heads("subject", "why", "state"),
      empty: text("queue.empty"),
      row: jobRow(titles),
    };
    const actions = h(JobActions, { filter, choose, clear });
    return h(Card, { title: text("queue.title"), actions }, h(PagedTable, table));
  }

  S.Queue = function Queue({ version, changed, params, go }) {
    const choose = (state) => go("queue", { state });
    return h(
      React.Fragment,
      null,
      h(S.DeadLetters, { version, changed }),
      h(Jobs, { version, changed, filter: params.get("state") || "", choose }),
    );
  };
})();
