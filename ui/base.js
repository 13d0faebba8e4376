// The namespace of all our files, what we take of Stash, and how things are said in words.
"use strict";
window.Stash2Plex = (() => {
  const api = window.PluginApi;
  const { React } = api;
  const { Bootstrap, ReactRouterDOM, FontAwesomeSolid, ReactFontAwesome } = api.libraries;
  const h = React.createElement;

  // FontAwesome's component came into the API late; before, Stash's own `Icon` is there.
  function Icon({ name, title }) {
    const icon = FontAwesomeSolid && FontAwesomeSolid[name];
    const Drawn = (ReactFontAwesome && ReactFontAwesome.FontAwesomeIcon) || api.components.Icon;
    return icon && Drawn
      ? h(Drawn, { icon, title, className: "fa-icon", "aria-hidden": title ? undefined : true })
      : null;
  }

  const many = (count, noun) => `${count.toLocaleString()} ${noun}${count === 1 ? "" : "s"}`;

  function when(seconds) {
    return seconds ? new Date(seconds * 1000).toLocaleString() : "never";
  }

  // A distance in time, in its largest unit: "3 min ago", "in 2 h".
  function away(seconds, now) {
    const gap = Math.abs(seconds - now);
    const [name, size] = [
      ["d", 86400],
      ["h", 3600],
      ["min", 60],
      ["s", 1],
    ].find(([, size]) => gap >= size) || ["s", 1];
    const said = `${Math.round(gap / size)} ${name}`;
    return seconds > now ? `in ${said}` : `${said} ago`;
  }

  // A value of a field, always as text; <bdi> keeps right-to-left text to itself.
  function Value({ of }) {
    const text = Array.isArray(of) ? of.join(", ") : of === null || of === undefined ? "" : String(of);
    return text === ""
      ? h("em", { className: "s2p-nothing" }, "nothing")
      : h("bdi", { className: "s2p-value" }, text);
  }

  const FIELD_NAMES = {
    sort_title: "sort title",
    content_rating: "content rating",
    original_title: "original title",
  };
  const fieldName = (field) => FIELD_NAMES[field] || field;

  // A setting as a person writes it.
  const plain = (value) =>
    Array.isArray(value)
      ? value.map((one) => (Array.isArray(one) ? one.join(" => ") : one))
      : typeof value === "boolean"
        ? value
          ? "on"
          : "off"
        : value;

  // The states of a scene, as the operations call them: the name, the icon, and the colour in the ring.
  const STATES = {
    in_sync: { name: "In sync", icon: "faCheck", colour: "#3dcc91" },
    waiting: { name: "Waiting", icon: "faClock", colour: "#48aff0" },
    differs: { name: "Differs", icon: "faNotEqual", colour: "#ffb366" },
    edited: { name: "Edited in Plex", icon: "faPen", colour: "#c9a5ff" },
    not_in_plex: { name: "Not in Plex", icon: "faTimes", colour: "#ff7373" },
    ambiguous: { name: "Ambiguous", icon: "faClone", colour: "#4bd3d3" },
    held: { name: "Held", icon: "faPause", colour: "#a7b6c2" },
    left_out: { name: "Left out", icon: "faMinus", colour: "#738694" },
    gave_up: { name: "Gave up", icon: "faBan", colour: "#ff66a1" },
    unknown: { name: "Not looked at yet", icon: "faQuestion", colour: "#e8e0b8" },
  };
  // So many scenes of a state: "3 differ".
  function manyAre(count, state) {
    const name = STATES[state].name[0].toLowerCase() + STATES[state].name.slice(1);
    return `${count.toLocaleString()} ${name === "differs" && count !== 1 ? "differ" : name}`;
  }

  return {
    api,
    React,
    h,
    Bootstrap,
    Router: ReactRouterDOM,
    Icon,
    Value,
    many,
    when,
    away,
    fieldName,
    plain,
    STATES,
    manyAre,
    ID: "Stash2Plex",
    PAGE: "/plugins/stash2plex",
  };
})();
