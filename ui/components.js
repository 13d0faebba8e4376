// The parts that views are made of.
"use strict";
(() => {
  const S = window.Stash2Plex;
  const { h, React, Bootstrap, Router, Icon, text } = S;
  const { Button, Spinner } = Bootstrap;
  const { useState, useEffect } = React;
  const CONFIRM = 6000; // ms in which the second press counts

  // An error of ours must not take Stash's page down. Shows `instead`, or the error if that is not given.
  class ErrorBoundary extends React.Component {
    constructor(props) {
      super(props);
      this.state = { error: null };
    }
    static getDerivedStateFromError(error) {
      return { error };
    }
    render() {
      const { error } = this.state;
      if (!error) return this.props.children;
      if ("instead" in this.props) return this.props.instead;
      return h(Problem, { text: text("page.broken", { problem: error.message }) });
    }
  }

  // -- messages

  // Every view and button can show a message at the top of the page: say(text, "success" or "danger").
  const SayContext = React.createContext(() => {});
  // Shows the job at the top of the page until it ends: watch({ id, mode, task, onEnd }).
  const WatchContext = React.createContext(() => {});

  function CloseButton({ onClick }) {
    const name = text("button.close.name");
    return h(Button, { variant: "secondary", size: "sm", onClick, "aria-label": name }, text("button.close"));
  }

  function Message({ message, onClose }) {
    const shown =
      message &&
      h(
        "div",
        { className: `s2p-notice s2p-${message.kind}` },
        h("bdi", null, message.text),
        h(CloseButton, { onClick: onClose }),
      );
    return h("div", { role: "status", "aria-live": "polite", className: "s2p-notices" }, shown);
  }

  const Problem = ({ text }) =>
    text ? h("p", { className: "s2p-notice s2p-danger", role: "alert" }, h("bdi", null, text)) : null;
  // Says why there is nothing, and with `actions` what to do.
  const Empty = ({ children, actions }) =>
    h(
      "div",
      { className: "s2p-empty" },
      h("p", null, children),
      actions && h("div", { className: "s2p-actions" }, actions),
    );

  // The place of something that is on its way, about as high as it.
  function Loading({ lines = 3 }) {
    const bars = Array.from({ length: lines }, (_, at) => h("span", { key: at, className: "s2p-bar" }));
    const name = h("span", { className: "sr-only" }, text("page.loading"));
    return h("div", { className: "s2p-skeleton", role: "status" }, name, bars);
  }

  // -- buttons

  // True from a press on until CONFIRM ms later.
  function useConfirming() {
    const [confirming, set] = useState(false);
    useEffect(() => {
      if (!confirming) return undefined;
      const timer = setTimeout(() => set(false), CONFIRM);
      return () => clearTimeout(timer);
    }, [confirming]);
    return [confirming, set];
  }

  // `action` returns the message to show. With `confirm`, the button shows that question and waits for a
  // second press. `name` is for screen readers, where several buttons have the same label. `main` marks the
  // button that a person most likely looks for.
  function ActionButton({ label, name, icon, action, confirm, disabled, main }) {
    const [busy, run] = S.useAction(React.useContext(SayContext));
    const [confirming, setConfirming] = useConfirming();
    const press = () => {
      if (busy) return;
      const isFirst = Boolean(confirm) && !confirming;
      setConfirming(isFirst);
      if (!isFirst) run(action);
    };
    const spinner = h(Spinner, { animation: "border", size: "sm", role: "presentation" });
    return h(
      Button,
      {
        variant: main ? "primary" : "secondary",
        size: "sm",
        onClick: press,
        disabled,
        "aria-disabled": busy || undefined, // a button that is disabled would lose the focus
        "aria-label": confirming ? undefined : name,
        className: confirming ? "s2p-button s2p-danger" : "s2p-button",
      },
      busy ? spinner : icon && h(Icon, { name: icon }),
      " ",
      confirming ? confirm : label,
    );
  }

  // Starts a task of Stash. `task` is its name in messages.
  function TaskButton({ mode, args, task = text(`task.${mode}`), label = task, onEnd, ...rest }) {
    const watch = React.useContext(WatchContext);
    const action = async () => watch({ id: await S.startTask(mode, args, task), mode, task, onEnd });
    return h(ActionButton, { ...rest, label, action });
  }

  const TestButton = ({ action = S.testConnection }) =>
    h(ActionButton, { label: text("button.testConnection"), icon: "faPlug", action });

  // -- frames

  let cards = 0;

  function Card({ title, children, actions }) {
    const [id] = useState(() => `s2p-card-${(cards += 1)}`);
    const buttons = h("div", { className: "s2p-actions" }, actions);
    return h(
      "section",
      { className: "card s2p-card", "aria-labelledby": id },
      h("header", null, h("h2", { id }, title), actions && buttons),
      children,
    );
  }

  // `heads` are texts or elements. Each row is { key, cells, className }.
  function Table({ heads, rows, label }) {
    const headOf = (at) => (typeof heads[at] === "string" ? heads[at] : "");
    const head = heads.map((content, at) => h("th", { key: at, scope: "col" }, content));
    const cell = (content, at) => h("td", { key: at, "data-head": headOf(at) }, content);
    const body = rows.map(({ key, cells, className }) => h("tr", { key, className }, cells.map(cell)));
    return h(
      "div",
      { className: "s2p-scroll", tabIndex: 0, role: "region", "aria-label": label },
      h(
        "table",
        { className: "table s2p-table" },
        h("thead", null, h("tr", null, head)),
        h("tbody", null, body),
      ),
    );
  }

  const MoreButton = ({ load }) => h(ActionButton, { label: text("button.more"), action: load });

  // A list of usePagedList: its table, or the reason why there is none. `row` makes a row of the table.
  function PagedTable({ list, heads, label, row, empty }) {
    if (!list.rows) return list.error ? h(Problem, { text: list.error }) : h(Loading);
    const table = () => h(Table, { heads, label, rows: list.rows.map(row) });
    return h(
      React.Fragment,
      null,
      h(Problem, { text: list.error }),
      list.rows.length ? table() : h(Empty, null, empty),
      list.more && h(MoreButton, { load: list.load }),
    );
  }

  // -- small parts

  function StateBadge({ state }) {
    const known = S.STATES[state] ? state : "unknown";
    return h(
      "span",
      { className: `badge s2p-badge s2p-is-${state}`, "data-state": state },
      h(Icon, { name: S.STATES[known].icon }),
      " ",
      S.stateName(known),
    );
  }

  function SceneLink({ id, titles, title }) {
    if (!id) return h("span", null, text("scene.gone"));
    const shown = title || (titles && titles.get(id)) || text("scene.untitled", { id: `${id}` });
    return h(Router.Link, { to: `/scenes/${id}` }, h("bdi", null, shown));
  }

  const isScene = (row) => row.kind === "scene";
  const kindName = (row) => S.nameOf("kind", row.kind);
  const useJobTitles = (rows) => S.useTitles(rows.filter(isScene).map((row) => row.id));

  // The scene of a job, or the performer, studio, tag or group.
  function JobSubject({ row, titles }) {
    if (isScene(row)) return h(SceneLink, { id: row.id, titles });
    return text("queue.subject", { kind: kindName(row), id: `${row.id}` });
  }

  // `options` are pairs of a value and its text.
  function Select({ label, value, onChange, options }) {
    const choose = (event) => onChange(event.target.value);
    const choices = options.map(([key, shown]) => h("option", { key, value: key }, shown));
    const select = h(
      "select",
      { className: "form-control form-control-sm input-control", value, onChange: choose },
      choices,
    );
    return h("label", { className: "s2p-field" }, label, " ", select);
  }

  // `part` is from 0 to 1.
  function Progress({ part, label }) {
    const percent = Math.round(100 * Math.max(0, Math.min(1, part || 0)));
    const range = { "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": percent };
    return h(
      "div",
      { className: "progress s2p-progress", role: "progressbar", "aria-label": label, ...range },
      h("div", { className: "progress-bar", style: { width: `${percent}%` } }),
    );
  }

  Object.assign(S, { ErrorBoundary, SayContext, WatchContext, Message, Problem, Empty, Loading });
  Object.assign(S, { ActionButton, TaskButton, TestButton, MoreButton, Card, Table, PagedTable });
  Object.assign(S, { StateBadge, SceneLink, JobSubject, kindName, useJobTitles, Select, Progress });
})();
