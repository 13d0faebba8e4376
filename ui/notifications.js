// Notifications: whether they are on, how the last message went at each address, and a test.
"use strict";
(() => {
  const S = window.Stash2Plex;
  const { h, React, text } = S;
  const { Card, TaskButton, Problem, Empty } = S;

  // Addresses are secret, so the plugin tells only their numbers.
  function Result({ row }) {
    const { number, service, problem } = row;
    const places = { number: `${number}`, service, result: problem || text("notifications.sent") };
    return h(
      "li",
      { className: problem ? "s2p-trouble" : undefined },
      h("bdi", null, text(service ? "notifications.service" : "notifications.address", places)),
    );
  }

  function LastMessage({ sentAt, sent }) {
    if (!sentAt) return h(Empty, null, text("notifications.none"));
    const results = sent.map((row) => h(Result, { key: row.number, row }));
    return h(
      React.Fragment,
      null,
      h("p", null, text("notifications.last", { when: S.when(sentAt) })),
      h("ul", { className: "s2p-plain" }, results),
    );
  }

  // `settings` are the rows of the settings in force.
  S.Notifications = function Notifications({ settings, version }) {
    const row = settings.find((setting) => setting.name === "notify");
    const isOn = Boolean(row) && !row.is_default;
    const look = (signal) => S.operation("notifications", {}, signal);
    const { data, error, reload } = S.useOnce(look, [version]);
    const test = { mode: "send_test", label: text("button.sendTest"), icon: "faBell", disabled: !isOn };
    const actions = h(TaskButton, { ...test, onEnd: reload });
    return h(
      Card,
      { title: text("notifications.title"), actions },
      h(Problem, { text: error }),
      h("p", null, text(isOn ? "notifications.on" : "notifications.off")),
      isOn && data && h(LastMessage, { sentAt: data.sent_at, sent: data.sent }),
    );
  };
})();
