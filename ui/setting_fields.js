// The control of a setting on the page, by its kind. Each one gets the typed value and reports another.
"use strict";
(() => {
  const S = window.Stash2Plex;
  const { h, React, text } = S;
  const { ActionButton } = S;
  const { useState } = React;

  const LOOK = "form-control form-control-sm text-input";
  const valueOf = (event) => event.target.value;

  // -- one value

  const Text = ({ value, onChange, input, ...more }) =>
    h("input", { className: LOOK, ...input, ...more, value, onChange: (event) => onChange(valueOf(event)) });

  const NumberField = ({ row, ...rest }) =>
    h(Text, { ...rest, inputMode: "numeric", placeholder: `${row.default}` });

  const Secret = ({ row, ...rest }) => {
    const placeholder = row.value ? text("settings.tokenSet") : "";
    return h(Text, { ...rest, type: "password", autoComplete: "off", placeholder });
  };

  const Flag = ({ value, onChange, input }) =>
    h("input", { ...input, type: "checkbox", checked: value, onChange: () => onChange(!value) });

  function Choice({ row, value, onChange, input }) {
    const chosen = value.toLowerCase();
    const known = chosen === "" || row.allowed.includes(chosen);
    const words = known ? row.allowed : [chosen, ...row.allowed];
    const blank = h("option", { key: "", value: "" }, text("settings.defaultChoice", { value: row.default }));
    const option = (word) => h("option", { key: word, value: word }, word);
    const className = "form-control form-control-sm input-control";
    const props = { className, ...input, value: chosen, onChange: (event) => onChange(valueOf(event)) };
    return h("select", props, blank, words.map(option));
  }

  function Range({ row, input, ...rest }) {
    const list = `${input.id}-words`;
    const option = (word) => h("option", { key: word, value: word });
    return h(
      React.Fragment,
      null,
      h(Text, { ...rest, input, list, placeholder: row.default }),
      h("datalist", { id: list }, row.allowed.map(option)),
    );
  }

  // A press puts the name of a part at the end of the template.
  function Template({ row, value, onChange, input }) {
    const part = (name) => {
      const place = `{${name}}`;
      const onClick = () => onChange(value && !value.endsWith(" ") ? `${value} ${place}` : value + place);
      return h("button", { key: name, type: "button", className: "s2p-part", onClick }, place);
    };
    const group = { className: "s2p-parts", role: "group", "aria-label": text("settings.parts") };
    return h(
      React.Fragment,
      null,
      h(Text, { value, onChange, input }),
      h("div", group, row.allowed.map(part)),
    );
  }

  // -- several values

  const isSame = (some, others) => some.length === others.length && some.every((one) => others.includes(one));

  // Blank means the default, so the choice of just that is blank, too.
  function choiceText(row, chosen) {
    if (isSame(chosen, row.default)) return "";
    return chosen.join(", ") || "none";
  }

  function Choices({ row, value, onChange, input }) {
    const own = value === row.typed ? row.value : S.listOf(value);
    const chosen = value === "" ? row.default : own;
    const toggle = (name) => {
      const isOn = (one) => (one === name ? !chosen.includes(one) : chosen.includes(one));
      onChange(choiceText(row, row.allowed.filter(isOn)));
    };
    const box = (name) => {
      const checked = chosen.includes(name);
      const props = { type: "checkbox", checked, onChange: () => toggle(name) };
      return h("div", { key: name }, h("label", null, h("input", props), " ", S.fieldName(name)));
    };
    const list = { id: input.id, className: "s2p-choices", role: "group", tabIndex: -1 };
    return h("div", { ...list, "aria-labelledby": input["aria-labelledby"] }, row.allowed.map(box));
  }

  // If all libraries are chosen the setting stays blank, so that a library which Plex gets later is synced.
  function libraryText(libraries, chosen) {
    const some = libraries.filter((library) => chosen.includes(library.id));
    return some.length < libraries.length ? some.map((library) => `#${library.id}`).join(", ") : "";
  }

  function Libraries({ onChange, libraries }) {
    const [chosen, choose] = useState(() => libraries.filter((one) => one.chosen).map((one) => one.id));
    const toggle = (id) => {
      const now = chosen.includes(id) ? chosen.filter((other) => other !== id) : [...chosen, id];
      if (!now.length) return;
      choose(now);
      onChange(libraryText(libraries, now));
    };
    const box = ({ id, name, items }) => {
      const props = { type: "checkbox", checked: chosen.includes(id), onChange: () => toggle(id) };
      const count = text("setup.items", { items });
      return h("li", { key: id }, h("label", null, h("input", props), " ", h("bdi", null, name), " ", count));
    };
    return libraries.length
      ? h("ul", { className: "s2p-plain" }, libraries.map(box))
      : h(S.Empty, null, text("setup.noLibraries"));
  }

  function LibraryField(props) {
    const [libraries, set] = useState(null);
    const look = async () => set((await S.operation("libraries")).rows);
    if (libraries) return h(Libraries, { ...props, libraries });
    return h(
      React.Fragment,
      null,
      h(Text, props),
      h(ActionButton, { label: text("button.pickLibraries"), icon: "faList", action: look }),
    );
  }

  const picking = (suggest) =>
    function PickField({ value, onChange, input }) {
      return h(S.Picker, { value, onChange, input, suggest });
    };

  const KINDS = {
    flag: Flag,
    number: NumberField,
    secret: Secret,
    choice: Choice,
    choices: Choices,
    range: Range,
    template: Template,
    libraries: LibraryField,
    tags: picking(S.tagNames),
    folders: picking(S.folders),
    names: picking(null),
  };

  // `input` are properties of the control: its id, and the ids of what describes it.
  S.SettingField = function SettingField({ row, ...rest }) {
    const Kind = KINDS[row.kind];
    return Kind ? h(Kind, { row, ...rest }) : h(Text, rest);
  };

  // The value as Stash stores it.
  S.storedValue = (row, value) => {
    if (row.kind === "secret") return value.trim();
    if (row.kind !== "number") return value;
    return value.trim() === "" ? 0 : Number(value);
  };
})();
