// A list of names that are picked one by one: from suggestions while a person types, or as typed.
"use strict";
(() => {
  const S = window.Stash2Plex;
  const { h, React, text } = S;
  const { useState, useEffect } = React;
  const PAUSE = 250; // ms after the last key, before anybody is asked

  // -- a list as a text: separated by commas, or by semicolons if a name contains a comma

  S.listOf = (typed) =>
    typed
      .split(typed.includes(";") ? /[;\n]/ : /[,\n]/)
      .map((name) => name.trim())
      .filter(Boolean);

  const isOdd = (name) => name.includes(",");
  S.asList = (names) => (names.some(isOdd) ? names.map((name) => `${name};`).join(" ") : names.join(", "));

  // -- suggestions

  // Returns what `suggest(typed, signal)` finds, while the list is open.
  function useSuggestions(suggest, typed, isOpen) {
    const [found, set] = useState([]);
    useEffect(() => {
      if (!suggest || !isOpen) return undefined;
      const control = new AbortController();
      const look = () => suggest(typed, control.signal).then(set, () => {});
      const timer = setTimeout(look, PAUSE);
      return () => {
        clearTimeout(timer);
        control.abort();
      };
    }, [suggest, typed, isOpen]);
    return isOpen ? found : [];
  }

  function Chip({ name, remove }) {
    const label = text("button.removeName", { name });
    const button = { type: "button", className: "s2p-remove", "aria-label": label, onClick: remove };
    return h("li", null, h("bdi", null, name), h("button", button, text("button.close")));
  }

  function Options({ id, options, at, choose }) {
    const option = (name, index) => {
      const props = {
        key: name,
        id: `${id}-${index}`,
        role: "option",
        "aria-selected": index === at,
        // The press must not take the focus from the input.
        onMouseDown: (event) => event.preventDefault(),
        onClick: () => choose(name),
      };
      return h("li", props, h("bdi", null, name));
    };
    const list = {
      id,
      role: "listbox",
      className: "s2p-options",
      "aria-label": text("settings.suggestions"),
    };
    return h("ul", list, options.map(option));
  }

  // -- the input, and its keys

  function useKeys({ options, at, setAt, draft, add, removeLast, close }) {
    const step = (by) => setAt((at + by + options.length + 1) % (options.length + 1));
    const enter = () => (at < options.length && at >= 0 ? add([options[at]]) : add(S.listOf(draft)));
    const keys = {
      ArrowDown: () => step(1),
      ArrowUp: () => step(-1),
      Enter: enter,
      Escape: close,
      Backspace: draft ? undefined : removeLast,
    };
    return (event) => {
      const act = keys[event.key];
      if (!act) return;
      event.preventDefault();
      act();
    };
  }

  // `value` and what `onChange` gets are the list as a text. `input` are more properties of the input.
  S.Picker = function Picker({ value, onChange, suggest, input }) {
    const names = S.listOf(value);
    const [draft, setDraft] = useState("");
    const [isOpen, setOpen] = useState(false);
    const found = useSuggestions(suggest, draft, isOpen);
    const options = found.filter((name) => !names.includes(name));
    const [at, setAt] = useState(-1); // the option that Enter takes; the last place is the input's own
    useEffect(() => setAt(-1), [draft]);
    const add = (more) => {
      setDraft("");
      setAt(-1);
      if (more.length) onChange(S.asList([...names, ...more.filter((name) => !names.includes(name))]));
    };
    const remove = (gone) => onChange(S.asList(names.filter((name) => name !== gone)));
    const removeLast = () => names.length && remove(names[names.length - 1]);
    const close = () => setOpen(false);
    const onKeyDown = useKeys({ options, at, setAt, draft, add, removeLast, close });
    const list = `${input.id}-options`;
    const isShown = isOpen && options.length > 0;
    const combobox = suggest && {
      role: "combobox",
      "aria-expanded": isShown,
      "aria-controls": list,
      "aria-autocomplete": "list",
      "aria-activedescendant": isShown && at >= 0 && at < options.length ? `${list}-${at}` : undefined,
    };
    return h(
      "div",
      { className: "s2p-picker" },
      names.length > 0 &&
        h(
          "ul",
          { className: "s2p-chips" },
          names.map((name) => h(Chip, { key: name, name, remove: () => remove(name) })),
        ),
      h("input", {
        className: "form-control form-control-sm text-input",
        autoComplete: "off",
        ...input,
        ...combobox,
        value: draft,
        placeholder: text(suggest ? "settings.pick" : "settings.add"),
        onChange: (event) => {
          setDraft(event.target.value);
          setOpen(true);
        },
        onFocus: () => setOpen(true),
        onBlur: () => {
          setOpen(false);
          add(S.listOf(draft));
        },
        onKeyDown,
      }),
      isShown && h(Options, { id: list, options, at, choose: (name) => add([name]) }),
    );
  };
})();
