// The card of the servers on the overview: when each of them last answered, and a test of the connection.
"use strict";
(() => {
  const S = window.Stash2Plex;
  const { h, React, text } = S;
  const LONG_AGO = 600; // seconds after which the page tests the connection when it is opened

  function kindOf(contact, problem) {
    if (problem) return "danger";
    return contact ? "success" : "note";
  }
  const WORDS = { danger: "servers.trouble", success: "servers.ok", note: "servers.notAsked" };

  // `contact` is what is known from the last time that the server was asked. During an outage the cause
  // and the time of the outage count.
  function Server({ name, contact, outage, now }) {
    const { version, answered, since, problem } = contact || {};
    const cause = outage ? outage.cause : problem;
    const troubleSince = outage ? outage.since : since;
    const kind = kindOf(contact, outage || problem);
    const details = [
      version,
      answered && text("servers.answered", { when: S.distance(answered, now) }),
      troubleSince && text("servers.troubleSince", { when: S.when(troubleSince) }),
    ].filter(Boolean);
    return h(
      "li",
      null,
      h("span", { className: `s2p-badge s2p-${kind}` }, text(WORDS[kind])),
      ` ${name} ${S.list(details)}`,
      cause && h("div", { className: "s2p-do" }, h("bdi", null, cause)),
    );
  }

  S.Servers = function Servers({ status, reload }) {
    const { servers, outage, at } = status;
    const test = () => S.testConnection().finally(reload);
    const isOld = !servers.plex || at - servers.plex.asked > LONG_AGO;
    React.useEffect(() => {
      if (isOld) test().catch(() => {});
    }, []);
    // While the circuit is half open, Plex answers again.
    const plexOutage = outage && outage.state === "open" ? outage : null;
    return h(
      S.Card,
      { title: text("servers.title"), actions: h(S.TestButton, { action: test }) },
      h(
        "ul",
        { className: "s2p-plain" },
        h(Server, { name: text("servers.stash"), contact: servers.stash, now: at }),
        h(Server, { name: text("servers.plex"), contact: servers.plex, outage: plexOutage, now: at }),
      ),
    );
  };
})();
