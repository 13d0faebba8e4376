// Signing in to Plex: Plex's page opens in a window of its own, and the plugin asks until the sign-in is
// approved there. This page gets an id and the names of servers, and never a token.
"use strict";
(() => {
  const S = window.Stash2Plex;
  const { h, React, text } = S;
  const { ActionButton, Problem, Loading } = S;
  const { useState, useEffect, useRef } = React;
  const LOOK = 1000; // ms between two looks; this tab is hidden meanwhile, and looks all the same
  const EXAMPLE = "192.168.1.10:32400"; // an address of Plex
  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

  // -- the approval

  // Asks for a sign-in and opens Plex's page, in a window that is opened within the press, because browsers
  // block later ones. Plex's page gets no hold on ours.
  async function begin() {
    const opened = window.open("", "_blank");
    try {
      const begun = await S.operation("sign_in");
      if (opened) {
        opened.opener = null;
        opened.location.href = begun.address;
      }
      return begun;
    } catch (error) {
      if (opened) opened.close();
      throw error;
    }
  }

  // Asks until the sign-in is approved. Returns false if it is given up.
  async function approval(id, goesOn, report) {
    while (goesOn()) {
      const { signed_in: signedIn, problem } = await S.operation("sign_in_poll", { id });
      if (!goesOn()) break; // given up while the plugin looked: there is nothing to report
      if (signedIn) return true;
      report(problem);
      await pause(LOOK);
    }
    return false;
  }

  // `signIn` returns the id of an approved sign-in, or null. `waiting` is { address, problem } until then.
  S.useSignIn = function useSignIn() {
    const [waiting, setWaiting] = useState(null);
    const current = useRef(null);
    useEffect(
      () => () => {
        current.current = null;
      },
      [],
    );
    const signIn = async () => {
      const { id, address } = await begin();
      current.current = id;
      setWaiting({ address, problem: "" });
      try {
        const goesOn = () => current.current === id;
        const isApproved = await approval(id, goesOn, (problem) => setWaiting({ address, problem }));
        return isApproved ? id : null;
      } finally {
        if (current.current) setWaiting(null);
      }
    };
    const cancel = async () => {
      current.current = null;
      setWaiting(null);
      await S.operation("sign_in_cancel");
    };
    return { waiting, signIn, cancel };
  };

  function Waiting({ waiting, cancel }) {
    if (!waiting) return null;
    const link = { href: waiting.address, target: "_blank", rel: "noreferrer noopener" };
    return h(
      "div",
      { role: "status" },
      h("p", null, text("signIn.waiting"), " ", h("a", link, text("signIn.openPage"))),
      h(Problem, { text: waiting.problem }),
      h(ActionButton, { label: text("button.cancelSignIn"), action: cancel }),
    );
  }

  // -- the server

  function Address({ address }) {
    const { url, local, direct, problem } = address;
    const kind = text(local ? "signIn.local" : "signIn.remote");
    return h(
      "li",
      null,
      h("bdi", null, url),
      ` (${kind}${direct ? text("signIn.direct") : ""}): `,
      h("bdi", null, problem || text("signIn.answers")),
    );
  }

  function Server({ server, checked, onChange }) {
    const { name, best, advice, addresses } = server;
    const box = h("input", { type: "radio", name: "s2p-server", checked, onChange });
    const isDirect = addresses.some((address) => address.url === best && address.direct);
    return h(
      "li",
      null,
      h("label", null, box, " ", h("strong", null, h("bdi", null, name)), best && ` ${best}`),
      isDirect && h("div", { className: "s2p-do" }, text("signIn.aboutDirect")),
      advice && h("div", { className: "s2p-do s2p-trouble" }, advice),
      h(
        "details",
        { className: "s2p-do" },
        h("summary", null, text("signIn.addresses", { count: addresses.length })),
        h(
          "ul",
          null,
          addresses.map((address) => h(Address, { key: address.url, address })),
        ),
      ),
    );
  }

  function TextField({ label, value, onChange, ...rest }) {
    const input = { className: "form-control form-control-sm text-input", value, ...rest };
    const change = (event) => onChange(event.target.value);
    return h("label", { className: "s2p-field" }, label, " ", h("input", { ...input, onChange: change }));
  }

  // `choose` gets the machine and a typed address.
  function Servers({ servers, choose }) {
    const first = servers.find((server) => server.current) || servers.find((server) => server.best);
    const [machine, setMachine] = useState((first || servers[0]).machine);
    const [address, setAddress] = useState("");
    const row = (server) => {
      const checked = server.machine === machine;
      return h(Server, {
        key: server.machine,
        server,
        checked,
        onChange: () => setMachine(server.machine),
      });
    };
    const use = () => choose(machine, address.trim());
    return h(
      React.Fragment,
      null,
      h("h3", null, text("signIn.servers")),
      h("ul", { className: "s2p-plain" }, servers.map(row)),
      h(
        "div",
        { className: "s2p-actions" },
        h(TextField, {
          label: text("signIn.otherAddress"),
          value: address,
          onChange: setAddress,
          placeholder: EXAMPLE,
        }),
        h(ActionButton, { label: text("button.useServer"), icon: "faCheck", action: use, main: true }),
      ),
    );
  }

  // -- the libraries

  function Libraries({ server, save }) {
    const { libraries, name, address } = server;
    const [chosen, setChosen] = useState(() => libraries.filter((one) => one.chosen).map((one) => one.id));
    const toggle = (id) =>
      setChosen((now) => (now.includes(id) ? now.filter((other) => other !== id) : [...now, id]));
    const row = ({ id, name: title, items }) => {
      const box = { type: "checkbox", checked: chosen.includes(id), onChange: () => toggle(id) };
      const count = items === null ? "" : ` ${text("setup.items", { items })}`;
      return h("li", { key: id }, h("label", null, h("input", box), " ", h("bdi", null, title), count));
    };
    return h(
      React.Fragment,
      null,
      h("h3", null, text("signIn.libraries", { name, address })),
      libraries.length
        ? h("ul", { className: "s2p-plain" }, libraries.map(row))
        : h(S.Empty, null, text("setup.noLibraries")),
      h(ActionButton, {
        label: text("button.saveConnection"),
        icon: "faSave",
        action: () => save(chosen),
        disabled: !chosen.length,
        main: true,
      }),
    );
  }

  // -- the whole of it

  const onlyOne = (servers) => servers.length === 1 && servers[0].best && servers[0];

  // The parts that save are gone as soon as it is saved, so the message comes first.
  function useSaved(onSaved) {
    const say = React.useContext(S.SayContext);
    return (name) => {
      say(text("signIn.saved", { name }), "success");
      onSaved();
    };
  }

  S.SignIn = function SignIn({ onSaved }) {
    const saved = useSaved(onSaved);
    const { waiting, signIn, cancel } = S.useSignIn();
    const [given, setGiven] = useState({});
    const { id, servers, server } = given;
    const choose = async (sign, machine, address) => {
      const found = await S.operation("sign_in_server", { id: sign, machine, address });
      setGiven((before) => ({ ...before, server: found }));
    };
    const start = async () => {
      setGiven({});
      const sign = await signIn();
      if (!sign) return;
      setGiven({ id: sign });
      const found = (await S.operation("sign_in_servers", { id: sign })).servers;
      setGiven({ id: sign, servers: found });
      const single = onlyOne(found);
      if (single) await choose(sign, single.machine);
    };
    const save = async (libraries) => {
      const { name } = await S.operation("sign_in_save", { id, libraries });
      setGiven({});
      saved(name);
    };
    return h(
      React.Fragment,
      null,
      h("p", null, text("signIn.explanation"), " ", text("signIn.aboutToken")),
      h(ActionButton, { label: text("button.signIn"), icon: "faSignInAlt", action: start, main: true }),
      h(Waiting, { waiting, cancel }),
      id && !servers && h(Loading),
      servers && h(Servers, { servers, choose: (machine, address) => choose(id, machine, address) }),
      server && h(Libraries, { key: server.address, server, save }),
    );
  };

  // -- by hand

  S.ConnectByHand = function ConnectByHand({ onSaved }) {
    const saved = useSaved(onSaved);
    const [url, setUrl] = useState("");
    const [token, setToken] = useState("");
    const connect = async () => {
      const { name } = await S.operation("connect", { url, token });
      setToken("");
      saved(name);
    };
    const secret = { type: "password", autoComplete: "off" };
    return h(
      "details",
      { className: "s2p-by-hand" },
      h("summary", null, text("signIn.byHand")),
      h("p", { className: "s2p-do" }, text("signIn.findToken")),
      h(
        "div",
        { className: "s2p-actions" },
        h(TextField, { label: text("signIn.url"), value: url, onChange: setUrl, placeholder: EXAMPLE }),
        h(TextField, { label: text("settings.token"), value: token, onChange: setToken, ...secret }),
        h(ActionButton, { label: text("button.connect"), icon: "faPlug", action: connect, disabled: !url }),
      ),
    );
  };

  // -- again, after the token was revoked

  // Signs in at the server that the plugin works with, and lets the waiting jobs go on.
  async function renew(sign, watch) {
    const { servers } = await S.operation("sign_in_servers", { id: sign });
    const server = servers.find((one) => one.current && one.best);
    if (!server) throw new Error(text("signIn.notThere"));
    await S.operation("sign_in_server", { id: sign, machine: server.machine });
    const { name } = await S.operation("sign_in_save", { id: sign });
    const task = text("task.process_queue");
    watch({ id: await S.startTask("process_queue", {}, task), mode: "process_queue", task });
    return text("signIn.saved", { name });
  }

  S.SignInAgain = function SignInAgain() {
    const watch = React.useContext(S.WatchContext);
    const { waiting, signIn, cancel } = S.useSignIn();
    const again = async () => {
      const sign = await signIn();
      return sign ? renew(sign, watch) : "";
    };
    return h(
      "div",
      { className: "s2p-actions" },
      h(ActionButton, { label: text("button.signInAgain"), icon: "faSignInAlt", action: again }),
      h(Waiting, { waiting, cancel }),
    );
  };
})();
