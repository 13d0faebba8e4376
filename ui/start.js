// Set Up: three steps from the installation to the first sync, and how far each of them is.
"use strict";
(() => {
  const S = window.Stash2Plex;
  const { h, React, Router, text } = S;
  const { Card, ActionButton, TaskButton, Problem, Loading, Empty } = S;
  const { useState, useEffect } = React;
  const MARKS = { done: "success", now: "warning", later: "note" };

  function Step({ name, state, children }) {
    const mark = h("span", { className: `s2p-badge s2p-${MARKS[state]}` }, text(`start.${state}`));
    return h(Card, { title: text(`start.${name}`), actions: mark }, children);
  }

  // -- what is known

  // Returns whether the settings name a Plex, null while nobody knows.
  function isConnected(settings) {
    if (!settings) return null;
    const ours = settings.filter((row) => ["plex_url", "plex_token"].includes(row.name));
    return ours.length === 2 && ours.every((row) => row.value && !row.problem);
  }
  S.useConnected = function useConnected(isAsked, deps) {
    const look = async (signal) => (isAsked ? S.operation("settings", {}, signal) : null);
    const { data, error, reload } = S.useOnce(look, [isAsked, ...deps]);
    return { connected: isConnected(data && data.settings), error, reload };
  };

  // -- the packages

  function Installation({ status }) {
    const { activity } = status;
    const isRunning = activity && activity.mode === "install_packages";
    return h(
      React.Fragment,
      null,
      h("p", null, text("start.packages")),
      isRunning && h(S.Activity, { activity, running: true }),
      h(TaskButton, { mode: "set_up", label: text("button.installPackages"), icon: "faDownload" }),
    );
  }

  // -- the steps

  function Connect({ connected, status, error, onSaved }) {
    const [isOpen, setOpen] = useState(false);
    if (status && status.packages_missing) return h(Installation, { status });
    if (connected === null) return error ? h(Problem, { text: error }) : h(Loading);
    if (connected && !isOpen) {
      const action = async () => setOpen(true);
      return h(
        React.Fragment,
        null,
        h("p", null, text("start.connected")),
        h(ActionButton, { label: text("button.changeConnection"), action }),
      );
    }
    const saved = () => {
      setOpen(false);
      onSaved();
    };
    return h(React.Fragment, null, h(S.SignIn, { onSaved: saved }), h(S.ConnectByHand, { onSaved: saved }));
  }

  const MATTER = ["error", "warning", "note"];

  function Check({ doctor, error, reload, version }) {
    if (!doctor) return error ? h(Problem, { text: error }) : h(Loading);
    const { findings, paths } = doctor;
    const matter = findings.filter((finding) => MATTER.includes(finding.level));
    const fine = findings.length - matter.length;
    const again = async () => reload();
    return h(
      React.Fragment,
      null,
      h(S.Findings, { findings: matter }),
      h("p", null, text("start.fine", { count: fine })),
      h(ActionButton, { label: text("button.checkAgain"), icon: "faStethoscope", action: again }),
      h(S.Paths, { paths: paths || {}, reload }),
      h("h3", null, text("samples.title")),
      h(S.Samples, { version }),
    );
  }

  function PreviewSummary({ version }) {
    const list = S.useOnce((signal) => S.operation("list_preview", { limit: 1 }, signal), [version]);
    const about = list.data && list.data.about;
    if (!about) return null;
    const outcomes = Object.entries(about.scenes).map(([outcome, count]) =>
      text("preview.outcome", { count, outcome }),
    );
    const to = `${S.PAGE}?view=preview`;
    return h("p", null, S.list(outcomes), ". ", h(Router.Link, { to }, text("start.wholePreview")));
  }

  function Go({ status, version, running, changed }) {
    const { activity, scenes } = status;
    const isWorking = activity && ["all", "preview", "process_queue"].includes(activity.mode);
    const overview = `${S.PAGE}?view=overview`;
    const preview = { mode: "preview", args: { scope: "all" }, label: text("button.makePreview") };
    return h(
      React.Fragment,
      null,
      h("p", null, text("start.goExplanation")),
      h(
        "div",
        { className: "s2p-actions" },
        h(TaskButton, { ...preview, icon: "faEye", onEnd: changed }),
        h(TaskButton, {
          mode: "all",
          label: text("button.syncAll"),
          icon: "faSync",
          onEnd: changed,
          main: true,
        }),
      ),
      h(PreviewSummary, { version }),
      isWorking && h("p", null, text("now.running", { task: S.nameOf("task", activity.mode) })),
      isWorking && h(S.Activity, { activity, running }),
      scenes.in_sync > 0 && h("p", null, text("start.inSync", { count: scenes.in_sync })),
      scenes.in_sync > 0 && h("p", null, h(Router.Link, { to: overview }, text("start.toOverview"))),
    );
  }

  // -- the view

  function useDoctor(connected, deps) {
    const look = async (signal) => (connected ? S.operation("doctor", {}, signal) : null);
    return S.useOnce(look, [connected, ...deps]);
  }

  const stateOf = (isDone, isPossible) => (isDone ? "done" : isPossible ? "now" : "later");

  S.Start = function Start({ version, running, changed }) {
    const { data: status, reload: lookAgain } = S.useStatus("overview", running);
    const missing = Boolean(status && status.packages_missing);
    const settings = S.useConnected(true, [version, missing]);
    const connected = Boolean(settings.connected);
    const { data: doctor, error, reload } = useDoctor(connected, [version]);
    useEffect(() => {
      if (version || settings.error) lookAgain();
    }, [version, settings.error]);
    const onSaved = () => changed();
    const isChecked = Boolean(doctor && doctor.ok);
    const isSynced = Boolean(status && status.scenes.in_sync > 0);
    return h(
      React.Fragment,
      null,
      h("p", null, text("start.explanation")),
      h(
        Step,
        { name: "connect", state: stateOf(connected, true) },
        h(Connect, { ...settings, status, onSaved }),
      ),
      h(
        Step,
        { name: "check", state: stateOf(isChecked, connected) },
        connected ? h(Check, { doctor, error, reload, version }) : h(Empty, null, text("start.connectFirst")),
      ),
      h(
        Step,
        { name: "go", state: stateOf(isChecked && isSynced, isChecked) },
        isChecked && status
          ? h(Go, { status, version, running, changed })
          : h(Empty, null, text("start.checkFirst")),
      ),
    );
  };
})();
