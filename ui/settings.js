// Stash's settings of the plugin: each field shows the value in force and what is wrong with it. Above
// them is a block of ours, in which the token and other secrets are set without being shown.
"use strict";
(() => {
  const S = window.Stash2Plex;
  const { h, React, Router, text, richText } = S;
  const { Message, Problem, TestButton } = S;
  const { Button } = S.Bootstrap;
  const { useState, useEffect } = React;
  // The settings that nobody gets to see, with the texts of their fields.
  const SECRETS = {
    plex_token: {
      heading: "settings.token",
      isSet: "settings.tokenSet",
      isNot: "settings.noToken",
      saved: "settings.tokenSaved",
      change: "button.changeToken",
      save: "button.saveToken",
    },
    notify: {
      heading: "settings.notify",
      isSet: "settings.notifySet",
      isNot: "settings.notifyNot",
      saved: "settings.notifySaved",
      change: "button.changeAddresses",
      save: "button.saveAddresses",
      mayBeBlank: true,
    },
  };
  const SAVED = 1500; // ms after which Stash has saved a change

  // The rows of the operation `settings`: { name, value, default, is_default, problem }.
  const RowsContext = React.createContext([]);
  const useRow = (name) => React.useContext(RowsContext).find((row) => row.name === name);

  const RowProblem = ({ row }) =>
    row && row.problem
      ? h("div", { className: "s2p-trouble", role: "alert" }, h("bdi", null, row.problem))
      : null;

  // -- Stash's own fields

  // Below the description of a field, also in the dialog that changes it.
  function InForce({ name }) {
    const row = useRow(name);
    if (!row) return null;
    const value = (of) => h(S.Value, { of: S.settingValue(of) });
    const shown = row.is_default
      ? richText("settings.default", { value: value(row.value) })
      : richText("settings.changed", { value: value(row.value), default: value(row.default) });
    return h("div", { className: "s2p-in-force" }, h(RowProblem, { row }), shown);
  }

  function described(setting) {
    const inForce = h(S.ErrorBoundary, { instead: null }, h(InForce, { name: setting.name }));
    return { ...setting, description: h(React.Fragment, null, setting.description, inForce) };
  }

  // The settings as Stash shows them. Stash would show secrets, so their fields are ours.
  S.settingsShown = (settings) => settings.filter(({ name }) => !SECRETS[name]).map(described);

  // Stash sorts its fields by key. Here they have the order of `rows`, which begins with the connection.
  function inOrder(fields, rows) {
    const parts = fields && fields.props && fields.props.children;
    if (!Array.isArray(parts) || !rows.length) return fields;
    const place = new Map(rows.map((row, at) => [row.name, at]));
    const placeOf = ({ key }) => place.get(key) ?? rows.length;
    const sorted = [...parts].sort((one, other) => placeOf(one) - placeOf(other));
    return React.cloneElement(fields, { children: sorted });
  }

  // -- secrets

  // Returns our settings as Stash's page knows them, and what saves them.
  function useOurSettings() {
    const { plugins, savePluginSettings } = S.api.hooks.useSettings();
    const ours = (plugins && plugins[S.ID]) || {};
    return { ours, save: (changed) => savePluginSettings(S.ID, { ...ours, ...changed }) };
  }

  function SecretForm({ texts, save, cancel }) {
    const [draft, setDraft] = useState("");
    const submit = (event) => {
      event.preventDefault();
      save(draft.trim());
    };
    const input = {
      type: "password",
      autoComplete: "off",
      "aria-label": text(texts.heading),
      className: "form-control form-control-sm text-input",
      value: draft,
      onChange: (event) => setDraft(event.target.value),
    };
    const look = { variant: "secondary", size: "sm" };
    const disabled = !draft.trim() && !texts.mayBeBlank;
    return h(
      "form",
      { onSubmit: submit, className: "s2p-actions" },
      h("input", input),
      h(Button, { ...look, type: "submit", disabled }, text(texts.save)),
      h(Button, { ...look, onClick: cancel }, text("button.cancel")),
    );
  }

  function SecretHeading({ name, texts, isSet }) {
    const row = useRow(name);
    return h(
      "div",
      null,
      h("h3", null, text(texts.heading)),
      h("div", { className: "sub-heading" }, text(isSet ? texts.isSet : texts.isNot), h(RowProblem, { row })),
    );
  }

  function Secret({ name, say }) {
    const { ours, save } = useOurSettings();
    const [open, setOpen] = useState(false);
    const texts = SECRETS[name];
    const saveSecret = (secret) => {
      save({ [name]: secret });
      setOpen(false);
      say(text(texts.saved), "success");
    };
    const openButton = { variant: "secondary", size: "sm", onClick: () => setOpen(true) };
    return h(
      "div",
      { className: "setting", id: `plugin-${S.ID}-${name}` },
      h(SecretHeading, { name, texts, isSet: Boolean(ours[name]) }),
      h(
        "div",
        null,
        open
          ? h(SecretForm, { texts, save: saveSecret, cancel: () => setOpen(false) })
          : h(Button, openButton, text(texts.change)),
      ),
    );
  }

  // -- our block

  function Introduction({ rows }) {
    const changed = rows.filter((row) => !row.is_default).length;
    const count = rows.length > 0 && ` ${text("settings.count", { changed, all: rows.length })}`;
    const link = (view, key) => h(Router.Link, { to: `${S.PAGE}?view=${view}` }, text(key));
    return h(
      "p",
      null,
      link("overview", "settings.openPage"),
      " · ",
      link("settings", "settings.openView"),
      count,
    );
  }

  function ProblemNames({ rows }) {
    const nameOf = S.useSettingNames();
    const wrong = rows.filter((row) => row.problem);
    if (!wrong.length) return null;
    const badge = ({ name }) => h("span", { className: "s2p-badge s2p-danger" }, nameOf(name));
    const names = wrong.map((row) => h(React.Fragment, { key: row.name }, badge(row), " "));
    return h("p", null, richText("settings.problems", { names }));
  }

  function Block({ rows, error }) {
    const [message, setMessage] = useState(null);
    const say = (text, kind) => setMessage({ text, kind });
    return h(
      S.SayContext.Provider,
      { value: say },
      h(
        "div",
        { className: "s2p-page s2p-settings" },
        h(Message, { message, onClose: () => setMessage(null) }),
        h(Problem, { text: error }),
        h(Introduction, { rows }),
        h(ProblemNames, { rows }),
        h("div", { className: "s2p-actions" }, h(TestButton)),
        Object.keys(SECRETS).map((name) => h(Secret, { key: name, name, say })),
      ),
    );
  }

  // Asks for the settings in force, and asks again after each change.
  function useRows() {
    const { ours } = useOurSettings();
    const { data, error, reload } = S.useOnce(S.settings, []);
    const now = JSON.stringify(ours);
    const before = React.useRef(now);
    useEffect(() => {
      if (before.current === now) return undefined;
      before.current = now;
      const timer = setTimeout(reload, SAVED);
      return () => clearTimeout(timer);
    }, [now]);
    return { rows: data || [], error };
  }

  // `children` are Stash's fields.
  S.SettingsPlace = function SettingsPlace({ children }) {
    const { rows, error } = useRows();
    const block = h(S.ErrorBoundary, null, h(Block, { rows, error }));
    return h(RowsContext.Provider, { value: rows }, block, inOrder(children, rows));
  };
})();
