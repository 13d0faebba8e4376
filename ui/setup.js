// Setup: what the doctor found and what to do, libraries, paths, settings in force, a bundle for reports.
"use strict";
(() => {
  const S = window.Stash2Plex;
  const { h, React } = S;
  const { Card, Deed, Table, Trouble, Loading, Empty, Value } = S;
  const { useState, useEffect } = React;

  const KINDS = { error: "danger", warning: "warning", note: "note", ok: "success" };

  function Findings({ doctor }) {
    return h(
      "ul",
      { className: "s2p-plain" },
      doctor.findings.map((one, at) =>
        h(
          "li",
          { key: at },
          h("span", { className: `s2p-badge s2p-${KINDS[one.level]}` }, one.level),
          " ",
          h("bdi", null, one.said),
          one.do && h("div", { className: "s2p-do" }, h("bdi", null, one.do)),
        ),
      ),
    );
  }

  function Libraries({ libraries, reload }) {
    const offered = libraries.filter((one) => one.type === "movie");
    const [chosen, choose] = useState([]);
    useEffect(() => choose(libraries.filter((one) => one.chosen).map((one) => one.id)), [libraries]);
    const save = async () => {
      // All of them are left unnamed, so that one that Plex gets later is synced as well.
      const named = offered.filter((one) => chosen.includes(one.id));
      const some = named.length < offered.length ? named : [];
      await S.configure({ plex_library: some.map((one) => `#${one.id}`).join(", ") });
      reload();
      return some.length
        ? `Synced is now: ${some.map((one) => one.name).join(", ")}`
        : "Synced are now all libraries of films";
    };
    const toggle = (id) =>
      choose((before) => (before.includes(id) ? before.filter((one) => one !== id) : [...before, id]));
    return h(
      Card,
      { title: "Libraries", actions: h(Deed, { label: "Save libraries", icon: "faSave", deed: save }) },
      offered.length
        ? h(
            "ul",
            { className: "s2p-plain" },
            offered.map((one) =>
              h(
                "li",
                { key: one.id },
                h(
                  "label",
                  null,
                  h("input", {
                    type: "checkbox",
                    checked: chosen.includes(one.id),
                    onChange: () => toggle(one.id),
                  }),
                  " ",
                  h("bdi", null, one.name),
                  one.items === null ? "" : ` (${S.many(one.items, "item")})`,
                ),
              ),
            ),
          )
        : h(Empty, null, "Plex tells of no library that could be synced."),
    );
  }

  function Paths({ paths, reload }) {
    const proven = paths.proven || [];
    const pairs = paths.pairs || [];
    const accept = async () => {
      const written = proven.map((one) => `${one.stash} => ${one.plex}`).join("; ");
      await S.configure({ path_map: written });
      reload();
      return `path_map is now: ${written}`;
    };
    const evidence = (one) =>
      one.of === undefined || one.of === null ? "" : `${one.agree} of ${one.of} files agree`;
    const rows = (which) =>
      which.map((one, at) => ({
        key: at,
        cells: [h("bdi", null, one.stash), h("bdi", null, one.plex), evidence(one)],
      }));
    return h(
      Card,
      {
        title: "Paths",
        actions:
          proven.length > 0 &&
          h(Deed, { label: "Accept what files prove", icon: "faCheck", deed: accept, sure: "Set path_map?" }),
      },
      h("p", null, paths.set ? "Set by you (path_map):" : "Found by itself:"),
      pairs.length
        ? h(Table, {
            label: "Path map in force",
            heads: ["In Stash", "In Plex", "Evidence"],
            rows: rows(pairs),
          })
        : h(Empty, null, "None: paths are taken as they are."),
      proven.length > 0 &&
        h(
          React.Fragment,
          null,
          h("p", null, "Files prove:"),
          h(Table, {
            label: "Path map that files prove",
            heads: ["In Stash", "In Plex", "Evidence"],
            rows: rows(proven),
          }),
        ),
      paths.silence && h("p", null, h("bdi", null, paths.silence)),
    );
  }

  function Settings({ settings }) {
    const [all, setAll] = useState(false);
    const shown = settings.filter((one) => all || !one.is_default || one.problem);
    return h(
      Card,
      {
        title: "Settings in force",
        actions: h(
          "label",
          { className: "s2p-field" },
          h("input", { type: "checkbox", checked: all, onChange: () => setAll(!all) }),
          " defaults too",
        ),
      },
      h(Table, {
        label: "Settings in force",
        heads: ["Setting", "In force", "Default", "Trouble"],
        rows: shown.map((one) => ({
          key: one.name,
          cells: [
            h("code", null, one.name),
            h(Value, { of: S.plain(one.value) }),
            h(Value, { of: S.plain(one.default) }),
            h("bdi", { className: "s2p-trouble" }, one.problem),
          ],
        })),
      }),
    );
  }

  async function download() {
    const found = await S.operation("bundle");
    const address = URL.createObjectURL(
      new Blob([JSON.stringify(found.bundle, null, 1)], { type: "application/json" }),
    );
    const link = Object.assign(document.createElement("a"), {
      href: address,
      download: "stash2plex-report.json",
    });
    document.body.appendChild(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(address), 10000);
    return "The report has no token, names, hosts or paths in it. Read it before you hand it on.";
  }

  S.Setup = function Setup({ version }) {
    const look = S.useOnce((signal) => S.operation("doctor", {}, signal), [version]);
    const doctor = look.data;
    return h(
      React.Fragment,
      null,
      h(
        Card,
        {
          title: "Check",
          actions: [
            h(Deed, { key: 1, label: "Check again", icon: "faStethoscope", deed: async () => look.reload() }),
            h(Deed, { key: 2, label: "Test the connection", icon: "faPlug", deed: S.tested }),
            h(Deed, { key: 3, label: "Report for a bug", icon: "faDownload", deed: download }),
          ],
        },
        h(Trouble, { text: look.error }),
        doctor ? h(Findings, { doctor }) : !look.error && h(Loading),
      ),
      doctor && h(Libraries, { libraries: doctor.plex.libraries || [], reload: look.reload }),
      doctor && h(Paths, { paths: doctor.paths || {}, reload: look.reload }),
      doctor && h(Settings, { settings: doctor.settings || [] }),
    );
  };
})();
