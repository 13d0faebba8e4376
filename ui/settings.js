// Our block in Stash's own plugin settings: what is in force, what is wrong, and the token masked.
"use strict";
(() => {
  const S = window.Stash2Plex;
  const { h, React, Router, Notice, Trouble, Deed } = S;
  const { useState } = React;

  function Token({ say }) {
    const { plugins, savePluginSettings } = S.api.hooks.useSettings();
    const ours = (plugins && plugins[S.ID]) || {};
    const [draft, setDraft] = useState(null);
    const save = (event) => {
      event.preventDefault();
      savePluginSettings(S.ID, { ...ours, plex_token: draft.trim() });
      setDraft(null);
      say("The token is saved", "success");
    };
    return h("div", { className: "setting" }, h("div", null, h("h3", null, "Plex Token"),
      h("div", { className: "sub-heading" }, ours.plex_token ? "Set; it is not shown." : "Not set: Plex refuses everything without it.")),
    h("div", null, draft === null
      ? h(S.Bootstrap.Button, { variant: "secondary", size: "sm", onClick: () => setDraft("") }, "Change token")
      : h("form", { onSubmit: save, className: "s2p-actions" },
        h("input", { type: "password", autoComplete: "off", "aria-label": "Plex token", className: "form-control form-control-sm", value: draft, onChange: (event) => setDraft(event.target.value) }),
        h(S.Bootstrap.Button, { variant: "secondary", size: "sm", type: "submit", disabled: !draft.trim() }, "Save token"),
        h(S.Bootstrap.Button, { variant: "secondary", size: "sm", onClick: () => setDraft(null) }, "Cancel"))));
  }

  S.SettingsBlock = function SettingsBlock() {
    const [said, setSaid] = useState(null);
    const say = (text, kind) => setSaid({ text, kind });
    const look = S.useOnce((signal) => S.operation("settings", {}, signal), []);
    const rows = look.data ? look.data.settings : [];
    const wrong = rows.filter((one) => one.problem);
    const test = async () => {
      const found = await S.operation("health_check");
      look.reload();
      if (!found.healthy) throw new Error([found.stash, found.plex].map((one) => one && one.problem).filter(Boolean).join("; ") || "Not healthy: see the page");
      return `Stash ${found.stash.version} and Plex ${found.plex.version} answer`;
    };
    return h(S.Saying.Provider, { value: say }, h("div", { className: "s2p-page s2p-settings" },
      h(Notice, { said, onClose: () => setSaid(null) }), h(Trouble, { text: look.error }),
      h("p", null, h(Router.Link, { to: S.PAGE }, "Open the page of Stash2Plex"), look.data && `; ${rows.filter((one) => !one.is_default).length} of ${rows.length} settings differ from their defaults`),
      wrong.length > 0 && h("ul", { className: "s2p-plain" }, wrong.map((one) => h("li", { key: one.name }, h("span", { className: "s2p-badge s2p-danger" }, one.name), " ", h("bdi", null, one.problem)))),
      h("div", { className: "s2p-actions" }, h(Deed, { label: "Test the connection", icon: "faPlug", deed: test })),
      h(Token, { say }),
      look.data && h("details", null, h("summary", null, "Settings in force, defaults included"),
        h(S.Table, { label: "Settings in force", heads: ["Setting", "In force"], rows: rows.map((one) => ({ key: one.name, cells: [h("code", null, one.name), h(S.Value, { of: typeof one.value === "boolean" ? (one.value ? "on" : "off") : one.value })] })) }))));
  };
})();
