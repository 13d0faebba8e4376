// How a view gets its data: looked at again while the tab is seen, and in pages.
"use strict";
(() => {
  const S = window.Stash2Plex;
  const { useState, useEffect, useRef, useCallback } = S.React;
  const BUSY = 2000,
    QUIET = 15000;

  // Calls `look(signal)` now, and again after `rest(result)` ms; never while the tab is hidden.
  function usePoll(look, rest, deps) {
    const [state, set] = useState({ data: null, error: null });
    const [turn, again] = useState(0);
    useEffect(() => {
      let timer = null,
        gone = false;
      const control = new AbortController();
      const visit = async () => {
        timer = null;
        if (gone || document.hidden) return;
        let found = null;
        try {
          found = await look(control.signal);
          if (!gone) set({ data: found, error: null });
        } catch (error) {
          if (!gone) set((before) => ({ data: before.data, error: error.message }));
        }
        const pause = rest ? rest(found) : 0;
        if (!gone && pause) timer = setTimeout(visit, pause);
      };
      const seen = () => {
        if (!document.hidden && timer === null && !gone) visit();
        if (document.hidden && timer !== null) {
          clearTimeout(timer);
          timer = null;
        }
      };
      visit();
      document.addEventListener("visibilitychange", seen);
      return () => {
        gone = true;
        clearTimeout(timer);
        document.removeEventListener("visibilitychange", seen);
        control.abort();
      };
    }, [...deps, turn]);
    return { ...state, reload: useCallback(() => again((n) => n + 1), []) };
  }

  const restOf = (found) =>
    found && (found.busy || found.queue.pending + found.queue.flagged > 0) ? BUSY : QUIET;
  // Without a mode nothing is asked. `running`: a task that this page has started.
  const useStatus = (mode, running) =>
    usePoll(
      async (signal) => (mode ? S.operation(mode, {}, signal) : null),
      mode ? (found) => (running ? BUSY : restOf(found)) : null,
      [mode, running],
    );
  const useOnce = (look, deps) => usePoll(look, null, deps);

  // A list in pages: `rows` so far, `more` if there are more. Begun anew when `args` or `version` change.
  function usePages(mode, args, version) {
    const key = JSON.stringify(args);
    const [more, setMore] = useState([]);
    const first = useOnce((signal) => S.operation(mode, args, signal), [mode, key, version]);
    useEffect(() => setMore([]), [first.data]);
    const last = more.length ? more[more.length - 1] : first.data;
    const next = last ? last.next : null;
    const load = async () => {
      const page = await S.operation(mode, { ...args, after: next });
      setMore((before) => [...before, page]);
    };
    const rows = first.data ? [first.data, ...more].flatMap((page) => page.rows) : null;
    return {
      rows,
      first: first.data,
      error: first.error,
      more: next !== null && next !== undefined,
      load,
      reload: first.reload,
    };
  }

  // The titles of scenes, as far as Stash has told them.
  function useTitles(ids) {
    const [found, set] = useState(new Map());
    const key = [...new Set(ids)].join(",");
    useEffect(() => {
      if (!key) return undefined;
      const control = new AbortController();
      S.titles(key.split(",").map(Number), control.signal).then(set, () => {});
      return () => control.abort();
    }, [key]);
    return found;
  }

  // Does something once at a time, and says what came of it.
  function useDeed(say) {
    const [busy, setBusy] = useState(false);
    const alive = useRef(true);
    useEffect(
      () => () => {
        alive.current = false;
      },
      [],
    );
    const run = async (deed) => {
      setBusy(true);
      try {
        const said = await deed();
        if (said && alive.current) say(said, "success");
      } catch (error) {
        if (alive.current) say(error.message, "danger");
      }
      if (alive.current) setBusy(false);
    };
    return [busy, run];
  }

  Object.assign(S, { usePoll, useStatus, useOnce, usePages, useTitles, useDeed });
})();
