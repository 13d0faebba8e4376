// Removing everything of ours on this machine, before the plugin is uninstalled.
"use strict";
(() => {
  const S = window.Stash2Plex;
  const { h, text } = S;
  const { Card, TaskButton } = S;

  S.Removal = function Removal({ reload }) {
    const button = {
      mode: "remove_data",
      args: { confirm: true },
      label: text("button.removeData"),
      icon: "faTrash",
      confirm: text("removal.confirm"),
      onEnd: reload,
    };
    return h(
      Card,
      { title: text("removal.title"), actions: h(TaskButton, button) },
      h("p", null, text("removal.explanation")),
      h("p", null, text("removal.undo")),
    );
  };
})();
