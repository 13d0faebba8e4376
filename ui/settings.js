// Stash's own settings of the plugin: at each field what is in force and what is wrong with it, the
// token masked; and a block of ours above them.
"use strict";
(() => {
  const S = window.Stash2Plex;
  const { h, React, Router, Notice, Trouble, Deed } = S;
  const { useState, useEffect } = React;
  const TOKEN = "plex_token";
  const SAVED = 1500; // ms after which Stash has saved a change, and we know what counts now

  const Found = React.createContext([]);

  // Below the description of a field, also in the dialog that changes it.
  function InForce({ name }) {
    const one = React.useContext(Found).find((row) => row.name === name);
    return one
      ? h(
          "div",
          { className: "s2p-in-force" },
          one.problem && h("div", { className: "s2p-trouble", role: "alert" }, h("bdi", null, one.problem)),
          "In force: ",
          h(S.Value, { of: S.plain(one.value) }),
          one.is_default
            ? " (the default)"
            : h(React.Fragment, null, "; default: ", h(S.Value, { of: S.plain(one.default) })),
        )
      : null;
  }

  // The settings as Stash shows them: the token has a field of ours, which does not show it.
  S.settingsShown = (settings) =>
    settings
      .filter((one) => one.name !== TOKEN)
      .map((one) => ({
        ...one,
        description: h(
          React.Fragment,
          null,
          one.description,
          h(S.Guard, { instead: null }, h(InForce, { name: one.name })),
        ),
      }));

  function Token({ say }) {
    const { plugins, savePluginSettings } = S.api.hooks.useSettings();
    const ours = (plugins && plugins[S.ID]) || {};
    const known = React.useContext(Found).find((row) => row.name === TOKEN);
    const [draft, setDraft] = useState(null);
    const save = (event) => {
      event.preventDefault();
      savePluginSettings(S.ID, { ...ours, [TOKEN]: draft.trim() });
      setDraft(null);
      say("The token is saved", "success");
    };
    return h(
      "div",
      { className: "setting", id: `plugin-${S.ID}-${TOKEN}` },
      h(
        "div",
        null,
        h("h3", null, "Plex Token"),
        h(
          "div",
          { className: "sub-heading" },
          ours[TOKEN] ? "Set; it is not shown." : "Not set: Plex refuses everything without it.",
          known &&
            known.problem &&
            h("div", { className: "s2p-trouble", role: "alert" }, h("bdi", null, known.problem)),
        ),
      ),
      h(
        "div",
        null,
        draft === null
          ? h(
              S.Bootstrap.Button,
              { variant: "secondary", size: "sm", onClick: () => setDraft("") },
              "Change token",
            )
          : h(
              "form",
              { onSubmit: save, className: "s2p-actions" },
              h("input", {
                type: "password",
                autoComplete: "off",
                "aria-label": "Plex token",
                className: "form-control form-control-sm",
                value: draft,
                onChange: (event) => setDraft(event.target.value),
              }),
              h(
                S.Bootstrap.Button,
                { variant: "secondary", size: "sm", type: "submit", disabled: !draft.trim() },
                "Save token",
              ),
              h(
                S.Bootstrap.Button,
                { variant: "secondary", size: "sm", onClick: () => setDraft(null) },
                "Cancel",
              ),
            ),
      ),
    );
  }

  function Block({ look }) {
    const [said, setSaid] = useState(null);
    const say = (text, kind) => setSaid({ text, kind });
    const rows = look.data ? look.data.settings : [];
    const wrong = rows.filter((one) => one.problem);
    return h(
      S.Saying.Provider,
      { value: say },
      h(
        "div",
        { className: "s2p-page s2p-settings" },
        h(Notice, { said, onClose: () => setSaid(null) }),
        h(Trouble, { text: look.error }),
        h(
          "p",
          null,
          h(Router.Link, { to: S.PAGE }, "Open the page of Stash2Plex"),
          look.data &&
            `; ${rows.filter((one) => !one.is_default).length} of ${rows.length} settings differ from their defaults`,
        ),
        wrong.length > 0 &&
          h(
            "p",
            null,
            "What is wrong stands at ",
            wrong.map((one) =>
              h(
                React.Fragment,
                { key: one.name },
                h("span", { className: "s2p-badge s2p-danger" }, one.name),
                " ",
              ),
            ),
          ),
        h(
          "div",
          { className: "s2p-actions" },
          h(Deed, { label: "Test the connection", icon: "faPlug", deed: S.tested }),
        ),
        h(Token, { say }),
      ),
    );
  }

  // Around Stash's fields: what counts is asked once, and again when something was changed.
  S.SettingsPlace = function SettingsPlace({ children }) {
    const { plugins } = S.api.hooks.useSettings();
    const look = S.useOnce((signal) => S.operation("settings", {}, signal), []);
    const ours = JSON.stringify((plugins && plugins[S.ID]) || {});
    const before = React.useRef(ours);
    useEffect(() => {
      if (before.current === ours) return undefined;
      before.current = ours;
      const timer = setTimeout(look.reload, SAVED);
      return () => clearTimeout(timer);
    }, [ours]);
    return h(
      Found.Provider,
      { value: look.data ? look.data.settings : [] },
      h(S.Guard, null, h(Block, { look })),
      children,
    );
  };
})();
