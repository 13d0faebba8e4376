// Looks when something is due, and wakes a drain, while any tab of Stash is open. All tabs share one note.
"use strict";
(() => {
  const S = window.Stash2Plex;
  const { text } = S;
  const SECOND = 1000,
    MINUTE = 60 * SECOND;
  const FIRST = 30 * SECOND, // after a page was loaded
    SOON = 15 * SECOND, // between two looks, if something is due soon
    IDLE = 3 * MINUTE, // because an event may have made work that the last look did not know
    OFF = 15 * MINUTE, // while the clock is off, or looks fail
    AWAY = 5 * MINUTE, // while Plex is away: no probe is later
    LONGEST = 60 * MINUTE;
  const SETTLE = 200; // ms in which every tab sees what another one wrote
  const KEY = `${S.ID}.clock.${new URL(document.baseURI).pathname}`;
  const ME = `${Math.random()}`;

  // -- when to look again: pure

  // A minute, doubled after each further try.
  const doubled = (tries, most) => Math.min(MINUTE * 2 ** Math.min(tries - 1, 10), most);

  function pauseBefore(left, wakes, hidden) {
    const least = Math.max(hidden ? MINUTE : SOON, wakes ? doubled(wakes, AWAY) : 0);
    return Math.max(Math.min(left + SECOND, IDLE), least);
  }

  // A status leads to { wake, wakes, pause }: whether to wake a drain, how many drains in a row left
  // something due, and the ms until the next look.
  function plan(status, wakes, hidden) {
    const { at, next_look: due, busy, clock, outage } = status;
    const left = due === null ? Infinity : (due - at) * SECOND;
    if (busy) return { wake: false, wakes, pause: MINUTE };
    if (left <= 0) {
      const longest = outage ? AWAY : LONGEST;
      return { wake: true, wakes: wakes + 1, pause: doubled(wakes + 1, longest) };
    }
    if (clock === "off") return { wake: false, wakes: 0, pause: OFF };
    const fruitless = outage ? wakes : 0;
    return { wake: false, wakes: fruitless, pause: pauseBefore(left, fruitless, hidden) };
  }

  // -- the note of all tabs: when the next look is, and whose it is

  let own = {}; // where the browser keeps nothing

  function note() {
    try {
      return JSON.parse(localStorage.getItem(KEY)) || own;
    } catch {
      return own;
    }
  }

  function keep(changed) {
    own = { ...note(), ...changed };
    try {
      localStorage.setItem(KEY, JSON.stringify(own));
    } catch {
      // `own` has it
    }
  }

  const keepPause = (pause, changed) => keep({ ...changed, next: Date.now() + pause });

  // A time beyond the longest pause means that the clock was set back.
  function untilNext() {
    const left = note().next - Date.now();
    return left > 0 && left <= LONGEST ? left : 0;
  }

  // -- one look

  async function look() {
    const { wakes = 0, failures = 0 } = note();
    try {
      const next = plan(await S.operation("status"), wakes, document.hidden);
      keepPause(next.pause, { wakes: next.wakes, failures: 0 });
      // The plugin asks Stash for the task, unless one is on its way.
      if (next.wake) await S.operation("process_queue", { later: true, trigger: "clock" });
    } catch (error) {
      console.info(text("clock.failed", { problem: error.message }));
      keepPause(doubled(failures + 1, OFF), { failures: failures + 1 });
    }
  }

  // Several tabs may wake up at once. The tab whose name stays in the note looks.
  async function lookAlone() {
    if (untilNext()) return;
    keepPause(MINUTE, { by: ME });
    await new Promise((resolve) => setTimeout(resolve, SETTLE));
    if (note().by === ME) await look();
  }

  // On plain http there are no locks.
  const turn = () =>
    navigator.locks
      ? navigator.locks.request(KEY, { ifAvailable: true }, (lock) => lock && lookAlone())
      : lookAlone();

  function startAfter(pause) {
    setTimeout(async () => {
      await turn().catch((error) => console.info(text("clock.failed", { problem: error.message })));
      startAfter(Math.max(untilNext(), SOON));
    }, pause);
  }

  S.startClock = () => startAfter(Math.max(untilNext(), FIRST));
  S.clockPlan = plan;
})();
