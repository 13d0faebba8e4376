"""Texts by template: `{performers} - {title} ({date})`. Parts that are missing drop out, and with
them their separators and brackets. Pure.

A separator belongs to the part behind it; what stands before the first part and after the last one
belongs to those. Brackets around nothing but missing parts go as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

PLACEHOLDERS = (
    "title",
    "performers",
    "studio",
    "parent_studio",
    "director",
    "date",
    "year",
    "code",
    "group",
    "scene_index",
)
_PAIRS = {"(": ")", "[": "]", "“": "”", "«": "»"}
_TOKENS = r"(?s)\{(\w+)\}|."  # compiled for those who have a template


class _Placeholder(NamedTuple):
    name: str


class _Bracket(NamedTuple):
    """What stands between two brackets, with them."""

    opening: str
    inside: tuple[_Node, ...]
    closing: str


_Node = str | _Placeholder | _Bracket


def checked(template: str) -> str:
    """The template, if it can be used; ValueError with what it may hold."""
    names = placeholders(template)
    rest = re.sub(r"\{\w+\}", "", template)
    if not names or set(names) - set(PLACEHOLDERS) or "{" in rest or "}" in rest:
        raise ValueError(f"must hold some of {', '.join(f'{{{name}}}' for name in PLACEHOLDERS)}")
    return template


def placeholders(template: str) -> tuple[str, ...]:
    """The names in braces, in their order."""
    return tuple(re.findall(r"\{(\w+)\}", template))


def fill(template: str, said: Mapping[str, str]) -> str:
    """The template with what is `said`; '' when nothing in it is."""
    text, found = _rendered(_parsed(template), said)
    return " ".join(text.split()) if found else ""


@lru_cache(maxsize=16)
def _parsed(template: str) -> tuple[_Node, ...]:
    """A tree: brackets hold nodes. A bracket without its partner is a character like others."""
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


def _rendered(nodes: Sequence[_Node], said: Mapping[str, str]) -> tuple[str, bool]:
    """The text of some nodes, and whether any place among them has something to say."""
    text, waiting, found, missed = "", "", False, False
    for node in nodes:
        part = node if isinstance(node, str) else _part(node, said)
        if isinstance(node, str) or (part and not _has_placeholder(node)):
            waiting += part
        elif part:
            text += (waiting if found or not missed else "") + part
            waiting, found, missed = "", True, False
        else:
            waiting, missed = "", True
    return text + ("" if missed else waiting), found


def _part(node: _Placeholder | _Bracket, said: Mapping[str, str]) -> str:
    if isinstance(node, _Placeholder):
        return said.get(node.name, "").strip()
    inside, found = _rendered(node.inside, said)
    return node.opening + inside + node.closing if found or not _has_placeholder(node) else ""


def _has_placeholder(node: _Node) -> bool:
    if isinstance(node, _Bracket):
        return any(_has_placeholder(one) for one in node.inside)
    return isinstance(node, _Placeholder)
