// Settings: all settings in groups, with search. A value is checked while it is typed, and saved by a press.
"use strict";
(() => {
  const S = window.Stash2Plex;
  const { h, React, text } = S;
  const { Card, ActionButton, Problem, Loading, Empty } = S;
  const { useState, useEffect, useCallback } = React;
  const PAUSE = 300; // ms after the last key, before a value is checked
  // A value of these kinds is chosen, so nothing can be wrong with it.
  const CHOSEN = ["flag", "choice", "choices"];

  const isBlank = (value) => value === false || value === "";
  // A secret is never shown, so its text is always blank. A space takes it away.
  const blankOf = (row) => ({ flag: false, secret: " " })[row.kind] ?? "";
  const mayReset = (row, value) => (row.kind === "secret" ? Boolean(row.value) : !isBlank(value));

  // -- one setting

  // Checks the value after a pause, and reports { value, problem, example }.
  function useCheck({ row, value, isDraft, parts, report }) {
    const isShown = row.kind === "template" && value && parts;
    useEffect(() => {
      if (CHOSEN.includes(row.kind) || !(isDraft || isShown)) return undefined;
      const control = new AbortController();
      const check = async () => {
        try {
          const asked = { name: row.name, value, parts };
          report(row.name, { value, ...(await S.operation("check_setting", asked, control.signal)) });
        } catch (error) {
          if (!control.signal.aborted) report(row.name, { value, problem: error.message });
        }
      };
      const timer = setTimeout(check, PAUSE);
      return () => {
        clearTimeout(timer);
        control.abort();
      };
    }, [value, isDraft, parts]);
  }

  function Marks({ row, isDraft }) {
    const mark = (name, look) => h("span", { className: `s2p-badge s2p-${look}` }, text(`settings.${name}`));
    if (isDraft) return mark("notSaved", "warning");
    return row.is_default ? null : mark("isChanged", "note");
  }

  function Default({ row, value, name, onChange }) {
    const shown = h(S.Value, { of: S.settingValue(row.default) });
    const reset = async () => onChange(blankOf(row));
    const button = {
      label: text("button.reset"),
      name: text("button.reset.name", { setting: name }),
      action: reset,
    };
    return h(
      "div",
      { className: "s2p-default" },
      h("span", null, S.richText("settings.isDefault", { value: shown })),
      mayReset(row, value) && h(ActionButton, button),
    );
  }
  function Example({ example, title }) {
    if (!example) return null;
    const values = { example: h("strong", null, h("bdi", null, example)), title: h("bdi", null, title) };
    return h("div", { className: "s2p-example" }, S.richText("settings.example", values));
  }

  function Setting({ row, texts, draft, check, parts, title, onChange, report }) {
    const isDraft = draft !== undefined;
    const value = isDraft ? draft : row.typed;
    useCheck({ row, value, isDraft, parts, report });
    const { name = row.name, description } = texts || {};
    const fresh = check && check.value === value ? check : {};
    const problem = isDraft ? fresh.problem : row.problem;
    const id = `s2p-setting-${row.name}`;
    const input = {
      id,
      "aria-labelledby": `${id}-name`,
      "aria-describedby": `${id}-about`,
      "aria-invalid": Boolean(problem),
    };
    return h(
      "div",
      { className: "s2p-setting", "data-setting": row.name },
      h(
        "div",
        null,
        h("label", { htmlFor: id, id: `${id}-name` }, name),
        " ",
        h(Marks, { row, isDraft }),
        h("div", { id: `${id}-about`, className: "s2p-about" }, description),
      ),
      h(
        "div",
        null,
        h(S.SettingField, { row, value, onChange, input }),
        h("div", { className: "s2p-trouble", role: "status" }, problem && h("bdi", null, problem)),
        h(Example, { example: fresh.example, title }),
        h(Default, { row, value, name, onChange }),
      ),
    );
  }

  // -- what is known, and what is typed

  function useRows() {
    const [state, set] = useState({ rows: null, error: null });
    const load = useCallback(async (signal) => set({ rows: await S.settings(signal), error: null }), []);
    useEffect(() => {
      const control = new AbortController();
      load(control.signal).catch((error) => {
        if (!control.signal.aborted) set({ rows: null, error: error.message });
      });
      return () => control.abort();
    }, []);
    return { ...state, load };
  }

  // name -> value, of the settings that are typed and not saved; and the last check of each.
  function useDrafts() {
    const [drafts, setDrafts] = useState({});
    const [checks, setChecks] = useState({});
    const change = (row, value) =>
      setDrafts(({ [row.name]: _, ...others }) =>
        value === row.typed ? others : { ...others, [row.name]: value },
      );
    const report = useCallback((name, check) => setChecks((now) => ({ ...now, [name]: check })), []);
    // A value that was typed during the save stays.
    const forget = (saved) =>
      setDrafts((now) =>
        Object.fromEntries(Object.entries(now).filter(([name, one]) => saved[name] !== one)),
      );
    return { drafts, checks, change, report, forget };
  }

  const isReady = (row, value, check) =>
    CHOSEN.includes(row.kind) || Boolean(check && check.value === value && !check.problem);

  // The parts of a real scene, once a template has a value.
  function useExample(rows, drafts) {
    const templates = (rows || []).filter((row) => row.kind === "template");
    const isNeeded = templates.some((row) => ({ [row.name]: row.typed, ...drafts })[row.name]);
    const look = async (signal) => (isNeeded ? S.operation("template_parts", {}, signal) : null);
    const { data } = S.useOnce(look, [isNeeded]);
    return data && data.scene ? data : {};
  }

  // -- the view

  function SaveBar({ rows, drafts, checks, forget, load }) {
    const names = Object.keys(drafts);
    if (!names.length) return null;
    const rowOf = (name) => rows.find((row) => row.name === name);
    const save = async () => {
      const stored = names.map((name) => [name, S.storedValue(rowOf(name), drafts[name])]);
      await S.configure(Object.fromEntries(stored));
      await load();
      forget(drafts);
      return text("settings.saved", { count: names.length });
    };
    const discard = async () => forget(drafts);
    const disabled = !names.every((name) => isReady(rowOf(name), drafts[name], checks[name]));
    return h(
      "div",
      { className: "s2p-save", role: "region", "aria-label": text("settings.unsaved") },
      h("span", null, text("settings.drafts", { count: names.length })),
      h(ActionButton, { label: text("button.saveSettings"), icon: "faSave", action: save, disabled }),
      h(ActionButton, { label: text("button.discard"), action: discard }),
    );
  }

  function Filter({ search, setSearch, onlyChanged, setOnlyChanged, rows }) {
    const changed = rows.filter((row) => !row.is_default).length;
    const input = {
      type: "search",
      className: "form-control form-control-sm text-input",
      value: search,
      onChange: (event) => setSearch(event.target.value),
    };
    const box = { type: "checkbox", checked: onlyChanged, onChange: () => setOnlyChanged(!onlyChanged) };
    return h(
      "div",
      { className: "s2p-actions s2p-find" },
      h("label", { className: "s2p-field" }, text("settings.search"), " ", h("input", input)),
      h("label", { className: "s2p-field" }, h("input", box), " ", text("settings.onlyChanged")),
      h("span", { role: "status" }, text("settings.count", { changed, all: rows.length })),
    );
  }

  const placeOf = (group) => `s2p-group-${group}`;

  function GroupLinks({ groups }) {
    const open = (group) => () => {
      const place = document.getElementById(placeOf(group));
      place.scrollIntoView();
      place.focus({ preventScroll: true });
    };
    const link = (group) => {
      const button = { key: group, type: "button", className: "btn btn-link btn-sm", onClick: open(group) };
      return h("button", button, text(`group.${group}`));
    };
    return h("nav", { className: "s2p-groups", "aria-label": text("settings.groups") }, groups.map(link));
  }

  const isFound = (search, row, { name, description } = {}) =>
    [row.name, name, description, text(`group.${row.group}`)].some(
      (part) => part && part.toLowerCase().includes(search.trim().toLowerCase()),
    );

  function Group({ group, children }) {
    const place = { id: placeOf(group), tabIndex: -1, className: "s2p-group" };
    return h("div", place, h(Card, { title: text(`group.${group}`) }, children));
  }

  S.SettingsView = function SettingsView() {
    const { rows, error, load } = useRows();
    const texts = S.useOnce(S.settingTexts, []).data || new Map();
    const [search, setSearch] = useState("");
    const [onlyChanged, setOnlyChanged] = useState(false);
    const { drafts, checks, change, report, forget } = useDrafts();
    const { title, parts } = useExample(rows, drafts);
    if (!rows) return error ? h(Problem, { text: error }) : h(Loading);
    const isKept = (row) => !onlyChanged || !row.is_default || row.name in drafts;
    const shown = rows.filter((row) => isKept(row) && isFound(search, row, texts.get(row.name)));
    const groups = [...new Set(shown.map((row) => row.group))];
    const setting = (row) => {
      const known = { row, texts: texts.get(row.name), draft: drafts[row.name], check: checks[row.name] };
      return h(Setting, { key: row.name, ...known, parts, title, report, onChange: (v) => change(row, v) });
    };
    const card = (group) => {
      const own = shown.filter((row) => row.group === group);
      return h(Group, { key: group, group }, own.map(setting));
    };
    return h(
      React.Fragment,
      null,
      h(Filter, { search, setSearch, onlyChanged, setOnlyChanged, rows }),
      h(GroupLinks, { groups }),
      groups.length ? groups.map(card) : h(Empty, null, text("settings.noneFound")),
      h(SaveBar, { rows, drafts, checks, forget, load }),
    );
  };
})();
