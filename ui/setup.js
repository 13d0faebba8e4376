// Setup: the findings of Check Setup, the libraries, notifications, the settings in force, the bug report.
"use strict";
(() => {
  const S = window.Stash2Plex;
  const { h, React, text } = S;
  const { Card, ActionButton, Table, Problem, Loading, Empty, Value } = S;
  const { useState, useEffect } = React;
  const KINDS = { error: "danger", warning: "warning", note: "note", ok: "success" };

  // -- the findings

  function Finding({ finding }) {
    return h(
      "li",
      { className: "s2p-finding" },
      h("span", { className: `s2p-badge s2p-${KINDS[finding.level]}` }, S.nameOf("level", finding.level)),
      " ",
      h(
        "div",
        null,
        h("bdi", null, finding.said),
        finding.do && h("div", { className: "s2p-do" }, h("bdi", null, finding.do)),
      ),
    );
  }

  const Findings = ({ findings }) =>
    h(
      "ul",
      { className: "s2p-plain" },
      findings.map((finding, at) => h(Finding, { key: at, finding })),
    );

  S.Findings = Findings;

  // Saves a text as a file in the browser's downloads.
  function download(name, content) {
    const address = URL.createObjectURL(new Blob([content], { type: "application/json" }));
    const link = Object.assign(document.createElement("a"), { href: address, download: name });
    document.body.appendChild(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(address), 10000);
  }

  async function downloadReport() {
    const { bundle } = await S.operation("bundle");
    download("stash2plex-report.json", JSON.stringify(bundle, null, 1));
    return text("setup.reportSaved");
  }

  function CheckActions({ reload, go }) {
    const check = async () => reload();
    return h(
      React.Fragment,
      null,
      h(ActionButton, { label: text("button.checkSetup"), icon: "faStethoscope", action: check }),
      h(S.TestButton),
      h(ActionButton, {
        label: text("button.guide"),
        icon: "faSignInAlt",
        action: async () => go("start"),
      }),
      h(ActionButton, { label: text("button.bugReport"), icon: "faDownload", action: downloadReport }),
    );
  }

  // -- the libraries

  function Library({ library, checked, onChange }) {
    const { name, items } = library;
    const count = items === null ? "" : ` ${text("setup.items", { items })}`;
    const box = h("input", { type: "checkbox", checked, onChange });
    return h("li", null, h("label", null, box, " ", h("bdi", null, name), count));
  }

  // Returns the ids of the chosen libraries and what changes one of them.
  function useChosen(libraries) {
    const [chosen, choose] = useState([]);
    const before = libraries.filter((library) => library.chosen).map((library) => library.id);
    useEffect(() => choose(before), [libraries]);
    const toggle = (id) =>
      choose((now) => (now.includes(id) ? now.filter((other) => other !== id) : [...now, id]));
    return [chosen, toggle];
  }

  // If all libraries are chosen the setting stays blank, so that a library which Plex gets later is synced.
  async function saveLibraries(offered, chosen) {
    const named = offered.filter((library) => chosen.includes(library.id));
    const some = named.length < offered.length ? named : [];
    await S.configure({ plex_library: some.map((library) => `#${library.id}`).join(", ") });
    if (!some.length) return text("setup.syncsAll");
    return text("setup.syncs", { names: S.list(some.map((library) => library.name)) });
  }

  function Libraries({ libraries, reload }) {
    const offered = libraries.filter((library) => library.type === "movie");
    const [chosen, toggle] = useChosen(libraries);
    const save = async () => {
      const answer = await saveLibraries(offered, chosen);
      reload();
      return answer;
    };
    const item = (library) => {
      const checked = chosen.includes(library.id);
      return h(Library, { key: library.id, library, checked, onChange: () => toggle(library.id) });
    };
    const actions = h(ActionButton, { label: text("button.saveLibraries"), icon: "faSave", action: save });
    return h(
      Card,
      { title: text("setup.libraries"), actions },
      offered.length
        ? h("ul", { className: "s2p-plain" }, offered.map(item))
        : h(Empty, null, text("setup.noLibraries")),
    );
  }

  // -- the settings

  function settingRow(nameOf) {
    return (row) => {
      const cells = [
        nameOf(row.name),
        h(Value, { of: S.settingValue(row.value) }),
        h(Value, { of: S.settingValue(row.default) }),
        h("bdi", { className: "s2p-trouble" }, row.problem),
      ];
      return { key: row.name, cells };
    };
  }

  function Settings({ settings }) {
    const nameOf = S.useSettingNames();
    const [all, setAll] = useState(false);
    const shown = settings.filter((row) => all || !row.is_default || row.problem);
    const box = h("input", { type: "checkbox", checked: all, onChange: () => setAll(!all) });
    const actions = h("label", { className: "s2p-field" }, box, " ", text("setup.showDefaults"));
    const heads = S.heads("setting", "inForce", "default", "problem");
    const table = { label: text("setup.settings"), heads, rows: shown.map(settingRow(nameOf)) };
    return h(Card, { title: text("setup.settings"), actions }, h(Table, table));
  }

  S.Setup = function Setup({ version, go }) {
    const look = (signal) => S.operation("doctor", {}, signal);
    const { data: doctor, error, reload } = S.useOnce(look, [version]);
    const { findings, plex, paths, settings } = doctor || {};
    return h(
      React.Fragment,
      null,
      h(
        Card,
        { title: text("setup.check"), actions: h(CheckActions, { reload, go }) },
        h(Problem, { text: error }),
        doctor && h(Findings, { findings }),
        !doctor && !error && h(Loading),
      ),
      doctor && h(Libraries, { libraries: plex.libraries || [], reload }),
      doctor && h(S.Paths, { paths: paths || {}, reload }),
      doctor && h(S.Notifications, { settings: settings || [], version }),
      doctor && h(S.SelfTest, { result: plex.test, version, reload }),
      doctor && h(Settings, { settings: settings || [] }),
      h(S.Removal, { reload }),
    );
  };
})();
