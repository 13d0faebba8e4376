"""The typed GraphQL schema for one Stash version; parses and validates a query once per text."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLScalarType,
    GraphQLSchema,
    OperationDefinitionNode,
    build_schema,
    parse,
    validate,
)
from graphql.utilities import value_from_ast_untyped

SDL = Path(__file__).with_name("schema.graphql")
SINCE = "# since "
# A name that is as good as any other before that version.
DEPRECATED = re.compile(r"@deprecated\(.*\) # deprecated since ([\d.]+)")


def version_tuple(version: str | None) -> tuple[int, ...]:
    """ "v0.31.1" -> (0, 31, 1); an unofficial build counts as the newest."""
    if not version:
        return (99,)
    return tuple(int(part) for part in version.lstrip("v").split("-")[0].split("."))


def sdl(version: str | None) -> str:
    have = version_tuple(version)
    kept = []
    for line in SDL.read_text(encoding="utf-8").splitlines():
        _, mark, since = line.partition(SINCE)
        if not mark or have >= version_tuple(since.strip()):
            old = DEPRECATED.search(line)
            is_good_yet = old and have < version_tuple(old[1])
            kept.append(DEPRECATED.sub("", line) if is_good_yet else line)
    return "\n".join(kept)


def _map(value: Any) -> dict:
    if isinstance(value, str):
        value = json.loads(value)  # Stash also takes a map that was encoded as a JSON string
    if not isinstance(value, dict):
        raise GraphQLError(f"{value!r} is not a map")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise GraphQLError(f"{value!r} is not a string")
    return value


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise GraphQLError(f"{value!r} is not an integer")
    return value


def _identity(value: Any) -> Any:
    return value


PARSERS = {
    "Map": _map,
    "BoolMap": _map,
    "PluginConfigMap": _map,
    "Time": _text,
    "Timestamp": _text,
    "Int64": _whole,
    "Any": _identity,
    "Upload": _identity,
}


def _teach(scalar: Any, parser: Any) -> None:
    """Give a scalar its input rules: the same for a variable and for a literal."""
    scalar.parse_value = parser
    if hasattr(scalar, "coerce_input_value"):  # the name since graphql-core 3.3
        scalar.coerce_input_value = parser
    scalar.parse_literal = lambda node, variables=None: parser(
        value_from_ast_untyped(node, variables)
    )


@dataclass
class Parsed:
    """One query text, checked against the schema. `errors` is empty for a valid one."""

    document: DocumentNode | None
    errors: list[dict]
    operations: dict[str | None, OperationDefinitionNode] = field(default_factory=dict)
    fragments: dict[str, Any] = field(default_factory=dict)


class Schema:
    def __init__(self, version: str | None) -> None:
        self.graphql: GraphQLSchema = build_schema(sdl(version))
        for name, parser in PARSERS.items():
            scalar = self.graphql.type_map[name]
            assert isinstance(scalar, GraphQLScalarType)
            _teach(scalar, parser)
        self._seen: dict[str, Parsed] = {}

    def parsed(self, query: str) -> Parsed:
        found = self._seen.get(query)
        if found is None:
            found = self._parse(query)
            if len(self._seen) > 1000:
                self._seen.clear()
            self._seen[query] = found
        return found

    def _parse(self, query: str) -> Parsed:
        try:
            document = parse(query)
        except GraphQLError as error:
            return Parsed(None, [_failed(error, "GRAPHQL_PARSE_FAILED")])
        errors = validate(self.graphql, document)
        if errors:
            return Parsed(document, [_failed(e, "GRAPHQL_VALIDATION_FAILED") for e in errors])
        parsed = Parsed(document, [])
        for node in document.definitions:
            name = node.name.value if node.name else None  # type: ignore[attr-defined]
            if isinstance(node, OperationDefinitionNode):
                parsed.operations[name] = node
            else:
                parsed.fragments[str(name)] = node
        return parsed


def _failed(error: GraphQLError, code: str) -> dict:
    row: dict[str, Any] = {"message": error.message, "extensions": {"code": code}}
    if error.locations:
        row["locations"] = [{"line": at.line, "column": at.column} for at in error.locations]
    return row


@lru_cache(maxsize=8)
def schema_for(version: str | None) -> Schema:
    return Schema(version)
