// The badge on scene cards, if the user wants it: one look for all cards that are shown together.
"use strict";
(() => {
  const S = window.Stash2Plex;
  const { h, React, Icon } = S;
  const { useState, useEffect } = React;
  const GATHER = 150,
    KEPT = 30000,
    MOST = 200; // ms, ms, scenes of one look

  const known = new Map(); // id -> { state, at }; without a state it could not be told
  const wanted = new Set(); // ids that are asked for next
  const listeners = new Set();
  let timer = null,
    wish = null;

  const isYoung = (one) => one && Date.now() - one.at < KEPT;

  // Whether the setting is on. Stash itself is asked, which starts no process.
  async function isOn() {
    if (!isYoung(wish))
      wish = { on: S.settings().then((ours) => [true, "true"].includes(ours.card_badge)), at: Date.now() };
    return wish.on;
  }

  async function states(ids) {
    for (let at = 0; at < ids.length; at += MOST) {
      const { rows } = await S.operation("scene_states", { scenes: ids.slice(at, at + MOST) });
      for (const row of rows) known.set(row.scene, { state: row.state, at: Date.now() });
    }
  }

  async function ask() {
    timer = null;
    if (document.hidden) {
      document.addEventListener("visibilitychange", ask, { once: true });
      return;
    }
    const ids = [...wanted];
    wanted.clear();
    try {
      if (!ids.length) return;
      if (await isOn()) await states(ids);
      else known.clear();
    } catch (error) {
      // A card is no place for trouble: it has no badge then, and is asked about again later.
      console.info(`Stash2Plex: the badges cannot be told (${error.message})`);
      for (const id of ids) known.set(id, { state: null, at: Date.now() });
    }
    listeners.forEach((hear) => hear());
  }

  function want(id) {
    if (isYoung(known.get(id))) return;
    wanted.add(id);
    if (timer === null) timer = setTimeout(ask, GATHER);
  }

  const stateOf = (id) => (known.get(id) || {}).state;

  S.CardBadge = function CardBadge({ id }) {
    const [state, set] = useState(() => stateOf(id));
    useEffect(() => {
      const hear = () => set(stateOf(id));
      listeners.add(hear);
      hear();
      want(id);
      return () => {
        listeners.delete(hear);
      };
    }, [id]);
    const shown = S.STATES[state];
    if (!shown) return null;
    const said = `Plex: ${shown.name}`;
    return h(
      "span",
      {
        className: `s2p-card-badge s2p-is-${state}`,
        role: "img",
        "aria-label": said,
        title: said,
        "data-state": state,
      },
      h(Icon, { name: shown.icon }),
    );
  };
})();
