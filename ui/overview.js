// Overview: how many scenes are in sync, what runs now, whether Plex answers, and the buttons for all of it.
"use strict";
(() => {
  const S = window.Stash2Plex;
  const { h, React, text } = S;
  const { Card, TaskButton, Problem, Loading } = S;

  // The plugin does not know the scenes that it never looked at. They are what is left of Stash's total.
  function withUnknown(counts, total) {
    const known = Object.entries(counts).reduce(
      (sum, [state, count]) => sum + (state === "unknown" ? 0 : count),
      0,
    );
    return { ...counts, unknown: Math.max(counts.unknown, (total || 0) - known) };
  }

  const taskName = (mode) => S.nameOf("task", mode);

  // The problem of the last run, unless another part of this view shows it already.
  function Failure({ status }) {
    const { failure, outage, reconciliation, at } = status;
    if (!failure || outage || failure.said === reconciliation.failure) return null;
    const places = { task: taskName(failure.mode), when: S.distance(failure.at, at), problem: failure.said };
    return h(Problem, { text: text("now.failed", places) });
  }

  // Returns a sentence about the work that runs now.
  function nowText({ activity, reconciling, draining, queue }) {
    if (activity) return text("now.running", { task: taskName(activity.mode) });
    if (reconciling) return text("now.reconciling");
    if (draining) return text("now.syncing");
    const waiting = queue.pending + queue.waiting + queue.in_progress + queue.flagged;
    return waiting ? text("now.idle", { waiting }) : text("now.idleEmpty");
  }

  function Now({ status, running }) {
    const { activity, queue } = status;
    const now = nowText(status);
    const percent = activity && Math.round(activity.progress * 100);
    const { in_progress, waiting: later, dead } = queue;
    const jobs = { due: queue.pending + queue.flagged, running: in_progress, later, dead };
    const actions = [
      h(TaskButton, { key: 1, mode: "process_queue", icon: "faPlay" }),
      h(TaskButton, { key: 2, mode: "all", icon: "faSync" }),
    ];
    return h(
      Card,
      { title: text("now.title"), actions },
      h("p", { className: "s2p-now" }, now, activity && ` ${text("now.percent", { percent })}`),
      activity && h(S.Activity, { activity, running }),
      h("p", null, text("now.jobs", jobs)),
      h(Failure, { status }),
    );
  }

  function outageText({ state, refused, since }, now) {
    const kind = state === "half_open" ? "outage.back" : refused ? "outage.refused" : "outage.away";
    return text(kind, { since: S.when(since), ago: S.distance(since, now) });
  }

  function Outage({ outage, now }) {
    if (!outage) return null;
    const { held, refused, cause } = outage;
    return h(
      "div",
      { className: "s2p-notice s2p-danger", role: "alert" },
      h(
        "div",
        null,
        h("strong", null, outageText(outage, now)),
        h("div", null, h("bdi", null, cause || "")),
        h("div", null, text(refused ? "outage.heldByToken" : "outage.held", { held })),
      ),
      h(
        "div",
        { className: "s2p-actions" },
        refused && h(S.SignInAgain),
        h(TaskButton, { mode: "process_queue", label: text("button.tryNow") }),
      ),
    );
  }

  function Cards({ status, total, running, reload, version }) {
    // The short lists cost more than the status: they are asked for every ten seconds while something runs,
    // and else after a run has asked Plex.
    const { queue, busy, at, servers } = status;
    const turn = busy ? Math.floor(at / 10) : servers.plex && servers.plex.answered;
    const seen = JSON.stringify([version, queue.dead, turn]);
    return h(
      React.Fragment,
      null,
      h(Card, { title: text("ring.title") }, h(S.Ring, { counts: withUnknown(status.scenes, total) })),
      h(Now, { status, running }),
      h(S.Glance, { seen }),
      h(S.Reconciliation, { state: status.reconciliation, now: status.at, clock: status.clock }),
      h(S.Servers, { status, reload }),
    );
  }

  // A Plex that has answered once is set up. Before that the settings say whether one is named.
  function useIsNew(status, version) {
    const { plex } = (status && status.servers) || {};
    const isUnmet = Boolean(status) && !(plex && plex.answered);
    const { connected, error } = S.useConnected(isUnmet, [version]);
    const isKnown = !isUnmet || connected !== null || Boolean(error);
    return { isNew: isUnmet && (connected === false || Boolean(error)), isKnown };
  }

  S.Overview = function Overview({ version, running, lead }) {
    const { data: status, error, reload } = S.useStatus("overview", running);
    const total = S.useOnce(S.sceneCount, [version]).data;
    React.useEffect(() => {
      if (version) reload();
    }, [version]);
    const { isNew, isKnown } = useIsNew(status, version);
    React.useEffect(() => {
      if (isNew) lead("start");
    }, [isNew]);
    const empty = () => h(Card, { title: text("ring.title") }, h(Loading));
    return h(
      React.Fragment,
      null,
      h(Problem, { text: error }),
      status && h(Outage, { outage: status.outage, now: status.at }),
      h(
        "div",
        { className: "s2p-grid" },
        status && isKnown && !isNew ? h(Cards, { status, total, running, reload, version }) : empty(),
      ),
    );
  };
})();
