// The tab on a scene: its state, the plan field by field, the last writes, and what can be done.
"use strict";
(() => {
  const S = window.Stash2Plex;
  const { h, React } = S;
  const { Card, Deed, Table, Trouble, Loading, Value, Notice, Icon, StateBadge } = S;
  const { useState, useEffect } = React;

  // What came of a sync: where the scene stands now, and why.
  function outcome(came) {
    if (came.busy) return "Another run is at it and does this as well";
    if (came.paused) return `Paused: ${came.paused}`;
    const one = came.scenes[0];
    const name = S.STATES[one.state].name;
    // These reasons are sentences by themselves.
    if (["differs", "edited", "ambiguous"].includes(one.state))
      return one.why[0].toUpperCase() + one.why.slice(1);
    return one.why ? `${name}: ${one.why}` : one.said ? `${name}. ${one.said}` : name;
  }

  // The reason beside the badge, which says the name of the state already.
  function beside({ state, why }) {
    const name = `${S.STATES[state].name}: `;
    return why.toLowerCase().startsWith(name.toLowerCase()) ? why.slice(name.length) : why;
  }

  function Item({ item, takeOver }) {
    const isKept = item.plan.some((one) => one.kept);
    return h(
      Card,
      {
        title: `Item ${item.item} in Plex`,
        actions:
          item.link &&
          h(
            "a",
            {
              href: item.link,
              target: "_blank",
              rel: "noreferrer noopener",
              className: "btn btn-secondary btn-sm",
            },
            h(Icon, { name: "faExternalLinkAlt" }),
            " Open in Plex",
          ),
      },
      h(Table, {
        label: "The plan, field by field",
        heads: ["Field", "Plex says", "Stash says", "Plan", ...(isKept ? ["Do"] : [])],
        rows: item.plan.map((one) => ({
          key: one.field,
          className: one.why === "in agreement" ? "s2p-undone" : "",
          cells: [
            S.fieldName(one.field),
            h(Value, { of: one.plex }),
            h(Value, { of: one.stash }),
            one.why,
            ...(isKept
              ? [
                  one.kept &&
                    h(Deed, {
                      label: "Take over",
                      name: `Take over ${one.field} of item ${item.item}`,
                      deed: takeOver(item.item, one.field),
                    }),
                ]
              : []),
          ],
        })),
      }),
    );
  }

  function Panel({ scene }) {
    const id = Number(scene.id);
    const [said, setSaid] = useState(null);
    const look = S.useOnce((signal) => S.operation("explain", { scene: id }, signal), [id]);
    const say = (text, kind) => setSaid({ text, kind });
    const found = look.data;
    const deed = (mode, done) => async () => {
      const came = await S.operation(mode, { scene: id });
      look.reload();
      return done(came);
    };
    const sync = deed("sync", outcome);
    const takeOver = (item, field) => async () => {
      const came = await S.operation("decide", { item, field, side: "stash" });
      look.reload();
      return came.paused
        ? `Paused: ${came.paused}`
        : came.written
          ? `${S.fieldName(field)}: Plex says what Stash says`
          : "It is decided, and written as soon as that can be done";
    };
    return h(
      S.Saying.Provider,
      { value: say },
      h(
        "div",
        { className: "s2p-page s2p-scene" },
        h(Notice, { said, onClose: () => setSaid(null) }),
        h(Trouble, { text: look.error }),
        h(
          "div",
          { className: "s2p-actions" },
          h(Deed, { label: "Sync now", icon: "faSync", deed: sync }),
          found &&
            (found.held
              ? h(Deed, { label: "Resume", icon: "faPlay", deed: deed("resume", () => "Resumed and synced") })
              : h(Deed, {
                  label: "Hold",
                  icon: "faPause",
                  deed: deed("hold", () => "Left alone until it is resumed"),
                })),
          h(Deed, { label: "Look again", deed: async () => look.reload() }),
        ),
        !found
          ? !look.error && h(Loading)
          : h(
              React.Fragment,
              null,
              h("p", null, h(StateBadge, { state: found.state }), " ", h("bdi", null, beside(found))),
              (found.warnings || []).map((one, at) => h(Trouble, { key: at, text: one })),
              (found.items || []).map((item) => h(Item, { key: item.item, item, takeOver })),
              found.files &&
                h(
                  Card,
                  { title: "Files" },
                  h(Table, {
                    label: "Files",
                    heads: ["In Stash", "Looked for in Plex as"],
                    rows: found.files.map((one, at) => ({
                      key: at,
                      cells: [h("bdi", null, one.stash), h("bdi", null, one.plex)],
                    })),
                  }),
                ),
              found.writes.length > 0 &&
                h(
                  Card,
                  { title: "Last writes" },
                  h(Table, {
                    label: "Last writes",
                    heads: ["Run", "Field", "Before", "After"],
                    rows: [...found.writes].reverse().map((one, at) => ({
                      key: at,
                      cells: [
                        `#${one.run}`,
                        S.fieldName(one.field),
                        h(Value, { of: one.before }),
                        h(Value, { of: one.after }),
                      ],
                    })),
                  }),
                ),
            ),
      ),
    );
  }

  // The panel asks both servers, so it begins only when its tab is opened.
  S.ScenePanel = function ScenePanel({ scene }) {
    const [open, setOpen] = useState(false);
    const place = React.useRef(null);
    useEffect(() => {
      if (!place.current || typeof IntersectionObserver === "undefined") {
        setOpen(true);
        return undefined;
      }
      const watch = new IntersectionObserver((seen) => {
        if (seen.some((one) => one.isIntersecting)) setOpen(true);
      });
      watch.observe(place.current);
      return () => watch.disconnect();
    }, [scene.id]);
    return h("div", { ref: place, className: "s2p-place" }, open && h(Panel, { scene, key: scene.id }));
  };
})();
