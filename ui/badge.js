// The badge on scene cards, if the setting is on. One operation asks for all cards that are shown together.
"use strict";
(() => {
  const S = window.Stash2Plex;
  const { h, React, Icon, text } = S;
  const { useState, useEffect } = React;
  const GATHER = 150, // ms in which cards are gathered for one operation
    KEPT = 30000, // ms for which a state counts
    MOST = 200; // scenes of one operation

  const known = new Map(); // id -> { state, at }; the state is null if it could not be read
  const wanted = new Set(); // ids of the next operation
  const listeners = new Set();
  let timer = null,
    off = null; // when the setting was off

  const isYoung = (entry) => entry && Date.now() - entry.at < KEPT;
  const stateOf = (id) => (known.get(id) || {}).state;
  const keep = (id, state) => known.set(id, { state, at: Date.now() });

  // The plugin did not read its settings since they changed: this asks it to.
  async function isOn() {
    const row = (await S.settings()).find(({ name }) => name === "card_badge");
    return Boolean(row && row.value);
  }

  // Returns the states of some scenes; null if the setting is off.
  async function statesOf(scenes) {
    const { rows, shown } = await S.operation("scene_states", { scenes, cards: true });
    if (shown !== null) return shown ? rows : null;
    return (await isOn()) ? (await S.operation("scene_states", { scenes })).rows : null;
  }

  async function readStates(ids) {
    for (let start = 0; start < ids.length; start += MOST) {
      const rows = await statesOf(ids.slice(start, start + MOST));
      if (!rows) {
        off = { at: Date.now() };
        known.clear();
        return;
      }
      for (const row of rows) keep(row.scene, row.state);
    }
  }

  // Without an answer there is no badge: a card is no place for an error.
  function giveUp(ids, error) {
    console.info(text("badge.failed", { problem: error.message }));
    for (const id of ids) keep(id, null);
  }

  async function ask() {
    timer = null;
    if (document.hidden) {
      document.addEventListener("visibilitychange", ask, { once: true });
      return;
    }
    const ids = [...wanted];
    wanted.clear();
    if (!ids.length) return;
    try {
      await readStates(ids);
    } catch (error) {
      giveUp(ids, error);
    }
    listeners.forEach((listener) => listener());
  }

  function want(id) {
    if (isYoung(known.get(id)) || isYoung(off)) return;
    wanted.add(id);
    if (timer === null) timer = setTimeout(ask, GATHER);
  }

  function useSceneState(id) {
    const [state, set] = useState(() => stateOf(id));
    useEffect(() => {
      const listener = () => set(stateOf(id));
      listeners.add(listener);
      listener();
      want(id);
      return () => listeners.delete(listener);
    }, [id]);
    return state;
  }

  S.CardBadge = function CardBadge({ id }) {
    const state = useSceneState(id);
    if (!S.STATES[state]) return null;
    const label = text("badge.label", { state: S.stateName(state) });
    const className = `s2p-card-badge s2p-is-${state}`;
    return h(
      "span",
      { className, role: "img", "aria-label": label, title: label, "data-state": state },
      h(Icon, { name: S.STATES[state].icon }),
    );
  };
})();
