"""What a person does in Stash's UI, as one call each: GraphQL over real HTTP, hooks included."""

from __future__ import annotations

import http.client
import json
from typing import Any

TITLE = {"performer": "Performer", "studio": "Studio", "tag": "Tag", "group": "Group"}


class StashError(Exception):
    """The answer had `errors`, or was no answer of GraphQL at all."""

    def __init__(self, message: str, status: int, body: Any = None) -> None:
        super().__init__(message)
        self.status = status
        self.body = body


class Client:
    """Mixed into the Stash of a box. Every mutation waits for its hooks, as the UI does."""

    name = "127.0.0.1"  # of its machine
    port: int
    timeout = 120.0

    def credentials(self) -> dict[str, str]:
        """The headers that say who asks."""
        raise NotImplementedError

    def post(
        self, body: Any, headers: dict[str, str] | None = None, path: str = "/graphql"
    ) -> tuple[int, Any]:
        """(status, decoded answer) of one POST with the UI's own session."""
        connection = http.client.HTTPConnection(self.name, self.port, timeout=self.timeout)
        sent = {"Content-Type": "application/json", **self.credentials(), **(headers or {})}
        try:
            raw = body if isinstance(body, bytes) else json.dumps(body).encode()
            connection.request("POST", path, raw, sent)
            answer = connection.getresponse()
            data = answer.read()
        finally:
            connection.close()
        try:
            return answer.status, json.loads(data)
        except ValueError:
            return answer.status, data

    def gql(self, query: str, variables: dict | None = None) -> dict:
        """The `data` of an answer; StashError when there are `errors`."""
        status, answer = self.post({"query": query, "variables": variables or {}})
        if not isinstance(answer, dict):
            raise StashError(f"HTTP {status}: {answer!r}", status, answer)
        if answer.get("errors"):
            raise StashError(answer["errors"][0]["message"], status, answer)
        return answer["data"]

    def _mutate(self, name: str, type_: str, value: Any, selection: str = "{ id }") -> Any:
        query = f"mutation($input: {type_}) {{ {name}(input: $input) {selection} }}"
        return self.gql(query, {"input": value})[name]

    # -- edits -----------------------------------------------------------------------------

    def enable(self, plugin_id: str, enabled: bool) -> None:
        query = "mutation($map: BoolMap!) { setPluginsEnabled(enabledMap: $map) }"
        self.gql(query, {"map": {plugin_id: enabled}})

    def update_scene(self, id_: int, **fields: Any) -> None:
        self._mutate("sceneUpdate", "SceneUpdateInput!", {"id": str(id_), **fields})

    def bulk_update(self, ids: list[int], **fields: Any) -> None:
        """Relations as {"ids": [...], "mode": "SET" | "ADD" | "REMOVE"}."""
        given = {"ids": [str(i) for i in ids], **fields}
        self._mutate("bulkSceneUpdate", "BulkSceneUpdateInput!", given)

    def scenes_update(self, inputs: list[dict]) -> None:
        given = [{**one, "id": str(one["id"])} for one in inputs]
        self._mutate("scenesUpdate", "[SceneUpdateInput!]!", given)

    def create_scene(self, **fields: Any) -> int:
        return int(self._mutate("sceneCreate", "SceneCreateInput!", fields)["id"])

    def destroy_scene(self, id_: int, **options: bool) -> None:
        self._mutate("sceneDestroy", "SceneDestroyInput!", {"id": str(id_), **options}, "")

    def merge_scenes(self, sources: list[int], destination: int, **values: Any) -> None:
        given: dict[str, Any] = {
            "source": [str(i) for i in sources],
            "destination": str(destination),
        }
        if values:
            given["values"] = {"id": str(destination), **values}
        self._mutate("sceneMerge", "SceneMergeInput!", given)

    def update(self, kind: str, id_: int, **fields: Any) -> None:
        given = {"id": str(id_), **fields}
        self._mutate(f"{kind}Update", f"{TITLE[kind]}UpdateInput!", given)

    def rename(self, kind: str, id_: int, name: str) -> None:
        self.update(kind, id_, name=name)

    def destroy(self, kind: str, id_: int) -> None:
        if kind == "scene":
            self.destroy_scene(id_)
        else:
            self._mutate(f"{kind}Destroy", f"{TITLE[kind]}DestroyInput!", {"id": str(id_)}, "")

    def merge_tags(self, sources: list[int], destination: int) -> None:
        given = {"source": [str(i) for i in sources], "destination": str(destination)}
        self._mutate("tagsMerge", "TagsMergeInput!", given)

    def merge_performers(self, sources: list[int], destination: int) -> None:
        given = {"source": [str(i) for i in sources], "destination": str(destination)}
        self._mutate("performerMerge", "PerformerMergeInput!", given)

    def generate_screenshot(self, id_: int) -> None:
        self.gql("mutation($id: ID!) { sceneGenerateScreenshot(id: $id) }", {"id": str(id_)})

    # -- plugins ---------------------------------------------------------------------------

    def configure(self, plugin_id: str, **settings: Any) -> dict:
        """The whole map is replaced."""
        query = "mutation($id: ID!, $m: Map!) { configurePlugin(plugin_id: $id, input: $m) }"
        return self.gql(query, {"id": plugin_id, "m": settings})["configurePlugin"]

    def set_language(self, language: str) -> None:
        """Of Stash's own interface, as `de-DE`."""
        self._mutate(
            "configureInterface", "ConfigInterfaceInput!", {"language": language}, "{ language }"
        )

    def settings(self, plugin_id: str) -> dict:
        query = "query($id: [ID!]) { configuration { plugins(include: $id) } }"
        return self.gql(query, {"id": [plugin_id]})["configuration"]["plugins"].get(plugin_id, {})

    def run_task(
        self, plugin_id: str, task_name: str | None = None, args: dict | None = None
    ) -> str:
        query = (
            "mutation($id: ID!, $task: String, $args: Map)"
            " { runPluginTask(plugin_id: $id, task_name: $task, args_map: $args) }"
        )
        variables = {"id": plugin_id, "task": task_name, "args": args}
        return self.gql(query, variables)["runPluginTask"]

    def operation(self, plugin_id: str, args: dict | None = None) -> Any:
        query = "mutation($id: ID!, $args: Map) { runPluginOperation(plugin_id: $id, args: $args) }"
        return self.gql(query, {"id": plugin_id, "args": args})["runPluginOperation"]

    # -- jobs ------------------------------------------------------------------------------

    def job(self, id_: str | int) -> dict | None:
        query = (
            "query($id: ID!) { findJob(input: {id: $id})"
            " { id status description progress startTime endTime addTime error } }"
        )
        return self.gql(query, {"id": str(id_)})["findJob"]

    def stop_job(self, id_: str | int) -> None:
        self.gql("mutation($id: ID!) { stopJob(job_id: $id) }", {"id": str(id_)})

    def start_scan(self, paths: list[str] | None = None, **options: bool) -> str:
        query = "mutation($input: ScanMetadataInput!) { metadataScan(input: $input) }"
        return self.gql(query, {"input": {"paths": paths, **options}})["metadataScan"]

    def start_clean(self, paths: list[str] | None = None) -> str:
        query = "mutation($input: CleanMetadataInput!) { metadataClean(input: $input) }"
        return self.gql(query, {"input": {"paths": paths, "dryRun": False}})["metadataClean"]

    def start_auto_tag(self, **kinds: list[str]) -> str:
        query = "mutation($input: AutoTagMetadataInput!) { metadataAutoTag(input: $input) }"
        return self.gql(query, {"input": kinds})["metadataAutoTag"]

    def start_identify(self, ids: list[int]) -> str:
        query = "mutation($input: IdentifyMetadataInput!) { metadataIdentify(input: $input) }"
        given = {"sources": [], "sceneIDs": [str(i) for i in ids]}
        return self.gql(query, {"input": given})["metadataIdentify"]
