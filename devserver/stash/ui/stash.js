// A few places of Stash's page, patched and routed as the real ones are, for plugins to be tried in.
"use strict";
(() => {
  const { React, ReactDOM, ReactRouterDOM, ReactBootstrap } = window;
  const h = React.createElement;
  const { Nav, Navbar, Tab, Button, Card, Form, Modal } = ReactBootstrap;
  const { BrowserRouter, Switch, Route, Link, NavLink, useLocation, useParams } = ReactRouterDOM;

  // -- patches: before gets the arguments, instead takes over, after gets arguments and result

  const patches = { before: {}, instead: {}, after: {} };
  const components = {};
  const add = (kind) => (name, patch) => {
    (patches[kind][name] = patches[kind][name] || []).push(patch);
  };

  function patched(name, original) {
    return new Proxy(original, {
      apply(target, self, given) {
        let args = given;
        for (const before of patches.before[name] || []) args = before.apply(self, args);
        const chain = patches.instead[name] || [];
        const call =
          (at) =>
          (...now) =>
            at < chain.length ? chain[at].apply(self, [...now, call(at + 1)]) : target.apply(self, now);
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
    const answer = await fetch(`${base}graphql`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ query, variables }),
    });
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
    React.useEffect(() => {
      graphql("query { configuration { plugins } }").then((found) => setPlugins(found.configuration.plugins));
    }, []);
    // Half a second after the last change, the settings of all plugins are saved as this page knows them.
    const timer = React.useRef(null);
    const save = async (all) => {
      for (const [id, input] of Object.entries(all))
        await graphql("mutation($id: ID!, $input: Map!) { configurePlugin(plugin_id: $id, input: $input) }", {
          id,
          input,
        });
    };
    const savePluginSettings = (id, input) => {
      const all = { ...plugins, [id]: input };
      setPlugins(all);
      clearTimeout(timer.current);
      timer.current = setTimeout(() => save(all), 500);
    };
    return plugins ? h(SettingsContext.Provider, { value: { plugins, savePluginSettings } }, children) : null;
  }

  // -- its places

  const UtilityItems = component("MainNavBar.UtilityItems", (props) =>
    h(React.Fragment, null, props.children),
  );
  const MenuItems = component("MainNavBar.MenuItems", (props) => h(Nav, null, props.children));
  const ToolsSection = container("SettingsToolsSection");
  const PluginRoutes = patched("PluginRoutes", (props) => h(React.Fragment, null, props.children));
  const SceneTabs = container("ScenePage.Tabs"),
    SceneContent = container("ScenePage.TabContent");

  // Its icons are there twice: on a phone, those of the menu are seen, else those beside it.
  function Bar() {
    const [expanded, setExpanded] = React.useState(false);
    const utilities = () =>
      h(
        NavLink,
        { className: "nav-utility", exact: true, to: "/settings", onClick: () => setExpanded(false) },
        h(Button, { className: "minimal d-flex align-items-center h-100", title: "Settings" }, "Settings"),
      );
    return h(
      Navbar,
      {
        collapseOnSelect: true,
        fixed: "top",
        variant: "dark",
        bg: "dark",
        className: "top-nav",
        expand: "xl",
        expanded,
        onToggle: setExpanded,
      },
      h(
        Navbar.Collapse,
        { className: "bg-dark order-sm-1" },
        h(MenuItems, null, h(NavLink, { to: "/scenes" }, "Scenes")),
        h(Nav, null, h(UtilityItems, null, utilities())),
      ),
      h(Navbar.Brand, { as: "div" }, h(Link, { to: "/" }, "Stash")),
      h(
        Nav,
        { className: "navbar-buttons flex-row ml-auto order-xl-2" },
        h(UtilityItems, null, utilities()),
        h(Navbar.Toggle, { className: "nav-menu-toggle ml-sm-2" }),
      ),
    );
  }

  // Stash shows a value as text, and changes it in a dialog; only a switch is changed where it stands, and
  // it is the switch that has the id then.
  const Setting = component("Setting", ({ id, heading, subHeading, value, children }) =>
    h(
      "div",
      { className: "setting", id },
      h(
        "div",
        null,
        h("h3", null, heading),
        value !== undefined && h("div", { className: "value" }, h("span", null, value)),
        subHeading && h("div", { className: "sub-heading" }, subHeading),
      ),
      h("div", null, children),
    ),
  );
  const BooleanSetting = component("BooleanSetting", ({ id, checked, onChange, ...rest }) =>
    h(Setting, rest, h(Form.Switch, { id, label: "", checked, onChange: () => onChange(!checked) })),
  );
  const SettingModal = component("SettingModal", ({ heading, subHeading, value, type, close }) => {
    const [now, setNow] = React.useState(value);
    return h(
      Modal,
      { show: true, onHide: () => close(), id: "setting-dialog", animation: false },
      h(
        Form,
        {
          onSubmit: (event) => {
            close(now);
            event.preventDefault();
          },
        },
        h(Modal.Header, { closeButton: true }, heading),
        h(
          Modal.Body,
          null,
          h(Form.Control, {
            className: "text-input",
            type,
            value: now,
            onChange: (event) =>
              setNow(
                type === "number"
                  ? Number.parseInt(event.currentTarget.value || "0", 10)
                  : event.currentTarget.value,
              ),
          }),
          subHeading && h("div", { className: "sub-heading" }, subHeading),
        ),
        h(
          Modal.Footer,
          null,
          h(Button, { variant: "secondary", onClick: () => close() }, "Cancel"),
          h(Button, { type: "submit" }, "Confirm"),
        ),
      ),
    );
  });
  const inDialog = (name, type) =>
    component(name, ({ onChange, ...rest }) => {
      const [open, setOpen] = React.useState(false);
      const close = (value) => {
        if (value !== undefined) onChange(value);
        setOpen(false);
      };
      return h(
        React.Fragment,
        null,
        open && h(SettingModal, { ...rest, type, close }),
        h(Setting, rest, h(Button, { onClick: () => setOpen(true) }, "Edit")),
      );
    });
  const StringSetting = inDialog("StringSetting", "text"),
    NumberSetting = inDialog("NumberSetting", "number");

  const PluginSettings = component("PluginSettings", ({ pluginID, settings }) => {
    const { plugins, savePluginSettings } = useSettings();
    const values = plugins[pluginID] || {};
    return h(
      "div",
      { className: "plugin-settings" },
      settings.map((one) => {
        const given = {
          key: one.name,
          id: `plugin-${pluginID}-${one.name}`,
          heading: one.display_name || one.name,
          subHeading: one.description || undefined,
        };
        const onChange = (value) => savePluginSettings(pluginID, { ...values, [one.name]: value });
        const value = values[one.name];
        if (one.type === "BOOLEAN") return h(BooleanSetting, { ...given, checked: value || false, onChange });
        return h(one.type === "NUMBER" ? NumberSetting : StringSetting, {
          ...given,
          value: value === undefined ? (one.type === "NUMBER" ? 0 : "") : value,
          onChange,
        });
      }),
    );
  });

  // As in Stash, only the chosen tab is there at all.
  function Settings() {
    const tab = new URLSearchParams(useLocation().search).get("tab");
    const [plugins, setPlugins] = React.useState([]);
    React.useEffect(() => {
      graphql("query { plugins { id name settings { name display_name description type } } }").then((found) =>
        setPlugins(found.plugins || []),
      );
    }, []);
    return h(
      SettingsProvider,
      null,
      h(
        "div",
        { className: "container" },
        tab === "tools" && [
          h(ToolsSection, { key: 1 }, h("div", { className: "setting" }, "Playground")),
          h(ToolsSection, { key: 2 }, h("div", { className: "setting" }, "Filename parser")),
        ],
        tab === "plugins" &&
          plugins.map((one) =>
            h(
              "section",
              { key: one.id, className: "setting-group" },
              h("h2", null, one.name),
              h(
                "div",
                { className: "collapsible-section" },
                h(PluginSettings, { pluginID: one.id, settings: one.settings || [] }),
              ),
            ),
          ),
      ),
    );
  }

  function Scene() {
    const { id } = useParams();
    const [scene, setScene] = React.useState(null);
    const [tab, setTab] = React.useState("scene-details-panel");
    React.useEffect(() => {
      graphql("query($id: ID!) { findScene(id: $id) { id title details } }", { id }).then((found) =>
        setScene(found.findScene),
      );
    }, [id]);
    return (
      scene &&
      h(
        "div",
        { className: "scene-tabs" },
        h("h1", null, scene.title),
        h(
          Tab.Container,
          { activeKey: tab, onSelect: setTab },
          h(
            Nav,
            { variant: "tabs" },
            h(
              SceneTabs,
              { scene },
              h(Nav.Item, null, h(Nav.Link, { eventKey: "scene-details-panel" }, "Details")),
            ),
          ),
          h(
            Tab.Content,
            null,
            h(SceneContent, { scene }, h(Tab.Pane, { eventKey: "scene-details-panel" }, scene.details)),
          ),
        ),
      )
    );
  }

  // A card of a scene: each part is a component that plugins may patch, given the props of the card.
  const CardImage = component("SceneCard.Image", ({ scene }) =>
    h(
      "div",
      { className: "scene-card-preview" },
      h("img", { alt: "", loading: "lazy", src: scene.paths.screenshot }),
    ),
  );
  const CardOverlays = component("SceneCard.Overlays", ({ scene }) =>
    scene.studio ? h("div", { className: "studio-overlay" }, scene.studio.name) : h(React.Fragment),
  );
  const CardDetails = component("SceneCard.Details", ({ scene }) =>
    h("div", { className: "scene-card__details" }, scene.date),
  );
  const CardPopovers = component("SceneCard.Popovers", () => h(React.Fragment));
  const SceneCard = component("SceneCard", (props) =>
    h(
      Card,
      { className: "scene-card grid-card" },
      h(
        "div",
        { className: "video-section thumbnail-section" },
        h(Link, { to: `/scenes/${props.scene.id}`, className: "scene-card-link" }, h(CardImage, props)),
        h(CardOverlays, props),
      ),
      h(
        "div",
        { className: "card-section" },
        h(Link, { to: `/scenes/${props.scene.id}` }, h("h5", null, props.scene.title)),
        h(CardDetails, props),
      ),
      h(CardPopovers, props),
    ),
  );

  function Scenes() {
    const [scenes, setScenes] = React.useState([]);
    React.useEffect(() => {
      graphql(`
        query {
          findScenes(filter: { per_page: 40, sort: "id" }) {
            scenes {
              id
              title
              date
              paths {
                screenshot
              }
              studio {
                id
                name
              }
            }
          }
        }
      `).then((found) => setScenes(found.findScenes.scenes));
    }, []);
    return h(
      "div",
      null,
      h("h1", null, "Scenes"),
      h(
        "div",
        { className: "row justify-content-center" },
        scenes.map((scene, index) => h(SceneCard, { key: scene.id, scene, index })),
      ),
    );
  }

  // As react-intl's: everything that is shown is below its provider, and knows the language of Stash.
  const IntlContext = React.createContext(null);
  function useIntl() {
    const found = React.useContext(IntlContext);
    if (!found) throw new Error("[React Intl] Could not find required `intl` object.");
    return found;
  }

  const Home = () => h("h1", null, "Stash in a box");

  function App({ locale }) {
    return h(
      IntlContext.Provider,
      { value: { locale } },
      h(
        BrowserRouter,
        { basename: base.replace(/\/$/, "") },
        h(Bar),
        h(
          "div",
          { className: "main container-fluid" },
          h(
            Switch,
            null,
            h(Route, { exact: true, path: "/", component: Home }),
            h(Route, { exact: true, path: "/scenes", component: Scenes }),
            h(Route, { path: "/scenes/:id", component: Scene }),
            h(Route, { path: "/settings", component: Settings }),
            h(PluginRoutes),
          ),
        ),
      ),
    );
  }

  window.PluginApi = {
    React,
    ReactDOM,
    GQL: {},
    libraries: {
      ReactRouterDOM,
      Bootstrap: ReactBootstrap,
      Intl: { useIntl },
      FontAwesomeSolid: window["free-solid-svg-icons"],
      ReactFontAwesome: window["react-fontawesome"],
    },
    register: {
      route: (path, shown) =>
        add("before")("PluginRoutes", (props) => [
          { children: h(React.Fragment, null, props.children, h(Route, { path, component: shown })) },
        ]),
      component: (name, shown) => {
        components[name] = shown;
        return shown;
      },
    },
    components,
    loadableComponents: {},
    utils: {},
    Event: new EventTarget(),
    hooks: { useSettings, useToast: () => ({ toast() {}, success() {}, error() {} }) },
    patch: { before: add("before"), instead: add("instead"), after: add("after") },
  };

  // -- the page is shown when the scripts of all plugins are loaded, or failed to

  const load = (url) =>
    new Promise((done) => {
      const script = Object.assign(document.createElement("script"), {
        src: base + url.replace(/^\//, ""),
        async: false,
      });
      script.onload = script.onerror = done;
      document.head.appendChild(script);
    });
  graphql(`
    query {
      configuration {
        interface {
          language
        }
      }
      plugins {
        id
        enabled
        paths {
          javascript
          css
        }
      }
    }
  `).then(async ({ configuration, plugins }) => {
    const enabled = (plugins || []).filter((one) => one.enabled);
    for (const url of enabled.flatMap((one) => one.paths.css || [])) {
      document.head.appendChild(
        Object.assign(document.createElement("link"), {
          rel: "stylesheet",
          href: base + url.replace(/^\//, ""),
        }),
      );
    }
    await Promise.all(enabled.flatMap((one) => one.paths.javascript || []).map(load));
    const locale = configuration.interface.language;
    ReactDOM.render(h(App, { locale }), document.getElementById("root"));
  });
})();
