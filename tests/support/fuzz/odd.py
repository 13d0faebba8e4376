"""Odd things, as hypothesis draws them: JSON of any shape, documents and bytes with something wrong."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

# The same cases each time, however slow the machine; nothing is shrunk, since a case is a process.
FUZZ = settings(
    derandomize=True,
    database=None,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)

Draw = Any
Place = tuple[Any, ...]

WORDS = (
    "", " ", "0", "-1", "none", "null", "true", "../../x", "/", "C:\\x", "a\x00b", "a\r\nb: c", "%s%n",
    "\ud800", "\x01e\x02said", "<b>&amp;</b>", "'; DROP TABLE x; --", "שלום\u202e", "😀", "9" * 5000,
    "1e999", "{}", "$(id)", "`id`", "\ufeff", "x" * 300, "a,b;c=>d", "=>", "http://", "//", "[::1]",
)  # fmt: skip
NUMBERS = (0, -1, 1, 2**31, 2**63 - 1, 2**63, -(2**63) - 1, 10**30, 10**400, 1e308, 0.1)
UNREAL = (float("inf"), float("-inf"), float("nan"))

texts = st.sampled_from(WORDS) | st.text(max_size=12)
numbers = st.sampled_from(NUMBERS + UNREAL) | st.integers() | st.floats()
scalars = st.none() | st.booleans() | numbers | texts
things = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


def mostly(meant: st.SearchStrategy[Any], strange: Any = things) -> st.SearchStrategy[Any]:
    """Two times of three what is meant: what is wrong at the front door never gets further."""
    return st.sampled_from((True, True, False)).flatmap(lambda right: meant if right else strange)


def nested(depth: int, kind: str = "list") -> str:
    """JSON of this many levels."""
    head, tail = ("[", "]") if kind == "list" else ('{"a":', "}")
    return head * depth + "1" + tail * depth


def places(value: Any, above: Place = ()) -> Iterator[Place]:
    """The way to each value inside, the whole included."""
    yield above
    if isinstance(value, (dict, list)):
        inner = value.items() if isinstance(value, dict) else enumerate(value)
        for name, one in inner:
            yield from places(one, (*above, name))


@st.composite
def altered(draw: Draw, document: Any) -> Any:
    """The document with up to three of its values replaced, taken out, or put elsewhere."""
    found = copy.deepcopy(document)
    for _ in range(draw(st.integers(1, 3))):
        way = draw(st.sampled_from(sorted(places(found), key=repr)))
        if not way:
            found = draw(things)
            continue
        holder = found
        for name in way[:-1]:
            holder = holder[name]
        what = draw(st.sampled_from(("replace", "replace", "wrap", "remove", "text")))
        if what == "remove":
            del holder[way[-1]]
        elif what == "wrap":
            holder[way[-1]] = [holder[way[-1]]]
        elif what == "text":
            holder[way[-1]] = str(holder[way[-1]])
        else:
            holder[way[-1]] = draw(things)
    return found


def packed(document: Any, plain: bool = True) -> bytes:
    """As JSON; not `plain`: with the letters themselves, half ones included."""
    return json.dumps(document, ensure_ascii=plain).encode("utf-8", "surrogatepass")


LETTERS = b"0123456789abcdefABC-./"


@st.composite
def torn(draw: Draw, whole: bytes) -> bytes:
    """The bytes cut short, or with some of them changed, doubled, lost, or put in between.

    Half of the time only letters and digits become others, so that the form stays what it was.
    """
    found = bytearray(whole)
    gentle = draw(st.booleans())
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(found)))
        if gentle:
            _respell(found, at, draw(st.sampled_from(LETTERS)))
        else:
            _tear(found, at, draw(st.sampled_from(TEARS)), draw(st.integers(0, 255)))
    return bytes(found)


TEARS = ("cut", "flip", "flip", "insert", "lose", "double")


def _respell(found: bytearray, at: int, letter: int) -> None:
    """The next letter or digit from here on becomes another one."""
    for place in range(at, len(found)):
        if chr(found[place]).isalnum():
            found[place] = letter
            return


def _tear(found: bytearray, at: int, what: str, number: int) -> None:
    if what == "cut":
        del found[at:]
    elif what == "flip" and at < len(found):
        found[at] ^= 1 << number % 8
    elif what == "insert":
        found.insert(at, number)
    elif what == "lose":
        del found[at : at + 1 + number % 20]
    elif what == "double":
        found[at:at] = found[at : at + 30]
