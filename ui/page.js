// The page: its tabs, its messages, and the jobs that it has started.
"use strict";
(() => {
  const S = window.Stash2Plex;
  const { h, React, Router, text } = S;
  const { ErrorBoundary, Message, Progress, ActionButton } = S;
  const { useState, useEffect, useCallback } = React;

  const VIEWS = {
    overview: S.Overview,
    scenes: S.Scenes,
    queue: S.Queue,
    changes: S.Changes,
    preview: S.Preview,
    settings: S.SettingsView,
    setup: S.Setup,
    start: S.Start,
  };
  // The view of the first steps has no tab: the overview shows it while nothing is set up, and Setup leads
  // to it later.
  const TABS = Object.keys(VIEWS).filter((name) => name !== "start");
  // These views load their lists again when the queue or the work changes.
  const FOLLOWING = ["scenes", "queue", "changes"];

  // -- a job of Stash

  // The text for the end of a job, by the status that Stash gives it.
  const ENDED = { FINISHED: "job.done", CANCELLED: "job.stopped", FAILED: "job.failed" };
  const LOOK = 1000; // ms between two looks at a job
  const NEVER = 3600000;

  function endMessage(task, status, problem) {
    if (problem) return { text: text("job.failedWith", { task, problem }), kind: "danger" };
    return { text: text(ENDED[status], { task }), kind: status === "FAILED" ? "danger" : "success" };
  }

  function StopButton({ id, task, say }) {
    const label = text("button.stop");
    const name = text("button.stop.name", { task });
    const stop = async () => {
      // This comes first, because the job may end before Stash answers, and its end is the last word.
      say(text("job.stopping", { task }), "success");
      await S.stopJob(id);
    };
    return h(ActionButton, { label, name, action: stop });
  }

  function RunningJob({ started, onEnd, say }) {
    const { id, task } = started;
    const isOver = (job) => job && ENDED[job.status];
    const pauseAfter = (job) => (job && !isOver(job) ? LOOK : NEVER);
    const job = S.usePoll((signal) => S.job(id, signal), pauseAfter, [id]).data;
    useEffect(() => {
      if (isOver(job)) onEnd(started, job);
    }, [Boolean(isOver(job))]);
    const isWaiting = job && job.status === "READY";
    return h(
      "div",
      { className: "s2p-job" },
      h("span", null, text(isWaiting ? "job.waiting" : "job.running", { task })),
      h(Progress, { part: job && job.progress > 0 ? job.progress : 0, label: task }),
      h(StopButton, { id, task, say }),
    );
  }

  // The jobs that this page has started, until they end.
  function useJobs(say, changed) {
    const [jobs, setJobs] = useState([]);
    const watch = useCallback((started) => setJobs((before) => [...before, started]), []);
    const onEnd = useCallback(async (started, job) => {
      setJobs((before) => before.filter((other) => other !== started));
      const problem = await S.problemOf(started.mode, job).catch((error) => error.message);
      const message = endMessage(started.task, job.status, problem);
      say(message.text, message.kind);
      changed();
      if (started.onEnd) started.onEnd();
    }, []);
    return { jobs, watch, onEnd };
  }

  // -- the page

  // Calls `changed` when the queue or the work changes, if the view does not ask for the status itself.
  function useFollowing(view, running, changed) {
    const status = S.useStatus(FOLLOWING.includes(view) ? "status" : null, running).data;
    const now = status && JSON.stringify([status.queue, status.busy]);
    const before = React.useRef(null);
    useEffect(() => {
      if (before.current && now && before.current !== now) changed();
      before.current = now;
    }, [now]);
  }

  // One row that scrolls, in which the tab of the view is seen.
  function Tabs({ view }) {
    const row = React.useRef(null);
    useEffect(() => {
      const current = row.current.querySelector("[aria-current]");
      if (current) row.current.scrollLeft = current.offsetLeft - row.current.clientWidth / 2;
    }, [view]);
    const tab = (name) => {
      const isCurrent = name === view;
      const className = isCurrent ? "nav-link active" : "nav-link";
      const link = {
        to: `${S.PAGE}?view=${name}`,
        className,
        "aria-current": isCurrent ? "page" : undefined,
      };
      return h(Router.Link, { key: name, ...link }, text(`view.${name}`));
    };
    const nav = { className: "nav nav-tabs s2p-tabs", "aria-label": text("page.tabs"), ref: row };
    return h("nav", nav, TABS.map(tab));
  }

  function useTitle(view) {
    useEffect(() => {
      document.title = text("page.title", { view: text(`view.${view}`) });
    }, [view]);
  }

  // Returns what changes some parameters of the address: narrow({ state: "held" }). A parameter without a
  // value goes. Every list begins again at its first page, unless its page is what changes. With `quiet`
  // the browser's Back does not lead to the address before.
  function narrowing(params, history) {
    return (changes, quiet) => {
      const turned = Object.keys(changes).some((name) => name.endsWith("page"));
      const kept = [...params].filter(([name]) => turned || !name.endsWith("page"));
      const all = { ...Object.fromEntries(kept), ...changes };
      const given = Object.entries(all).filter(([, value]) => value);
      history[quiet ? "replace" : "push"](`${S.PAGE}?${new URLSearchParams(given)}`);
    };
  }

  // The view that the address names, its parameters, and what opens another one.
  function useAddress() {
    const location = Router.useLocation();
    const history = Router.useHistory();
    const params = new URLSearchParams(location.search);
    const view = Object.keys(VIEWS).find((name) => name === params.get("view")) || "overview";
    const addressOf = (name, more) => `${S.PAGE}?${new URLSearchParams({ view: name, ...more })}`;
    const go = (name, more) => history.push(addressOf(name, more));
    // Opens a view in place of this one, so that the browser's Back does not lead to this one.
    const lead = (name) => history.replace(addressOf(name));
    return { view, params, go, lead, narrow: narrowing(params, history) };
  }

  S.Page = function Page() {
    const { view, params, go, lead, narrow } = useAddress();
    const [message, setMessage] = useState(null);
    const [version, setVersion] = useState(0);
    const say = useCallback((text, kind) => setMessage({ text, kind }), []);
    const changed = useCallback(() => setVersion((n) => n + 1), []);
    const { jobs, watch, onEnd } = useJobs(say, changed);
    const running = jobs.length > 0;
    useFollowing(view, running, changed);
    useTitle(view);
    const content = h(
      "main",
      { className: "s2p-page", lang: S.language() },
      h("h1", null, S.ID),
      h(Tabs, { view }),
      h(Message, { message, onClose: () => setMessage(null) }),
      jobs.map((started) => h(RunningJob, { key: started.id, started, onEnd, say })),
      h(
        ErrorBoundary,
        { key: view },
        h(VIEWS[view], { version, running, changed, params, go, lead, narrow }),
      ),
    );
    const watching = h(S.WatchContext.Provider, { value: watch }, content);
    return h(S.SayContext.Provider, { value: say }, watching);
  };
})();
