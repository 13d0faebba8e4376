"""Reads `requirements.txt`, and compares it with the installed packages. Pure except for `missing`.

A bare Python does not have `packaging`. Ranges such as `>=2.8,<3` follow PEP 440; local versions and
epochs are ignored.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from importlib import metadata
from typing import NamedTuple

_LINE = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*\(?([^();@]*)\)?")
_SPEC = re.compile(r"(===|==|~=|!=|<=|>=|<|>)\s*([^\s]+)")
_VERSION = re.compile(r"v?(?:\d+!)?(\d+(?:\.\d+)*)[._-]?([a-z]*)[._-]?(\d*)", re.IGNORECASE)
_BEFORE, _FINAL, _AFTER = -1, 0, 1


class Requirement(NamedTuple):
    """`ranges` as written, for example `>=2.8,<3`; empty if every version fits."""

    name: str
    ranges: str


def parse(line: str) -> Requirement | None:
    """One line of a requirements file or of a package's own list. None if it requires nothing. Lines with a
    marker (`; python_version < "3.11"`, an extra) are left to pip."""
    wording = line.partition("#")[0].strip()
    match = _LINE.match(wording)
    if match is None or ";" in wording:
        return None
    return Requirement(match[1], match[2].replace(" ", ""))


def parse_all(text: str) -> list[Requirement]:
    parsed = [parse(line) for line in text.splitlines()]
    return [requirement for requirement in parsed if requirement is not None]


def satisfies(version: str, ranges: str) -> bool:
    """Whether `version` lies in all of the comma-separated `ranges`."""
    have = _key(version)
    specs = [_SPEC.fullmatch(part.strip()) for part in ranges.split(",") if part.strip()]
    if have is None:
        return False
    return all(spec is not None and _holds(have, spec[1], spec[2]) for spec in specs)


_Key = tuple[tuple[int, ...], int, str, int]


def _holds(have: _Key, operator: str, version: str) -> bool:
    want = _key(version)
    if want is None:
        return False
    if operator in ("==", "===", "!="):
        same = _begins(have, want) if version.endswith(".*") else have == want
        return same != (operator == "!=")
    if operator == "~=":
        return have >= want and _begins(have, _key(version.rpartition(".")[0]) or want)
    if operator == "<":
        # 3.0rc1 does not satisfy `<3`.
        return have < want and not (have[0] == want[0] and have[1] == _BEFORE)
    if operator == ">":
        return have > want and not (have[0] == want[0] and have[1] == _AFTER)
    return have <= want if operator == "<=" else have >= want


def _begins(have: _Key, want: _Key) -> bool:
    padded = have[0] + (0,) * len(want[0])
    return padded[: len(want[0])] == want[0]


def _key(version: str) -> _Key | None:
    """A sort key: the numbers, then rc and dev, the final version, post."""
    match = _VERSION.match(version.strip())
    if match is None:
        return None
    release = tuple(int(part) for part in match[1].split("."))
    while len(release) > 1 and release[-1] == 0:
        release = release[:-1]
    word = match[2].lower()
    phase = _FINAL if not word else _AFTER if word in ("post", "rev", "r") else _BEFORE
    return release, phase, word, int(match[3] or 0) if word else 0


def missing(wanted: Iterable[Requirement], path: Sequence[str] | None = None) -> list[str]:
    """Packages that are absent or out of range in `path` (None: `sys.path`), including those that found
    packages need themselves."""
    faults, seen, left = [], set(), list(wanted)
    while left:
        requirement = left.pop(0)
        name = re.sub(r"[-_.]+", "-", requirement.name).lower()
        if (name, requirement.ranges) in seen:
            continue
        seen.add((name, requirement.ranges))
        package = _find(requirement.name, path)
        if package is None:
            faults.append(f"{requirement.name}{requirement.ranges} is not there")
        elif not satisfies(package.version, requirement.ranges):
            faults.append(f"{requirement.name}{requirement.ranges}, but {package.version} is there")
        else:
            left += parse_all("\n".join(package.requires or ()))
    return faults


def _find(name: str, path: Sequence[str] | None) -> metadata.Distribution | None:
    context = metadata.DistributionFinder.Context(name=name)
    if path is not None:
        context = metadata.DistributionFinder.Context(name=name, path=list(path))
    # The first on the path is imported. A distribution without a version is damaged.
    first = next(iter(metadata.distributions(context=context)), None)
    return first if first is not None and "Version" in first.metadata else None
