// What is asked of Stash: its GraphQL, our operations and tasks. Errors are sentences.
"use strict";
(() => {
  const { ID } = window.Stash2Plex;

  async function graphql(query, variables, signal) {
    let answer;
    try {
      // Relative to <base href>: Stash may live below a path.
      answer = await fetch(new URL("graphql", document.baseURI), {
        method: "POST",
        credentials: "same-origin",
        signal,
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ query, variables }),
      });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new Error("Stash does not answer");
    }
    const found = await answer.json().catch(() => ({}));
    if (found.errors && found.errors.length)
      throw new Error(found.errors.map((one) => one.message).join("; "));
    if (!found.data) throw new Error(`Stash answered ${answer.status}`);
    return found.data;
  }

  const OPERATION =
    "mutation Stash2PlexOperation($id: ID!, $args: Map!) { runPluginOperation(plugin_id: $id, args: $args) }";
  async function operation(mode, args, signal) {
    const given = { mode };
    for (const [name, value] of Object.entries(args || {}))
      if (value !== undefined && value !== null && value !== "") given[name] = value;
    return (await graphql(OPERATION, { id: ID, args: given }, signal)).runPluginOperation;
  }

  const TASK =
    "mutation Stash2PlexTask($id: ID!, $said: String, $args: Map!) { runPluginTask(plugin_id: $id, description: $said, args_map: $args) }";
  // A job of Stash: it can be watched and stopped, and outlives this tab. Gives its id.
  async function task(mode, args, description) {
    const said = `Stash2Plex: ${description}`;
    return (await graphql(TASK, { id: ID, said, args: { mode, as_task: true, ...args } })).runPluginTask;
  }

  const JOB =
    "query Stash2PlexJob($id: ID!) { findJob(input: { id: $id }) { id status progress startTime error } }";
  // Stash forgets a job soon after its end.
  const job = async (id, signal) =>
    (await graphql(JOB, { id }, signal)).findJob || { id, status: "FINISHED" };
  // Stash calls a task of a plugin finished whatever came of it; ours leave a note.
  async function problemOf(mode, job) {
    if (!job || job.status !== "FINISHED") return (job && job.error) || "";
    const { failure } = await operation("status", { of: mode });
    const since = job.startTime ? Math.floor(Date.parse(job.startTime) / 1000) : Infinity;
    return failure && failure.at >= since ? failure.said : "";
  }
  const stop = (id) => graphql("mutation Stash2PlexStop($id: ID!) { stopJob(job_id: $id) }", { id });

  const known = new Map();
  const nameOf = (one) => one.title || (one.files[0] ? one.files[0].path.split(/[\\/]/).pop() : "");
  // id -> title, or the name of the file; what Stash no longer has is left out. Each is asked for by
  // itself, in one query: `findScenes(ids)` gives none of them when one is gone.
  async function titles(ids, signal) {
    const asked = [...new Set(ids)].filter((id) => id > 0 && !known.has(id));
    if (asked.length) {
      const parts = asked.map((id) => `s${id}: findScene(id: "${id}") { title files { path } }`);
      const found = await graphql(`query Stash2PlexTitles { ${parts.join(" ")} }`, {}, signal);
      for (const id of asked) if (found[`s${id}`]) known.set(id, nameOf(found[`s${id}`]));
    }
    return new Map(ids.map((id) => [id, known.get(id)]));
  }

  const SIZE = 200;
  const PAGE =
    'query Stash2PlexPage($page: Int!, $size: Int!) { findScenes(filter: { page: $page, per_page: $size, sort: "id", direction: DESC }) { count scenes { id title files { path } } } }';
  // A page of all scenes, the newest first: { count, size, scenes: [{ id, title }] }.
  async function scenePage(page, signal) {
    const { count, scenes } = (await graphql(PAGE, { page, size: SIZE }, signal)).findScenes;
    return { count, size: SIZE, scenes: scenes.map((one) => ({ id: Number(one.id), title: nameOf(one) })) };
  }

  async function sceneCount(signal) {
    return (
      await graphql("query Stash2PlexCount { findScenes(filter: { per_page: 1 }) { count } }", {}, signal)
    ).findScenes.count;
  }

  // The settings that the user has made; those of other plugins are left as they are.
  async function settings() {
    const found = await graphql(
      "query Stash2PlexSettings($ids: [ID!]) { configuration { plugins(include: $ids) } }",
      { ids: [ID] },
    );
    return (found.configuration.plugins || {})[ID] || {};
  }
  const CONFIGURE =
    "mutation Stash2PlexConfigure($id: ID!, $input: Map!) { configurePlugin(plugin_id: $id, input: $input) }";
  // Stash replaces the whole map of a plugin, so what is there is read first.
  async function configure(changed) {
    return graphql(CONFIGURE, { id: ID, input: { ...(await settings()), ...changed } });
  }

  // Both servers are asked at once; what is wrong is the error.
  async function tested() {
    const { stash, plex, healthy } = await operation("health_check");
    const wrong = [stash, plex].map((one) => one && one.problem).filter(Boolean);
    if (wrong.length) throw new Error(wrong.join("; "));
    const answer = `Stash ${stash.version} and Plex ${plex.version} answer`;
    if (!healthy) throw new Error(`${answer}, but not all is as it should be: see Setup`);
    return answer;
  }

  Object.assign(window.Stash2Plex, {
    operation,
    task,
    job,
    problemOf,
    stop,
    titles,
    scenePage,
    sceneCount,
    settings,
    configure,
    tested,
  });
})();
