"""Answers of both servers with something wrong in them: kinds of it, each from a seed. Pure.

BROKEN ones have lost their form, as anything between the servers may bring about. LYING ones keep
it and say something else.
"""

from __future__ import annotations

import contextlib
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree

from tests.support.fuzz.odd import NUMBERS, WORDS, places

PAGE = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body><p>Sign in</p></body></html>"
TYPES = (
    "text/html",
    "text/plain",
    "application/json",
    "image/jpeg",
    "x",
    "",
    "text/xml;charset=utf-16",
)
ROOTS = ("html", "Response", "Directory", "mediacontainer")
JUNK = (
    b"\x00",
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b"&bogus;",
    b"<",
    b"\xef\xbf\xbe",
    b"]]>",
    b"\xef\xbb\xbf",
    b'"',
)
BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">%s]><MediaContainer size="1">&j;</MediaContainer>' % b"".join(
    b'<!ENTITY %c "%s">' % (letter, b"&%c;" % (letter - 1) * 10) for letter in b"bcdefghij"
)  # fmt: skip
SHAPES = (None, [], {}, "x", 5, {"data": None}, {"data": []}, {"data": {}}, {"data": "x"}, {"errors": []},
          {"errors": {}, "data": {}}, {"errors": "x"}, {"errors": [None]}, {"data": {"findScenes": None}},
          {"data": {"findScenes": {"scenes": None, "count": None}}}, {"data": {"findScenes": []}},
          {"data": {"version": None, "configuration": None, "systemStatus": 5}})  # fmt: skip
VALUES = (
    *WORDS,
    "-5",
    "0",
    "1",
    str(2**63),
    str(10**30),
    "9" * 5000,
    "1.5",
    "NaN",
    "inf",
    "²",
    "٣",
)


@dataclass
class Said:
    """One answer on its way."""

    type: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def is_json(self) -> bool:
        return self.type.startswith("application/json")

    @property
    def is_xml(self) -> bool:
        return "xml" in self.type and self.body.startswith(b"<?xml")


Spoiler = Callable[[Said, random.Random], None]


# -- broken


def cut(said: Said, chance: random.Random) -> None:
    said.body = said.body[: chance.randrange(len(said.body) or 1)]


def empty(said: Said, chance: random.Random) -> None:
    said.body = chance.choice((b"", b" ", b"\n", b"\x00"))


def page(said: Said, chance: random.Random) -> None:
    said.body, said.type = PAGE, chance.choice(("text/html", said.type))


def other_form(said: Said, chance: random.Random) -> None:
    """JSON of another shape, XML with another root, or a bomb."""
    if said.is_json:
        said.body = json.dumps(chance.choice(SHAPES)).encode()
    elif chance.random() < 0.2:
        said.body = BOMB
    else:
        said.body = b"<%s>%s</%s>" % ((root := chance.choice(ROOTS).encode()), b"<a/>" * 3, root)


def not_packed(said: Said, chance: random.Random) -> None:
    said.headers["Content-Encoding"] = chance.choice(("gzip", "deflate"))


# -- lying


def junk(said: Said, chance: random.Random) -> None:
    """Bytes between that no parser takes, unless they are inside a text."""
    at = chance.randrange(len(said.body) + 1)
    said.body = said.body[:at] + chance.choice(JUNK) + said.body[at:]


def flip(said: Said, chance: random.Random) -> None:
    body = bytearray(said.body)
    for _ in range(chance.randint(1, 5) if body else 0):
        body[chance.randrange(len(body))] ^= 1 << chance.randrange(8)
    said.body = bytes(body)


def other_type(said: Said, chance: random.Random) -> None:
    said.type = chance.choice(TYPES)


def values(said: Said, chance: random.Random) -> None:
    """Some values are others, of other types, or missing."""
    with contextlib.suppress(ValueError, SyntaxError, LookupError):  # another kind was here before
        if said.is_json:
            said.body = _json_values(said.body, chance)
        elif said.is_xml:
            said.body = _xml_values(said.body, chance)


def _json_values(body: bytes, chance: random.Random) -> bytes:
    found = json.loads(body)
    for _ in range(chance.randint(1, 4)):
        *way, last = chance.choice(sorted(places(found), key=repr)) or (None,)
        if last is None:
            continue
        holder = found
        for name in way:
            holder = holder[name]
        if chance.random() < 0.25:
            del holder[last]
        else:
            holder[last] = chance.choice(
                (*WORDS, *NUMBERS, None, True, [], {}, [holder[last]], [None], {"id": "7"})
            )
    return json.dumps(found, ensure_ascii=chance.random() < 0.5).encode("utf-8", "surrogatepass")


def _xml_values(body: bytes, chance: random.Random) -> bytes:
    root = ElementTree.fromstring(body)
    for _ in range(chance.randint(1, 6)):
        one = chance.choice(list(root.iter()))
        names = [name for name in one.attrib if name != "machineIdentifier"]
        if names and chance.random() < 0.8:
            _alter(one, chance.choice(names), chance)
        elif len(one):
            _rearrange(one, chance)
    return ElementTree.tostring(root, "utf-8", xml_declaration=True)


def _alter(one: Any, name: str, chance: random.Random) -> None:
    if chance.random() < 0.3:
        del one.attrib[name]
    else:
        value = chance.choice(VALUES)
        one.set(name, "".join(c for c in value if c >= " " and not "\ud800" <= c <= "\udfff"))


def _rearrange(one: Any, chance: random.Random) -> None:
    child = chance.choice(list(one))
    if chance.random() < 0.5:
        one.remove(child)
    else:
        one.append(child if chance.random() < 0.5 else ElementTree.Element("Odd"))


BROKEN: tuple[Spoiler, ...] = (cut, empty, page, other_form, not_packed)
LYING: tuple[Spoiler, ...] = (junk, flip, other_type, values, values, values)
