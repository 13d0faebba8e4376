"""Fills templates such as `{performers} - {title} ({date})`. A placeholder without a value drops
out together with its separator and brackets. Pure.

A separator belongs to the placeholder after it. Text before the first placeholder and after the last
belongs to that placeholder. Brackets drop out if none of the placeholders inside has a value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

PLACEHOLDERS = (
    "title", "performers", "studio", "parent_studio", "director", "date", "year", "code", "group",
    "scene_index",
)  # fmt: skip
_PAIRS = {"(": ")", "[": "]", "“": "”", "«": "»"}
_TOKENS = r"(?s)\{(\w+)\}|."  # compiled only when there is a template


class _Placeholder(NamedTuple):
    name: str


class _Bracket(NamedTuple):
    """Two brackets and the nodes between them."""

    opening: str
    inside: tuple[_Node, ...]
    closing: str


_Node = str | _Placeholder | _Bracket


def checked(template: str) -> str:
    """Returns a valid template. Raises ValueError with the allowed placeholders."""
    names = placeholders(template)
    rest = re.sub(r"\{\w+\}", "", template)
    if not names or set(names) - set(PLACEHOLDERS) or "{" in rest or "}" in rest:
        raise ValueError(f"must hold some of {', '.join(f'{{{name}}}' for name in PLACEHOLDERS)}")
    return template


def placeholders(template: str) -> tuple[str, ...]:
    """Returns the names in braces, in order."""
    return tuple(re.findall(r"\{(\w+)\}", template))


def fill(template: str, values: Mapping[str, str]) -> str:
    """Returns the template with these values, or '' if none of its placeholders has one."""
    text, has_value = _rendered(_parsed(template), values)
    return " ".join(text.split()) if has_value else ""


@lru_cache(maxsize=16)
def _parsed(template: str) -> tuple[_Node, ...]:
    """Returns a tree: brackets contain nodes. A bracket without a partner is ordinary text."""
    open_ones: list[tuple[str, list[_Node]]] = [("", [])]
    for token in re.finditer(_TOKENS, template):
        sign, name = token[0], token[1]
        opened, nodes = open_ones[-1]
        if name:
            nodes.append(_Placeholder(name))
        elif sign in _PAIRS:
            open_ones.append((sign, []))
        elif opened and sign == _PAIRS[opened]:
            open_ones.pop()
            open_ones[-1][1].append(_Bracket(opened, tuple(nodes), sign))
        else:
            nodes.append(sign)
    for opened, nodes in open_ones[1:]:
        open_ones[0][1].extend([opened, *nodes])
    return tuple(open_ones[0][1])


def _rendered(nodes: Sequence[_Node], values: Mapping[str, str]) -> tuple[str, bool]:
    """Returns the text of some nodes, and whether any placeholder among them has a value."""
    text, waiting, has_value, missed = "", "", False, False
    for node in nodes:
        part = node if isinstance(node, str) else _part(node, values)
        if isinstance(node, str) or (part and not _has_placeholder(node)):
            waiting += part
        elif part:
            text += (waiting if has_value or not missed else "") + part
            waiting, has_value, missed = "", True, False
        else:
            waiting, missed = "", True
    return text + ("" if missed else waiting), has_value


def _part(node: _Placeholder | _Bracket, values: Mapping[str, str]) -> str:
    if isinstance(node, _Placeholder):
        return values.get(node.name, "").strip()
    inside, has_value = _rendered(node.inside, values)
    return node.opening + inside + node.closing if has_value or not _has_placeholder(node) else ""


def _has_placeholder(node: _Node) -> bool:
    if isinstance(node, _Bracket):
        return any(_has_placeholder(inner) for inner in node.inside)
    return isinstance(node, _Placeholder)
