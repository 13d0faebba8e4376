// The card of the paths in Setup: the path map in force, and the one that files prove.
"use strict";
(() => {
  const S = window.Stash2Plex;
  const { h, React, text } = S;
  const { Card, ActionButton, Table, Empty } = S;

  function PairTable({ label, pairs }) {
    const evidence = ({ agree, of }) =>
      of === undefined || of === null ? "" : text("paths.evidence", { agree, of });
    const rows = pairs.map((pair, at) => ({
      key: at,
      cells: [h("bdi", null, pair.stash), h("bdi", null, pair.plex), evidence(pair)],
    }));
    const heads = S.heads("inStash", "inPlex", "evidence");
    return h(Table, { label, heads, rows });
  }

  function Proven({ pairs }) {
    return h(
      React.Fragment,
      null,
      h("p", null, text("paths.proven")),
      h(PairTable, { label: text("paths.provenLabel"), pairs }),
    );
  }

  function AcceptButton({ pairs, reload }) {
    const accept = async () => {
      const written = pairs.map(({ stash, plex }) => `${stash} => ${plex}`).join("; ");
      await S.configure({ path_map: written });
      reload();
      return text("paths.accepted", { value: written });
    };
    const confirm = text("paths.confirmAccept");
    return h(ActionButton, { label: text("button.acceptPaths"), icon: "faCheck", action: accept, confirm });
  }

  S.Paths = function Paths({ paths, reload }) {
    const { set, pairs = [], proven = [], silence } = paths;
    const actions = proven.length > 0 && h(AcceptButton, { pairs: proven, reload });
    return h(
      Card,
      { title: text("paths.title"), actions },
      h("p", null, text(set ? "paths.setByUser" : "paths.found")),
      pairs.length
        ? h(PairTable, { label: text("paths.inForce"), pairs })
        : h(Empty, null, text("paths.none")),
      proven.length > 0 && h(Proven, { pairs: proven }),
      silence && h("p", null, h("bdi", null, silence)),
    );
  };
})();
