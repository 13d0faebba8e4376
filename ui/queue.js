// Queue: the jobs that wait to be synced, and why.
"use strict";
(() => {
  const S = window.Stash2Plex;
  const { h, React, text } = S;
  const { Card, ActionButton, TaskButton, NumberedTable, JobCell, Select } = S;

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
      return {
        key: row.number,
        cells: [h(JobCell, { row, titles }), h("bdi", null, reason), stateText(row)],
      };
    };
  }

  const FILTERS = ["all", "pending", "waiting"];
  const ORDERS = ["work", "due", "newest"];

  function JobActions({ params, narrow, clear }) {
    const options = FILTERS.map((name) => [name === "all" ? "" : name, text(`queue.filter.${name}`)]);
    const choose = (state) => narrow({ state });
    const value = params.get("state") || "";
    return h(
      React.Fragment,
      null,
      h(Select, { label: text("queue.filter"), value, onChange: choose, options }),
      h(S.OrderSelect, { orders: ORDERS, params, narrow }),
      h(TaskButton, { mode: "process_queue", icon: "faPlay" }),
      h(ActionButton, {
        label: text("button.clearQueue"),
        icon: "faTrash",
        confirm: text("queue.confirmClear"),
        action: clear,
      }),
    );
  }

  function Jobs({ changed, ...address }) {
    const { params, narrow } = address;
    const given = { state: params.get("state") || "", order: S.orderOf(ORDERS, params) };
    const list = S.useNumbered("list_queue", given, address);
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
      empty: text(address.found.q ? "list.nothingFound" : "queue.empty"),
      row: jobRow(titles),
    };
    const actions = h(JobActions, { params, narrow, clear });
    return h(Card, { title: text("queue.title"), actions }, h(NumberedTable, table));
  }

  S.Queue = function Queue({ version, changed, params, narrow }) {
    const found = S.useFound(params, version);
    const address = { version, params, narrow, found };
    return h(
      React.Fragment,
      null,
      h("div", { className: "s2p-search" }, h(S.SearchBox, { params, narrow })),
      h(S.FoundNote, { found }),
      h(S.DeadLetters, { changed, ...address }),
      h(Jobs, { changed, ...address }),
    );
  };
})();
