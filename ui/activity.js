// The work that runs now: how far it is, its pace, and a button that stops it.
"use strict";
(() => {
  const S = window.Stash2Plex;
  const { h, React, text } = S;
  const { Progress, ActionButton } = S;

  // Seconds in a unit that a person reads, in steps that do not flicker.
  function leftText(seconds) {
    if (seconds < 60) return text("work.left.seconds", { count: 5 * Math.max(1, Math.ceil(seconds / 5)) });
    if (seconds < 3600) return text("work.left.minutes", { count: Math.ceil(seconds / 60) });
    return text("work.left.hours", { count: Math.ceil(seconds / 1800) / 2 });
  }

  // How far the work is: [n of m, what was put off, pace, time left].
  function countTexts({ phase, done, later, total, pace, left }) {
    if (!phase || !total) return [];
    return [
      text(`work.${phase}`, { done, total }),
      later > 0 && text("work.later", { later }),
      pace >= 1 && text("work.pace", { pace: Math.round(pace) }),
      typeof left === "number" && left > 0 && leftText(left),
    ].filter(Boolean);
  }

  // The button is there if a job of Stash does the work. A save, a page or a terminal may do it as well.
  function StopRunning({ mode, since }) {
    const watch = React.useContext(S.WatchContext);
    const say = React.useContext(S.SayContext);
    const id = S.useOnce(S.runningJob, [mode, since]).data;
    if (!id) return null;
    const task = S.nameOf("task", mode);
    const stop = async () => {
      watch({ id, mode, task });
      say(text("job.stopping", { task }), "success");
      await S.stopJob(id);
    };
    return h(ActionButton, {
      label: text("button.stop"),
      name: text("button.stop.name", { task }),
      action: stop,
    });
  }

  // `running`: this page has started a task, and shows it with a button of its own.
  S.Activity = function Activity({ activity, running }) {
    const { mode, since, progress, title } = activity;
    const label = text("now.running", { task: S.nameOf("task", mode) });
    const counts = countTexts(activity);
    return h(
      "div",
      { className: "s2p-work" },
      h(
        "div",
        { className: "s2p-job" },
        h(Progress, { part: progress, label }),
        !running && h(StopRunning, { mode, since }),
      ),
      counts.length > 0 && h("p", null, S.list(counts)),
      title && h("p", { className: "s2p-title-in-hand" }, h("bdi", null, title)),
    );
  };
})();
