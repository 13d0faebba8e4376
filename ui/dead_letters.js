// The dead letters in the view of the queue: scenes that gave up, which are retried or dropped.
"use strict";
(() => {
  const S = window.Stash2Plex;
  const { h, React, text } = S;
  const { Card, ActionButton, NumberedTable, Select } = S;
  const { useState } = React;

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
    const run = (mode, key, counted) => (which) => async () => {
      const result = await S.operation(mode, which);
      done();
      return text(key, { count: counted(result) });
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
    const about = { kind: S.kindName(row), id: `${row.id}` };
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
      const name = text("letters.choose", { kind: S.kindName(row), id: `${row.id}` });
      const onChange = () => toggle(row.number);
      const cells = [
        h(Checkbox, { name, checked: chosen.has(row.number), onChange }),
        h(S.JobCell, { row, titles }),
        h("bdi", null, row.error),
        S.when(row.at),
        h(RowButtons, { row, retry, drop }),
      ];
      return { key: row.number, cells };
    };
  }

  // How many dead letters have this error, or any if `error` is empty.
  function countOf(reasons, error) {
    const shown = reasons.filter((reason) => !error || reason.error === error);
    return shown.reduce((sum, reason) => sum + reason.count, 0);
  }

  function ReasonFilter({ reasons, error, onChange }) {
    if (reasons.length < 2 && !error) return null;
    const option = ({ error, count }) => [error, text("letters.reason", { count, error })];
    const options = [["", text("filter.allReasons")], ...reasons.map(option)];
    return h(Select, { label: text("filter.reason"), value: error, onChange, options });
  }

  const ORDERS = ["newest", "oldest"];

  S.DeadLetters = function DeadLetters({ changed, ...address }) {
    const { params, narrow, found } = address;
    const error = params.get("error") || "";
    const order = S.orderOf(ORDERS, params, "letters-order");
    const { chosen, choose, toggle } = useChoice();
    const list = S.useNumbered("list_dead_letters", { error, order }, { ...address, name: "letters-page" });
    const rows = list.rows || [];
    const titles = S.useJobTitles(rows);
    const reasons = (list.first && list.first.reasons) || [];
    const total = countOf(reasons, error);
    const actions = deadLetterActions(() => {
      choose([]);
      changed();
    });
    const narrowReason = (value) => {
      choose([]);
      narrow({ error: value });
    };
    const buttons = h(DeadLetterButtons, { chosen, total, all: error ? { error } : {}, ...actions });
    return h(
      Card,
      { title: text("letters.title"), actions: rows.length > 0 && buttons },
      h(
        "div",
        { className: "s2p-actions" },
        h(ReasonFilter, { reasons, error, onChange: narrowReason }),
        list.total > 1 && h(S.OrderSelect, { orders: ORDERS, params, narrow, name: "letters-order" }),
      ),
      h(NumberedTable, {
        list,
        label: text("letters.title"),
        empty: text(found.q ? "list.nothingFound" : "letters.empty"),
        heads: [h(ChooseAll, { rows, chosen, choose }), ...S.heads("subject", "reason", "gaveUp", "actions")],
        row: deadLetterRow({ titles, chosen, toggle, ...actions }),
      }),
    );
  };
})();
