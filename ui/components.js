// The parts that views are made of.
"use strict";
(() => {
  const S = window.Stash2Plex;
  const { h, React, Bootstrap, Router, Icon } = S;
  const { Button, Spinner } = Bootstrap;
  const { useState, useEffect } = React;

  // A fault of ours must not take Stash's page down with it; `instead` is shown, or said what is wrong.
  class Guard extends React.Component {
    constructor(props) {
      super(props);
      this.state = { error: null };
    }
    static getDerivedStateFromError(error) {
      return { error };
    }
    render() {
      if (!this.state.error) return this.props.children;
      return "instead" in this.props
        ? this.props.instead
        : h(Trouble, { text: `Stash2Plex cannot be shown here: ${this.state.error.message}` });
    }
  }

  // What the page says at its top; every view and button can say something there.
  const Saying = React.createContext(() => {});
  const Watching = React.createContext(() => {});

  function Notice({ said, onClose }) {
    return h(
      "div",
      { role: "status", "aria-live": "polite", className: "s2p-notices" },
      said &&
        h(
          "div",
          { className: `s2p-notice s2p-${said.kind}` },
          h("bdi", null, said.text),
          h(
            Button,
            { variant: "secondary", size: "sm", onClick: onClose, "aria-label": "Close this message" },
            "×",
          ),
        ),
    );
  }

  // A button that does something. With `sure`, a second press is wanted: it says what will happen.
  function Deed({ label, icon, deed, sure, danger, disabled, name }) {
    const say = React.useContext(Saying);
    const [busy, run] = S.useDeed(say);
    const [asking, ask] = useState(false);
    useEffect(() => {
      if (!asking) return undefined;
      const timer = setTimeout(() => ask(false), 6000);
      return () => clearTimeout(timer);
    }, [asking]);
    const press = () => {
      if (sure && !asking) {
        ask(true);
        return;
      }
      ask(false);
      run(deed);
    };
    return h(
      Button,
      {
        variant: "secondary",
        size: "sm",
        onClick: press,
        disabled: busy || disabled,
        "aria-label": asking ? undefined : name,
        className: `s2p-deed${danger || asking ? " s2p-danger" : ""}`,
      },
      busy
        ? h(Spinner, { animation: "border", size: "sm", role: "presentation" })
        : icon && h(Icon, { name: icon }),
      " ",
      asking ? sure : label,
    );
  }

  // Starts a task of Stash, and shows it at the top until it has ended.
  function TaskDeed({ mode, args, description, onEnd, ...rest }) {
    const watch = React.useContext(Watching);
    const deed = async () => {
      watch({ id: await S.task(mode, args, description), mode, said: description, onEnd });
    };
    return h(Deed, { ...rest, deed });
  }

  function Card({ title, children, actions }) {
    const id = `s2p-${title.replace(/\W+/g, "-").toLowerCase()}`;
    return h(
      "section",
      { className: "s2p-card", "aria-labelledby": id },
      h("header", null, h("h2", { id }, title), h("div", { className: "s2p-actions" }, actions)),
      children,
    );
  }

  const Trouble = ({ text }) =>
    text ? h("p", { className: "s2p-notice s2p-danger", role: "alert" }, h("bdi", null, text)) : null;
  const Empty = ({ children }) => h("p", { className: "s2p-empty" }, children);
  const Loading = () => h("p", { className: "s2p-empty" }, "Looking…");

  // `heads` are texts; each row is an array of cells, its `key` the row's.
  function Table({ heads, rows, label }) {
    return h(
      "div",
      { className: "s2p-scroll", tabIndex: 0, role: "region", "aria-label": label },
      h(
        "table",
        { className: "s2p-table" },
        h(
          "thead",
          null,
          h(
            "tr",
            null,
            heads.map((head, at) => h("th", { key: at, scope: "col" }, head)),
          ),
        ),
        h(
          "tbody",
          null,
          rows.map(({ key, cells, className }) =>
            h(
              "tr",
              { key, className },
              cells.map((cell, at) =>
                h("td", { key: at, "data-head": typeof heads[at] === "string" ? heads[at] : "" }, cell),
              ),
            ),
          ),
        ),
      ),
    );
  }

  // A list in pages: its table, or why there is none.
  function Pages({ list, heads, label, row, empty }) {
    if (!list.rows) return list.error ? h(Trouble, { text: list.error }) : h(Loading);
    return h(
      React.Fragment,
      null,
      h(Trouble, { text: list.error }),
      list.rows.length ? h(Table, { heads, label, rows: list.rows.map(row) }) : h(Empty, null, empty),
      list.more && h(Deed, { label: "More", deed: list.load }),
    );
  }

  // A state by its name, its icon and its colour.
  function StateBadge({ state }) {
    const shown = S.STATES[state] || S.STATES.unknown;
    return h(
      "span",
      { className: `s2p-badge s2p-is-${state}`, "data-state": state },
      h(Icon, { name: shown.icon }),
      ` ${shown.name}`,
    );
  }

  function SceneLink({ id, titles, title }) {
    const said = title || (titles && titles.get(id));
    return id
      ? h(Router.Link, { to: `/scenes/${id}` }, h("bdi", null, said || `Scene ${id}`))
      : h("span", null, "a scene that is gone");
  }

  function Select({ label, value, onChange, options }) {
    return h(
      "label",
      { className: "s2p-field" },
      `${label} `,
      h(
        "select",
        {
          className: "form-control form-control-sm",
          value,
          onChange: (event) => onChange(event.target.value),
        },
        options.map(([key, said]) => h("option", { key, value: key }, said)),
      ),
    );
  }

  function Progress({ part, label }) {
    const percent = Math.round(100 * Math.max(0, Math.min(1, part || 0)));
    return h(
      "div",
      {
        className: "s2p-progress",
        role: "progressbar",
        "aria-label": label,
        "aria-valuemin": 0,
        "aria-valuemax": 100,
        "aria-valuenow": percent,
      },
      h("div", { style: { width: `${percent}%` } }),
    );
  }

  Object.assign(S, {
    Guard,
    Saying,
    Watching,
    Notice,
    Deed,
    TaskDeed,
    Card,
    Trouble,
    Empty,
    Loading,
    Table,
    Pages,
    SceneLink,
    StateBadge,
    Select,
    Progress,
  });
})();
