// The namespace of all files of the page: what Stash lends us, our texts, and how values are shown.
"use strict";
window.Stash2Plex = (() => {
  const api = window.PluginApi;
  const { React } = api;
  const { Bootstrap, ReactRouterDOM, FontAwesomeSolid, ReactFontAwesome } = api.libraries;
  const h = React.createElement;
  const S = {
    api,
    React,
    h,
    Bootstrap,
    Router: ReactRouterDOM,
    ID: "Stash2Plex",
    PAGE: "/plugins/stash2plex",
  };

  // Older versions of Stash lend no FontAwesome component, but their own `Icon` does the same.
  S.Icon = function Icon({ name, title }) {
    const icon = FontAwesomeSolid && FontAwesomeSolid[name];
    const Component = (ReactFontAwesome && ReactFontAwesome.FontAwesomeIcon) || api.components.Icon;
    if (!icon || !Component) return null;
    return h(Component, { icon, title, className: "fa-icon", "aria-hidden": title ? undefined : true });
  };

  // -- texts: S.TEXTS is in texts.js

  // {name} is a value, and {name:job|jobs} is the word that fits the number `name`.
  const PLACE = /\{(\w+)(?::([^|}]*)\|([^}]*))?\}/g;
  const plurals = new Intl.PluralRules("en");

  function filled(key, [place, name, one, other], values) {
    const value = values[name];
    if (value === undefined) {
      console.error(S.ID, key, place);
      return place;
    }
    if (one !== undefined) return plurals.select(value) === "one" ? one : other;
    return typeof value === "number" ? value.toLocaleString() : value;
  }

  // The text of a key in pieces: what is between its places, and what fills them.
  function pieces(key, values) {
    const template = S.TEXTS[key];
    if (template === undefined) {
      console.error(S.ID, key);
      return [key];
    }
    const result = [];
    let end = 0;
    for (const match of template.matchAll(PLACE)) {
      result.push(template.slice(end, match.index), filled(key, match, values));
      end = match.index + match[0].length;
    }
    return [...result, template.slice(end)];
  }

  // Numbers are shown as numbers (1,234). An id is passed as a string, so that it stays as it is.
  S.text = (key, values = {}) => pieces(key, values).join("");
  // The same, with React elements as values.
  S.richText = (key, values) => h(React.Fragment, null, ...pieces(key, values));
  S.list = (items) => items.join(S.text("list.separator"));
  // The text for a name that comes from the plugin. A name without a text is shown as it is.
  S.nameOf = (group, name) => S.TEXTS[`${group}.${name}`] || name.replace(/_/g, " ");
  // The heads of a table's columns.
  S.heads = (...names) => names.map((name) => S.text(`head.${name}`));
  S.fieldName = (field) => S.nameOf("field", field);

  // -- times

  S.when = (seconds) => (seconds ? new Date(seconds * 1000).toLocaleString() : S.text("time.never"));

  const UNITS = { days: 86400, hours: 3600, minutes: 60, seconds: 1 };
  // A distance in time, in its largest unit: "3 min ago", "in 2 h".
  S.distance = (seconds, now) => {
    const gap = Math.abs(seconds - now);
    const unit = Object.keys(UNITS).find((name) => gap >= UNITS[name]) || "seconds";
    const count = Math.round(gap / UNITS[unit]);
    return S.text(seconds > now ? `time.in.${unit}` : `time.ago.${unit}`, { count });
  };

  // -- values

  // A value of a field, always as text. <bdi> keeps the direction of right-to-left text to itself.
  S.Value = function Value({ of }) {
    const shown = Array.isArray(of) ? of.join(", ") : of === null || of === undefined ? "" : String(of);
    if (shown === "") return h("em", { className: "s2p-nothing" }, S.text("value.nothing"));
    return h("bdi", { className: "s2p-value" }, shown);
  };

  // The value of a setting as a person writes it.
  S.settingValue = (value) => {
    if (typeof value === "boolean") return S.text(value ? "value.on" : "value.off");
    if (!Array.isArray(value)) return value;
    return value.map((item) => (Array.isArray(item) ? item.join(" => ") : item));
  };

  // The states of a scene: the icon, and the colour in the ring.
  S.STATES = {
    in_sync: { icon: "faCheck", colour: "#3dcc91" },
    waiting: { icon: "faClock", colour: "#48aff0" },
    differs: { icon: "faNotEqual", colour: "#ffb366" },
    edited: { icon: "faPen", colour: "#c9a5ff" },
    not_in_plex: { icon: "faTimes", colour: "#ff7373" },
    ambiguous: { icon: "faClone", colour: "#4bd3d3" },
    held: { icon: "faPause", colour: "#a7b6c2" },
    left_out: { icon: "faMinus", colour: "#738694" },
    gave_up: { icon: "faBan", colour: "#ff66a1" },
    unknown: { icon: "faQuestion", colour: "#e8e0b8" },
  };
  S.stateName = (state) => S.text(`state.${state}`);

  return S;
})();
