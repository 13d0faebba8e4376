// A few places of Stash's page, patched and routed as the real ones are, for plugins to be tried in.
"use strict";
(() => {
  const { React, ReactDOM, ReactRouterDOM, ReactBootstrap } = window;
  const h = React.createElement;
  const { Nav, Navbar, Tab, Button, Form, Modal } = ReactBootstrap;
  const { BrowserRouter, Switch, Route, Link, NavLink, useLocation, useParams } = ReactRouterDOM;

  // -- patches: before gets the arguments, instead takes over, after gets arguments and result

  const patches = { before: {}, instead: {}, after: {} };
  const components = {};
  const add = (kind) => (name, patch) => { (patches[kind][name] = patches[kind][name] || []).push(patch); };

  function patched(name, original) {
    return new Proxy(original, {
      apply(target, self, given) {
        let args = given;
        for (const before of patches.before[name] || []) args = before.apply(self, args);
        const chain = patches.instead[name] || [];
        const call = (at) => (...now) => (at < chain.length ? chain[at].apply(self, [...now, call(at + 1)]) : target.apply(self, now));
        let result = call(0)(...args);
        for (const after of patches.after[name] || []) result = after.apply(self, [...args, result]);
        return result;
      },
    });
  }
  function component(name, original) {
    components[name] = patched(name, original);
    return components[name];
  }
  const container = (name) => component(name, (props) => h(React.Fragment, null, props.children));

  // -- what it asks of itself

  const base = new URL(document.baseURI).pathname;
  async function graphql(query, variables) {
    const answer = await fetch(`${base}graphql`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ query, variables }) });
    const found = await answer.json();
    if (found.errors) throw new Error(found.errors[0].message);
    return found.data;
  }

  const SettingsContext = React.createContext(null);
  function useSettings() {
    const found = React.useContext(SettingsContext);
    if (!found) throw new Error("useSettings must be used within a SettingsProvider");
    return found;
  }
  function SettingsProvider({ children }) {
    const [plugins, setPlugins] = React.useState(null);
    React.useEffect(() => { graphql("query { configuration { plugins } }").then((found) => setPlugins(found.configuration.plugins)); }, []);
    // Half a second after the last change, the settings of all plugins are saved as this page knows them.
    const timer = React.useRef(null);
    const save = async (all) => { for (const [id, input] of Object.entries(all)) await graphql("mutation($id: ID!, $input: Map!) { configurePlugin(plugin_id: $id, input: $input) }", { id, input }); };
    const savePluginSettings = (id, input) => {
      const all = { ...plugins, [id]: input };
      setPlugins(all);
      clearTimeout(timer.current);
      timer.current = setTimeout(() => save(all), 500);
    };
    return plugins ? h(SettingsContext.Provider, { value: { plugins, savePluginSettings } }, children) : null;
  }

  // -- its places

  const UtilityItems = component("MainNavBar.UtilityItems", (props) => h(React.Fragment, null, props.children));
  const MenuItems = component("MainNavBar.MenuItems", (props) => h(Nav, null, props.children));
  const ToolsSection = container("SettingsToolsSection");
  const PluginRoutes = patched("PluginRoutes", (props) => h(React.Fragment, null, props.children));
  const SceneTabs = container("ScenePage.Tabs"), SceneContent = container("ScenePage.TabContent");

  // Its icons are there twice: on a phone, those of the menu are seen, else those beside it.
  function Bar() {
    const [expanded, setExpanded] = React.useState(false);
    const utilities = () => h(NavLink, { className: "nav-utility", exact: true, to: "/settings", onClick: () => setExpanded(false) },
      h(Button, { className: "minimal d-flex align-items-center h-100", title: "Settings" }, "Settings"));
    return h(Navbar, { collapseOnSelect: true, fixed: "top", variant: "dark", bg: "dark", className: "top-nav", expand: "xl", expanded, onToggle: setExpanded },
      h(Navbar.Collapse, { className: "bg-dark order-sm-1" }, h(MenuItems, null, h(NavLink, { to: "/scenes" }, "Scenes")), h(Nav, null, h(UtilityItems, null, utilities()))),
      h(Navbar.Brand, { as: "div" }, h(Link, { to: "/" }, "Stash")),
      h(Nav, { className: "navbar-buttons flex-row ml-auto order-xl-2" }, h(UtilityItems, null, utilities()), h(Navbar.Toggle, { className: "nav-menu-toggle ml-sm-2" })));
  }

  // Stash shows a value as text, and changes it in a dialog; only a switch is changed where it stands, and
  // it is the switch that has the id then.
  function Dialog({ one, value, close }) {
    const [draft, setDraft] = React.useState(value);
    const end = (event) => { event.preventDefault(); close(one.type === "NUMBER" ? Number.parseInt(draft || "0", 10) : draft); };
    return h(Modal, { show: true, onHide: () => close(), id: "setting-dialog" }, h("form", { onSubmit: end },
      h(Modal.Header, { closeButton: true }, one.display_name),
      h(Modal.Body, null, h(Form.Control, { className: "text-input", value: draft, type: one.type === "NUMBER" ? "number" : "text", onChange: (event) => setDraft(event.target.value) }),
        h("div", { className: "sub-heading" }, one.description)),
      h(Modal.Footer, null, h(Button, { variant: "secondary", onClick: () => close() }, "Cancel"), h(Button, { type: "submit" }, "Confirm"))));
  }

  function PluginSetting({ id, one, value, onChange }) {
    const [open, setOpen] = React.useState(false);
    const isSwitch = one.type === "BOOLEAN", shown = value ?? (one.type === "NUMBER" ? 0 : "");
    const close = (changed) => { setOpen(false); if (changed !== undefined) onChange(changed); };
    return h("div", { className: "setting", id: isSwitch ? undefined : id },
      h("div", null, h("h3", null, one.display_name || one.name), !isSwitch && h("div", { className: "value" }, h("span", null, shown)), h("div", { className: "sub-heading" }, one.description)),
      h("div", null, isSwitch ? h(Form.Switch, { id, checked: Boolean(value), onChange: () => onChange(!value) }) : h(Button, { onClick: () => setOpen(true) }, "Edit"),
        open && h(Dialog, { one, value: shown, close })));
  }

  const PluginSettings = component("PluginSettings", ({ pluginID, settings }) => {
    const { plugins, savePluginSettings } = useSettings();
    const values = plugins[pluginID] || {};
    return h("div", { className: "plugin-settings" }, settings.map((one) => h(PluginSetting, { key: one.name, id: `plugin-${pluginID}-${one.name}`, one, value: values[one.name],
      onChange: (value) => savePluginSettings(pluginID, { ...values, [one.name]: value }) })));
  });

  // As in Stash, only the chosen tab is there at all.
  function Settings() {
    const tab = new URLSearchParams(useLocation().search).get("tab");
    const [plugins, setPlugins] = React.useState([]);
    React.useEffect(() => { graphql("query { plugins { id name settings { name display_name description type } } }").then((found) => setPlugins(found.plugins)); }, []);
    return h(SettingsProvider, null, h("main", { className: "container" },
      tab === "tools" && [h(ToolsSection, { key: 1 }, h("div", { className: "setting" }, "Playground")), h(ToolsSection, { key: 2 }, h("div", { className: "setting" }, "Filename parser"))],
      tab === "plugins" && plugins.map((one) => h("section", { key: one.id, className: "setting-group" }, h("h2", null, one.name), h("div", { className: "collapsible-section" }, h(PluginSettings, { pluginID: one.id, settings: one.settings || [] }))))));
  }

  function Scene() {
    const { id } = useParams();
    const [scene, setScene] = React.useState(null);
    const [tab, setTab] = React.useState("scene-details-panel");
    React.useEffect(() => { graphql("query($id: ID!) { findScene(id: $id) { id title details } }", { id }).then((found) => setScene(found.findScene)); }, [id]);
    return scene && h("main", { className: "container" }, h("h1", null, scene.title),
      h(Tab.Container, { activeKey: tab, onSelect: setTab },
        h(Nav, { variant: "tabs" }, h(SceneTabs, { scene }, h(Nav.Item, null, h(Nav.Link, { eventKey: "scene-details-panel" }, "Details")))),
        h(Tab.Content, null, h(SceneContent, { scene }, h(Tab.Pane, { eventKey: "scene-details-panel" }, scene.details)))));
  }

  const Home = () => h("main", { className: "container" }, h("h1", null, "Stash in a box"));

  function App() {
    return h(BrowserRouter, { basename: base.replace(/\/$/, "") }, h(Bar), h(Switch, null,
      h(Route, { exact: true, path: "/", component: Home }), h(Route, { path: "/scenes/:id", component: Scene }), h(Route, { path: "/settings", component: Settings }),
      h(PluginRoutes)));
  }

  window.PluginApi = {
    React, ReactDOM, GQL: {},
    libraries: { ReactRouterDOM, Bootstrap: ReactBootstrap, FontAwesomeSolid: window["free-solid-svg-icons"], ReactFontAwesome: window["react-fontawesome"] },
    register: {
      route: (path, shown) => add("before")("PluginRoutes", (props) => [{ children: h(React.Fragment, null, props.children, h(Route, { path, component: shown })) }]),
      component: (name, shown) => { components[name] = shown; return shown; },
    },
    components, loadableComponents: {}, utils: {}, Event: new EventTarget(),
    hooks: { useSettings, useToast: () => ({ toast() {}, success() {}, error() {} }) },
    patch: { before: add("before"), instead: add("instead"), after: add("after") },
  };

  // -- the page is shown when the scripts of all plugins are loaded, or failed to

  const load = (url) => new Promise((done) => {
    const script = Object.assign(document.createElement("script"), { src: base + url.replace(/^\//, ""), async: false });
    script.onload = script.onerror = done;
    document.head.appendChild(script);
  });
  graphql("query { plugins { id enabled paths { javascript css } } }").then(async ({ plugins }) => {
    const enabled = plugins.filter((one) => one.enabled);
    for (const url of enabled.flatMap((one) => one.paths.css || [])) {
      document.head.appendChild(Object.assign(document.createElement("link"), { rel: "stylesheet", href: base + url.replace(/^\//, "") }));
    }
    await Promise.all(enabled.flatMap((one) => one.paths.javascript || []).map(load));
    ReactDOM.render(h(App), document.getElementById("root"));
  });
})();
