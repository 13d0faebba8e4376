// The tab on a scene: its state, the plan field by field, the last writes, and buttons to sync and hold it.
"use strict";
(() => {
  const S = window.Stash2Plex;
  const { h, React, text } = S;
  const { Card, ActionButton, Table, Problem, Loading, Value, Message, Icon, StateBadge } = S;
  const { useState, useEffect } = React;
  const AGREES = "in agreement"; // the reason of a field that needs no write

  // -- answers of the operations

  const pausedText = ({ paused }) => text("scene.paused", { reason: paused });

  // The reasons of these states name the state, in a sentence.
  const SENTENCES = ["differs", "edited", "ambiguous"];

  // The state of the scene after a sync, and the reason.
  function syncText(result) {
    if (result.busy) return text("scene.busy");
    if (result.paused) return pausedText(result);
    const { state, why, said } = result.scenes[0];
    if (SENTENCES.includes(state)) return why[0].toUpperCase() + why.slice(1);
    const name = S.stateName(state);
    if (why) return text("scene.stateAndReason", { state: name, reason: why });
    return said ? text("scene.stateAndResult", { state: name, result: said }) : name;
  }

  function takeOverText(result, field) {
    if (result.paused) return pausedText(result);
    return text(result.written ? "scene.tookOver" : "scene.willTakeOver", { field: S.fieldName(field) });
  }

  // The reason beside the badge does not repeat the name of the state.
  function reasonText({ state, why }) {
    const start = text("scene.stateAndReason", { state: S.stateName(state), reason: "" });
    return why.toLowerCase().startsWith(start.toLowerCase()) ? why.slice(start.length) : why;
  }

  // -- the plan

  function planRow({ item, hasActions, takeOver }) {
    return ({ field, plex, stash, why, kept }) => {
      const name = text("button.takeOver.name", { field: S.fieldName(field), item: `${item}` });
      const button = () =>
        h(ActionButton, { label: text("button.takeOver"), name, action: takeOver(item, field) });
      const cells = [S.fieldName(field), h(Value, { of: plex }), h(Value, { of: stash }), why];
      const className = why === AGREES ? "s2p-undone" : "";
      return { key: field, className, cells: hasActions ? [...cells, kept && button()] : cells };
    };
  }

  function PlexLink({ link }) {
    const attributes = {
      href: link,
      target: "_blank",
      rel: "noreferrer noopener",
      className: "btn btn-secondary btn-sm",
    };
    return h("a", attributes, h(Icon, { name: "faExternalLinkAlt" }), " ", text("scene.openInPlex"));
  }

  // The fields that differ; those that agree are folded up.
  function Plan({ item, plan, takeOver }) {
    const hasActions = Boolean(takeOver) && plan.some((row) => row.kept);
    const heads = S.heads("field", "plex", "stash", "plan", ...(hasActions ? ["actions"] : []));
    const table = (label, rows) =>
      h(Table, { label, heads, rows: rows.map(planRow({ item, hasActions, takeOver })) });
    const agree = plan.filter((row) => row.why === AGREES);
    const differ = plan.filter((row) => row.why !== AGREES);
    const count = agree.length;
    return h(
      React.Fragment,
      null,
      differ.length ? table(text("scene.plan"), differ) : h("p", null, text("scene.allAgree")),
      count > 0 && h(Folded, { title: text("scene.agree", { count }) }, table(text("scene.plan"), agree)),
    );
  }

  // Its children are made only when it is opened.
  function Folded({ title, children }) {
    const [open, setOpen] = useState(false);
    const onToggle = (event) => setOpen(event.currentTarget.open);
    return h("details", { onToggle }, h("summary", null, title), open && children);
  }

  // `takeOver` is missing on a held scene, which is not written.
  function Item({ item: { item, link, plan }, scene, takeOver }) {
    const title = text("scene.item", { item: `${item}` });
    return h(
      Card,
      { title, actions: link && h(PlexLink, { link }) },
      h(Plan, { item, plan, takeOver }),
      h(Folded, { title: text("pictures.compare") }, h(S.BothPictures, { scene, item, field: "poster" })),
    );
  }

  // -- files and writes

  function Files({ files }) {
    const rows = files.map(({ stash, plex }, at) => ({
      key: at,
      cells: [h("bdi", null, stash), h("bdi", null, plex)],
    }));
    const heads = S.heads("inStash", "lookedForInPlex");
    return h(Card, { title: text("scene.files") }, h(Table, { label: text("scene.files"), heads, rows }));
  }

  function Writes({ writes }) {
    const cells = ({ run, field, before, after }) => [
      text("changes.run", { run: `${run}` }),
      S.fieldName(field),
      h(S.FieldValue, { field, of: before }),
      h(S.FieldValue, { field, of: after }),
    ];
    const rows = [...writes].reverse().map((row, at) => ({ key: at, cells: cells(row) }));
    const heads = S.heads("run", "field", "before", "after");
    return h(Card, { title: text("scene.writes") }, h(Table, { label: text("scene.writes"), heads, rows }));
  }

  // -- the panel

  function HoldButton({ held, resume, hold }) {
    return held
      ? h(ActionButton, { label: text("button.resume"), icon: "faPlay", action: resume })
      : h(ActionButton, { label: text("button.hold"), icon: "faPause", action: hold });
  }

  function Buttons({ id, scene, reload }) {
    const action = (mode, answer) => async () => {
      const result = await S.operation(mode, { scene: id });
      reload();
      return answer(result);
    };
    const hold = action("hold", () => text("scene.held"));
    const resume = action("resume", () => text("scene.resumed"));
    const look = async () => reload();
    return h(
      "div",
      { className: "s2p-actions" },
      h(ActionButton, {
        label: text("button.syncNow"),
        icon: "faSync",
        action: action("sync", syncText),
        main: true,
      }),
      scene && h(HoldButton, { held: scene.held, hold, resume }),
      h(ActionButton, { label: text("button.lookAgain"), action: look }),
    );
  }

  function Explanation({ scene, takeOver }) {
    const { state, warnings, items, files, writes, held } = scene;
    const ofItem = { scene: scene.scene, takeOver: held ? null : takeOver };
    return h(
      React.Fragment,
      null,
      h("p", null, h(StateBadge, { state }), " ", h("bdi", null, reasonText(scene))),
      (warnings || []).map((warning, at) => h(Problem, { key: at, text: warning })),
      (items || []).map((item) => h(Item, { key: item.item, item, ...ofItem })),
      files && h(Files, { files }),
      writes.length > 0 && h(Writes, { writes }),
    );
  }

  function Panel({ id }) {
    const [message, setMessage] = useState(null);
    const look = (signal) => S.operation("explain", { scene: id }, signal);
    const { data: scene, error, reload } = S.useOnce(look, [id]);
    const say = (text, kind) => setMessage({ text, kind });
    const takeOver = (item, field) => async () => {
      const result = await S.operation("decide", { item, field, side: "stash" });
      reload();
      return takeOverText(result, field);
    };
    return h(
      S.SayContext.Provider,
      { value: say },
      h(
        "div",
        { className: "s2p-page s2p-scene" },
        h(Message, { message, onClose: () => setMessage(null) }),
        h(Problem, { text: error }),
        h(Buttons, { id, scene, reload }),
        scene && h(Explanation, { scene, takeOver }),
        !scene && !error && h(Loading),
      ),
    );
  }

  // True once the element of `place` was visible.
  function useSeen(place, deps) {
    const [seen, setSeen] = useState(false);
    useEffect(() => {
      if (!place.current || typeof IntersectionObserver === "undefined") {
        setSeen(true);
        return undefined;
      }
      const observer = new IntersectionObserver((entries) => {
        if (entries.some((entry) => entry.isIntersecting)) setSeen(true);
      });
      observer.observe(place.current);
      return () => observer.disconnect();
    }, deps);
    return seen;
  }

  // The panel asks both servers, so it begins only when its tab is opened.
  S.ScenePanel = function ScenePanel({ scene }) {
    const place = React.useRef(null);
    const seen = useSeen(place, [scene.id]);
    const panel = seen && h(Panel, { id: Number(scene.id), key: scene.id });
    return h("div", { ref: place, className: "s2p-place" }, panel);
  };
})();
