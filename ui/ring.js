// The ring of the overview: how many scenes there are of each state.
"use strict";
(() => {
  const S = window.Stash2Plex;
  const { h, Router, text } = S;
  const CIRCLE = { cx: 50, cy: 50, r: 40, fill: "none", strokeWidth: 14 };
  const AROUND = 2 * Math.PI * CIRCLE.r;

  // The view that lists the scenes of a state.
  const viewOf = (state) => (state === "waiting" ? "queue" : `scenes&state=${state}`);

  // The arc of each state begins where the arc before it ends.
  function arcsOf(states, counts, total) {
    let start = 0;
    return states.map((state) => {
      const length = total ? (counts[state] / total) * AROUND : 0;
      const dash = { strokeDasharray: `${length} ${AROUND - length}`, strokeDashoffset: -start };
      start += length;
      return h("circle", { key: state, ...CIRCLE, ...dash, stroke: S.STATES[state].colour });
    });
  }

  function Circle({ states, counts, total }) {
    const share = total ? Math.floor((100 * counts.in_sync) / total) : 0;
    const shown = text(total ? "ring.share" : "ring.noScenes", { share });
    return h(
      "svg",
      { viewBox: "0 0 100 100", role: "img", "aria-label": text("ring.label", { share }) },
      h("circle", { ...CIRCLE, className: "s2p-around" }),
      h("g", { transform: "rotate(-90 50 50)" }, arcsOf(states, counts, total)),
      h("text", { x: 50, y: 55, textAnchor: "middle", className: "s2p-share" }, shown),
    );
  }

  function Part({ state, count }) {
    const { colour, icon } = S.STATES[state];
    const link = { to: `${S.PAGE}?view=${viewOf(state)}`, "data-part": state };
    return h(
      "li",
      null,
      h("span", { className: "s2p-mark", style: { color: colour } }, h(S.Icon, { name: icon })),
      h(Router.Link, link, text(`state.${state}.count`, { count })),
    );
  }

  // `counts` is state -> number of scenes.
  S.Ring = function Ring({ counts }) {
    const states = Object.keys(S.STATES).filter((state) => state === "in_sync" || counts[state]);
    const total = states.reduce((sum, state) => sum + counts[state], 0);
    const parts = states.map((state) => h(Part, { key: state, state, count: counts[state] }));
    return h("div", { className: "s2p-ring" }, h(Circle, { states, counts, total }), h("ul", null, parts));
  };
})();
