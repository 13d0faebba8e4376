"""A tree of elements, and the two forms in which Plex sends one: XML and JSON."""

from __future__ import annotations

import json
import re
from typing import Any, Protocol

ATTRIBUTE_ESCAPES = str.maketrans(
    {
        "&": "&amp;",
        "<": "&lt;",
        ">": "&gt;",
        '"': "&quot;",
        "\n": "&#10;",
        "\r": "&#13;",
        "\t": "&#9;",
    }
)
SPECIAL = re.compile(r'[&<>"\n\r\t]').search
METADATA = frozenset({"Video", "Photo", "Track"})
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'


class Row(Protocol):
    """An element that remembers its XML, such as a listed item."""

    def xml(self) -> str: ...

    def element(self) -> El: ...


class El:
    """One element. Attributes that are None are left out; booleans become 1 and 0 in XML."""

    __slots__ = ("attrs", "children", "json_name", "name")

    def __init__(
        self,
        name: str,
        attrs: dict[str, Any] | None = None,
        children: list[Any] | None = None,
        json_name: str = "",
    ) -> None:
        self.name = name
        self.attrs = attrs or {}
        self.children = children or []
        self.json_name = json_name or ("Metadata" if name in METADATA else name)

    def element(self) -> El:
        return self

    def xml(self) -> str:
        parts: list[str] = []
        write(self, parts)
        return "".join(parts)


def attribute(value: Any) -> str:
    if value is True:
        return "1"
    if value is False:
        return "0"
    if type(value) is not str:
        return str(value)
    return value.translate(ATTRIBUTE_ESCAPES) if SPECIAL(value) else value


def write(node: El, parts: list[str]) -> None:
    parts.append(f"<{node.name}")
    parts.extend(f' {k}="{attribute(v)}"' for k, v in node.attrs.items() if v is not None)
    if not node.children:
        parts.append("/>")
        return
    parts.append(">")
    for child in node.children:
        if isinstance(child, El):
            write(child, parts)
        else:
            parts.append(child.xml())
    parts.append(f"</{node.name}>\n")


def as_xml(root: El) -> bytes:
    return (HEAD + root.xml()).encode("utf-8", "surrogatepass")


def as_plain(row: Row) -> dict[str, Any]:
    node = row.element()
    plain = {k: v for k, v in node.attrs.items() if v is not None}
    for child in node.children:
        inner = child.element()
        plain.setdefault(inner.json_name, []).append(as_plain(inner))
    return plain


def as_json(root: El) -> bytes:
    return json.dumps({root.name: as_plain(root)}, ensure_ascii=False).encode()


def pruned(node: El, elements: set[str], fields: set[str]) -> El:
    """`excludeElements` and `excludeFields`: the same tree with those left out."""
    attrs = {k: v for k, v in node.attrs.items() if k not in fields}
    kept = [c.element() for c in node.children if c.element().name not in elements]
    return El(node.name, attrs, [pruned(c, elements, fields) for c in kept], node.json_name)
