// The namespace of all files of the page: what Stash lends us, and how values are shown.
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

  // The states of a scene: the icon, and a colour that is seen on dark and on light ground.
  S.STATES = {
    in_sync: { icon: "faCheck", colour: "#22a06b" },
    waiting: { icon: "faClock", colour: "#2b95d6" },
    differs: { icon: "faNotEqual", colour: "#cf7a1f" },
    edited: { icon: "faPen", colour: "#9d7be8" },
    not_in_plex: { icon: "faTimes", colour: "#f0595a" },
    ambiguous: { icon: "faClone", colour: "#12a0a3" },
    held: { icon: "faPause", colour: "#8295a5" },
    left_out: { icon: "faMinus", colour: "#8a8f94" },
    gave_up: { icon: "faBan", colour: "#e356a0" },
    unknown: { icon: "faQuestion", colour: "#9a915c" },
  };
  S.stateName = (state) => S.text(`state.${state}`);

  return S;
})();
