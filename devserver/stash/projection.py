"""Turns a validated selection into plain dicts, without graphql-core's slow general executor."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    InlineFragmentNode,
    get_directive_values,
    get_named_type,
    is_leaf_type,
)
from graphql.execution.values import get_argument_values
from graphql.type import GraphQLIncludeDirective, GraphQLSkipDirective

Getter = Callable[[Any], Any]
# Concrete type of every interface in the schema: all files here are videos.
CONCRETE = {"BaseFile": "VideoFile"}


class Projection:
    """Compiles selections for one request. `getters[type][field](args)` gives a function of a row;
    a field without an entry is the attribute of the same name, already in JSON form."""

    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: dict,
        variables: Any,
        getters: dict[str, dict[str, Callable[[dict], Getter]]],
    ) -> None:
        self.schema = schema
        self.fragments = fragments
        self.variables = variables
        self.getters = getters

    def wanted(self, node: Any) -> bool:
        skip = get_directive_values(GraphQLSkipDirective, node, self.variables)
        include = get_directive_values(GraphQLIncludeDirective, node, self.variables)
        return not (skip and skip["if"]) and not (include and not include["if"])

    def fields(self, type_: Any, selections: Any) -> dict[str, list[FieldNode]]:
        """Response key -> its field nodes (several when a query names a field twice)."""
        found: dict[str, list[FieldNode]] = {}
        self._collect(type_, selections, found)
        return found

    def _collect(self, type_: Any, selections: Any, found: dict[str, list[FieldNode]]) -> None:
        for node in selections:
            if node.directives and not self.wanted(node):
                continue
            if isinstance(node, FieldNode):
                key = node.alias.value if node.alias else node.name.value
                found.setdefault(key, []).append(node)
            elif isinstance(node, InlineFragmentNode):
                if node.type_condition is None or self._applies(type_, node.type_condition):
                    self._collect(type_, node.selection_set.selections, found)
            elif isinstance(node, FragmentSpreadNode):
                fragment = self.fragments[node.name.value]
                if self._applies(type_, fragment.type_condition):
                    self._collect(type_, fragment.selection_set.selections, found)

    def _applies(self, type_: Any, condition: Any) -> bool:
        other = self.schema.type_map[condition.name.value]
        if other is type_:
            return True
        if isinstance(other, (GraphQLInterfaceType, GraphQLUnionType)):
            return self.schema.is_sub_type(other, type_)
        return False

    def of_type(self, output_type: Any, nodes: list[FieldNode]) -> Getter:
        """A function from a resolver's value (row, list of rows or leaf) to JSON."""
        named = get_named_type(output_type)
        if is_leaf_type(named):
            return _leaf(named.name)
        concrete = self.schema.type_map[CONCRETE.get(named.name, named.name)]
        assert isinstance(concrete, GraphQLObjectType)
        selections = [s for node in nodes for s in node.selection_set.selections]  # type: ignore[union-attr]
        return _rows(self._row(concrete, selections))

    def _row(self, type_: GraphQLObjectType, selections: list) -> Getter:
        plan = [
            (key, self._field(type_, nodes))
            for key, nodes in self.fields(type_, selections).items()
        ]
        return lambda row: {key: get(row) for key, get in plan}

    def _field(self, type_: GraphQLObjectType, nodes: list[FieldNode]) -> Getter:
        name = nodes[0].name.value
        if name == "__typename":
            return lambda row: type_.name
        definition = type_.fields[name]
        special = self.getters.get(type_.name, {}).get(name)
        if special is None:
            get: Getter = attrgetter(name)
        else:
            get = special(get_argument_values(definition, nodes[0], self.variables))
        named = get_named_type(definition.type)
        if is_leaf_type(named) and named.name != "ID":
            return get
        convert = self.of_type(definition.type, nodes)
        return lambda row: convert(get(row))


def _leaf(name: str) -> Getter:
    if name != "ID":
        return lambda value: value
    return _id


def _id(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [str(one) for one in value]
    return None if value is None else str(value)


def _rows(project: Getter) -> Getter:
    def rows(value: Any) -> Any:
        if value is None:
            return None
        if isinstance(value, (list, tuple)):
            return [None if row is None else project(row) for row in value]
        return project(value)

    return rows
