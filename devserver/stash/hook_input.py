"""The `input` of a hook: Go writes the whole struct, so absent fields appear as null."""

from __future__ import annotations

from typing import Any

from graphql import GraphQLInputObjectType, GraphQLList, GraphQLNonNull, GraphQLSchema


def full(schema: GraphQLSchema, type_name: str, given: Any) -> Any:
    """A coerced input value with every field of its type."""
    return _filled(schema.type_map[type_name], given)


def _filled(type_: Any, given: Any) -> Any:
    if isinstance(type_, GraphQLNonNull):
        return _filled(type_.of_type, given)
    if given is None:
        return None
    if isinstance(type_, GraphQLList):
        return [_filled(type_.of_type, one) for one in given]
    if isinstance(type_, GraphQLInputObjectType):
        return {name: _filled(f.type, given.get(name)) for name, f in type_.fields.items()}
    return given
