"""Executes one GraphQL request against a library: check, resolve, project, with Stash's errors."""

from __future__ import annotations

import traceback
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLNonNull,
    OperationDefinitionNode,
    SelectionSetNode,
    execute_sync,
)
from graphql.execution.values import get_argument_values, get_variable_values

from . import mutations, system
from .changes import Refused
from .context import Cancelled, Context
from .criteria import BadFilter
from .library import Library
from .output import getters
from .projection import Projection

REJECTED = 422
QUERY = dict(system.QUERIES)
MUTATION = {**mutations.RESOLVERS, **system.MUTATIONS}


def rejected(message: str, code: str = "GRAPHQL_VALIDATION_FAILED") -> tuple[int, dict]:
    error = {"message": message, "extensions": {"code": code}}
    return REJECTED, {"errors": [error], "data": None}


def execute(library: Library, context: Context, body: dict) -> tuple[int, dict]:
    """(HTTP status, response). A query that does not fit the schema runs no part of itself."""
    query = body.get("query")
    if not isinstance(query, str) or not query:
        return rejected("no operation provided", "GRAPHQL_VALIDATION_FAILED")
    parsed = library.compiled.parsed(query)
    if parsed.errors:
        return REJECTED, {"errors": parsed.errors, "data": None}
    operation = _chosen(parsed.operations, body.get("operationName"))
    if operation is None:
        return rejected(f"operation {body.get('operationName') or ''} not found")
    definitions = operation.variable_definitions or ()
    got = get_variable_values(library.schema, definitions, body.get("variables") or {})
    if isinstance(got, list):
        return rejected(got[0].message)
    return 200, _run(library, context, operation, parsed, got, body.get("variables") or {})


def _chosen(operations: dict, name: str | None) -> OperationDefinitionNode | None:
    if name:
        return operations.get(name)
    return next(iter(operations.values())) if len(operations) == 1 else None


def _run(
    library: Library, context: Context, operation: Any, parsed: Any, variables: Any, raw: dict
) -> dict:
    projection = Projection(
        library.schema, parsed.fragments, variables, getters(library.store, context.base_url)
    )
    is_mutation = operation.operation.value == "mutation"
    root = library.schema.mutation_type if is_mutation else library.schema.query_type
    resolvers = MUTATION if is_mutation else QUERY
    data: dict[str, Any] = {}
    errors: list[dict] = []
    for key, nodes in projection.fields(root, operation.selection_set.selections).items():
        name = nodes[0].name.value
        if name.startswith("__"):
            data[key] = _introspected(library, operation, parsed, nodes, key, raw)
            continue
        definition = root.fields[name]  # type: ignore[union-attr]
        try:
            args = get_argument_values(definition, nodes[0], variables)
            value = resolvers[name](library, context, args)
            with library.store.lock:
                data[key] = projection.of_type(definition.type, nodes)(value)
        except Exception as error:  # Stash recovers from a panic in a resolver, too
            errors.append({"message": _message(error), "path": [key]})
            library.log.say("error", f"{key}: {error}")
            if isinstance(definition.type, GraphQLNonNull):
                return {"errors": errors, "data": None}
            data[key] = None
    return {"errors": errors, "data": data} if errors else {"data": data}


def _message(error: Exception) -> str:
    if isinstance(error, (Refused, BadFilter, Cancelled, GraphQLError)):
        return str(getattr(error, "message", error))
    traceback.print_exception(type(error), error, error.__traceback__)
    return f"Internal system error. Error <{error!r}>"


def _introspected(
    library: Library, operation: Any, parsed: Any, nodes: list, key: str, raw: dict
) -> Any:
    """__schema and __type go to graphql-core's own executor."""
    only = OperationDefinitionNode(
        operation=operation.operation,
        variable_definitions=operation.variable_definitions,
        selection_set=SelectionSetNode(selections=tuple(nodes)),
        directives=(),
        name=None,
    )
    document = DocumentNode(definitions=(only, *parsed.fragments.values()))
    answer: Any = execute_sync(library.schema, document, variable_values=raw)
    return (answer.data or {}).get(key)
