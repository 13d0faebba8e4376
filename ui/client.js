// All requests to Stash: GraphQL, our operations and our tasks. A failure is an Error with a sentence.
"use strict";
(() => {
  const S = window.Stash2Plex;
  const { ID, text } = S;

  async function post(body, signal) {
    try {
      // The address is relative to <base href>, because Stash may live below a path.
      return await fetch(new URL("graphql", document.baseURI), {
        method: "POST",
        credentials: "same-origin",
        signal,
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(body),
      });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new Error(text("stash.noAnswer"));
    }
  }

  async function graphql(query, variables, signal) {
    const response = await post({ query, variables }, signal);
    const { data, errors } = await response.json().catch(() => ({}));
    if (errors && errors.length) throw new Error(errors.map((error) => error.message).join("; "));
    if (!data) throw new Error(text("stash.noData", { status: `${response.status}` }));
    return data;
  }

  const OPERATION = `mutation Stash2PlexOperation($id: ID!, $args: Map!) {
    runPluginOperation(plugin_id: $id, args: $args)
  }`;
  const isGiven = ([, value]) => value !== undefined && value !== null && value !== "";
  // Arguments without a value are left out.
  async function operation(mode, args, signal) {
    const given = { mode, ...Object.fromEntries(Object.entries(args || {}).filter(isGiven)) };
    return (await graphql(OPERATION, { id: ID, args: given }, signal)).runPluginOperation;
  }

  // -- tasks

  const TASK = `mutation Stash2PlexTask($id: ID!, $description: String, $args: Map!) {
    runPluginTask(plugin_id: $id, description: $description, args_map: $args)
  }`;
  // Starts a job of Stash, which can be watched and stopped, and outlives this tab. Returns its id.
  async function startTask(mode, args, task) {
    const description = text("task.inStash", { task });
    const input = { id: ID, description, args: { mode, as_task: true, ...args } };
    return (await graphql(TASK, input)).runPluginTask;
  }

  const JOB = `query Stash2PlexJob($id: ID!) {
    findJob(input: { id: $id }) { id status progress startTime error }
  }`;
  // Stash forgets a job soon after its end.
  const job = async (id, signal) =>
    (await graphql(JOB, { id }, signal)).findJob || { id, status: "FINISHED" };

  // Stash calls each job of a plugin finished, even if it failed. The plugin keeps a note of a failure.
  async function problemOf(mode, job) {
    if (!job || job.status !== "FINISHED") return (job && job.error) || "";
    const { failure } = await operation("status", { of: mode });
    const since = job.startTime ? Math.floor(Date.parse(job.startTime) / 1000) : Infinity;
    return failure && failure.at >= since ? failure.said : "";
  }

  const STOP = "mutation Stash2PlexStop($id: ID!) { stopJob(job_id: $id) }";
  const stopJob = (id) => graphql(STOP, { id });

  const JOBS = `query Stash2PlexJobs {
    jobQueue { id status description }
    plugins { id tasks { name } }
  }`;
  // The id of the task of ours that runs in Stash, whoever has started it; null if there is none.
  async function runningJob(signal) {
    const { jobQueue, plugins } = await graphql(JOBS, {}, signal);
    const { tasks } = (plugins || []).find((plugin) => plugin.id === ID) || {};
    const names = new Set((tasks || []).map((task) => task.name));
    // Stash puts words of its own before the name of the task.
    const nameOf = ({ description }) => description.slice(description.indexOf(": ") + 2);
    const isOurs = (job) => names.has(nameOf(job)) || nameOf(job).startsWith(`${ID}: `);
    const ours = (jobQueue || []).find((job) => job.status === "RUNNING" && isOurs(job));
    return ours ? ours.id : null;
  }

  // -- scenes

  const knownTitles = new Map();
  const titleOf = (scene) => scene.title || (scene.files[0] ? scene.files[0].path.split(/[\\/]/).pop() : "");

  async function loadTitles(ids, signal) {
    // One `findScene` for each id, because `findScenes(ids)` returns nothing at all if one of them is gone.
    const parts = ids.map((id) => `s${id}: findScene(id: "${id}") { title files { path } }`);
    const scenes = await graphql(`query Stash2PlexTitles { ${parts.join(" ")} }`, {}, signal);
    for (const id of ids) if (scenes[`s${id}`]) knownTitles.set(id, titleOf(scenes[`s${id}`]));
  }

  // Returns id -> title, or the name of the file if there is no title. Scenes that are gone have none.
  async function titles(ids, signal) {
    const missing = [...new Set(ids)].filter((id) => id > 0 && !knownTitles.has(id));
    if (missing.length) await loadTitles(missing, signal);
    return new Map(ids.map((id) => [id, knownTitles.get(id)]));
  }

  // The orders in which Stash lists scenes; the newest scene has the highest id.
  const ORDERS = {
    newest: ["id", "DESC"],
    oldest: ["id", "ASC"],
    title: ["title", "ASC"],
    changed: ["updated_at", "DESC"],
    date: ["date", "DESC"],
  };
  const WITH_TITLE = "id title files { path }";
  const scenesQuery = (fields) => `query Stash2PlexPage($filter: FindFilterType!) {
    findScenes(filter: $filter) { count scenes { ${fields} } }
  }`;

  async function findScenes(fields, { q, order, page, size }, signal) {
    const [sort, direction] = ORDERS[order] || ORDERS.newest;
    const filter = { q, page, per_page: size, sort, direction };
    return (await graphql(scenesQuery(fields), { filter }, signal)).findScenes;
  }

  // A page of the scenes that have the words `q`: { count, scenes: [{ id, title }] }.
  async function scenePage(which, signal) {
    const { count, scenes } = await findScenes(WITH_TITLE, which, signal);
    const rows = scenes.map((scene) => ({ id: Number(scene.id), title: titleOf(scene) }));
    for (const { id, title } of rows) knownTitles.set(id, title);
    return { count, scenes: rows };
  }

  // The same, with ids alone: { count, ids }.
  async function sceneIds(which, signal) {
    const { count, scenes } = await findScenes("id", which, signal);
    return { count, ids: scenes.map((scene) => Number(scene.id)) };
  }

  const COUNT = "query Stash2PlexCount { findScenes(filter: { per_page: 1 }) { count } }";
  const sceneCount = async (signal) => (await graphql(COUNT, {}, signal)).findScenes.count;

  // -- settings

  // Stash is never asked for the settings, because it would send the token to the browser.
  const settings = async (signal) => (await operation("settings", {}, signal)).settings;

  // The plugin reads the other settings and keeps them.
  const configure = (changed) => operation("save_settings", { settings: changed });

  const TEXTS = "query Stash2PlexTexts { plugins { id settings { name display_name description } } }";
  // Returns key -> { name, description }, as Stash shows them for the setting.
  async function settingTexts(signal) {
    const { plugins } = await graphql(TEXTS, {}, signal);
    const ours = (plugins || []).find((plugin) => plugin.id === ID);
    const textsOf = ({ name, display_name: shown, description }) => ({ name: shown || name, description });
    return new Map(((ours && ours.settings) || []).map((row) => [row.name, textsOf(row)]));
  }

  const TAGS = `query Stash2PlexTags($typed: String!) {
    findTags(filter: { q: $typed, per_page: 10, sort: "name" }) { tags { name } }
  }`;
  // Names of tags that contain the text. In a list a semicolon separates names, so * takes its place.
  async function tagNames(typed, signal) {
    const { tags } = (await graphql(TAGS, { typed }, signal)).findTags;
    return tags.map(({ name }) => name.replace(/;/g, "*"));
  }

  const FOLDERS = "query Stash2PlexFolders { configuration { general { stashes { path } } } }";
  // The folders of Stash's library that contain the text.
  async function folders(typed, signal) {
    const { stashes } = (await graphql(FOLDERS, {}, signal)).configuration.general;
    return stashes.map(({ path }) => path).filter((path) => path.includes(typed));
  }

  // Asks both servers. Returns what they answer; a problem is the Error.
  async function testConnection() {
    const { stash, plex, healthy } = await operation("health_check");
    const problems = [stash, plex].map((server) => server && server.problem).filter(Boolean);
    if (problems.length) throw new Error(problems.join("; "));
    const versions = { stash: stash.version, plex: plex.version };
    if (!healthy) throw new Error(text("servers.unhealthy", versions));
    return text("servers.answer", versions);
  }

  Object.assign(S, { operation, startTask, job, problemOf, stopJob, runningJob });
  Object.assign(S, { ORDERS, titles, scenePage, sceneIds, sceneCount });
  Object.assign(S, { settings, configure, settingTexts, tagNames, folders, testConnection });
})();
