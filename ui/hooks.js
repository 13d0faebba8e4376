// How a view gets its data: it asks again while the tab is visible, and reads lists page by page.
"use strict";
(() => {
  const S = window.Stash2Plex;
  const { useState, useEffect, useRef, useCallback } = S.React;
  const BUSY = 1500, // ms between two looks
    QUIET = 15000;

  // Calls `look(signal)` now, and again after `pauseAfter(data)` ms, but never while the tab is hidden.
  // Passes { data } or { error } to `report`. Returns a function that stops it.
  function poll(look, pauseAfter, report) {
    const control = new AbortController();
    let timer = null,
      stopped = false;
    const visit = async () => {
      timer = null;
      if (stopped || document.hidden) return;
      const result = await attempt(look, control.signal);
      if (stopped) return;
      report(result);
      const pause = pauseAfter ? pauseAfter(result.data) : 0;
      if (pause) timer = setTimeout(visit, pause);
    };
    const onVisibility = () => {
      if (!document.hidden && timer === null) visit();
      if (document.hidden && timer !== null) {
        clearTimeout(timer);
        timer = null;
      }
    };
    visit();
    document.addEventListener("visibilitychange", onVisibility);
    return () => {
      stopped = true;
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", onVisibility);
      control.abort();
    };
  }

  const attempt = async (look, signal) => {
    try {
      return { data: await look(signal) };
    } catch (error) {
      return { error: error.message };
    }
  };

  // Returns { data, error, reload }. After an error the data of the last look stays.
  function usePoll(look, pauseAfter, deps) {
    const [state, set] = useState({ data: null, error: null });
    const [turn, setTurn] = useState(0);
    const report = ({ data, error }) =>
      set((before) => (error === undefined ? { data, error: null } : { data: before.data, error }));
    useEffect(() => poll(look, pauseAfter, report), [...deps, turn]);
    return { ...state, reload: useCallback(() => setTurn((n) => n + 1), []) };
  }

  const useOnce = (look, deps) => usePoll(look, null, deps);

  const isBusy = (status) => status && (status.busy || status.queue.pending + status.queue.flagged > 0);
  // Without a mode nothing is asked. `running`: this page has started a task.
  function useStatus(mode, running) {
    const look = async (signal) => (mode ? S.operation(mode, {}, signal) : null);
    const pauseAfter = (status) => (running || isBusy(status) ? BUSY : QUIET);
    return usePoll(look, mode ? pauseAfter : null, [mode, running]);
  }

  // A list in pages: `rows` are those that are loaded, `more` is true if there are others. It starts again
  // when `args` or `version` change.
  function usePagedList(mode, args, version) {
    const key = JSON.stringify(args);
    const [pages, setPages] = useState([]);
    const first = useOnce((signal) => S.operation(mode, args, signal), [mode, key, version]);
    useEffect(() => setPages([]), [first.data]);
    const last = pages.length ? pages[pages.length - 1] : first.data;
    const next = last ? last.next : null;
    const load = async () => {
      const page = await S.operation(mode, { ...args, after: next });
      setPages((before) => [...before, page]);
    };
    const rows = first.data ? [first.data, ...pages].flatMap((page) => page.rows) : null;
    return { rows, first: first.data, error: first.error, more: next !== null && next !== undefined, load };
  }

  // The titles of scenes, as a Map. It is empty until Stash answers.
  function useTitles(ids) {
    const [titles, set] = useState(new Map());
    const key = [...new Set(ids)].join(",");
    useEffect(() => {
      if (!key) return undefined;
      const control = new AbortController();
      S.titles(key.split(",").map(Number), control.signal).then(set, () => {});
      return () => control.abort();
    }, [key]);
    return titles;
  }

  // A function that returns the name which Stash shows for a setting.
  function useSettingNames() {
    const texts = useOnce(S.settingTexts, []).data;
    return (key) => (texts && texts.has(key) ? texts.get(key).name : key);
  }

  // Runs an action, one at a time, and shows its result or its problem. Returns [busy, run].
  function useAction(say) {
    const [busy, setBusy] = useState(false);
    const mounted = useRef(true);
    useEffect(
      () => () => {
        mounted.current = false;
      },
      [],
    );
    const run = async (action) => {
      setBusy(true);
      const { data, error } = await attempt(action);
      if (!mounted.current) return;
      if (error !== undefined) say(error, "danger");
      else if (data) say(data, "success");
      setBusy(false);
    };
    return [busy, run];
  }

  Object.assign(S, { usePoll, useOnce, useStatus, usePagedList, useTitles, useSettingNames, useAction });
})();
