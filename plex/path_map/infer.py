"""Which prefixes of Stash's paths are which of Plex's, as the files of both prove. Pure.

Right or silent: a pair is told only if a clear majority of the files below it agree, and if no
other pair could be meant as well.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from plex.path_map import paths
from plex.path_map.file_pairs import Comparison, Twin

ENOUGH = 3  # files that have to agree
MAJORITY = 0.9  # of those that can be compared
TOLD = 3  # examples of those that disagree

Keys = tuple[str, ...]


class Found(NamedTuple):
    """A pair of prefixes, with how many of the files that could be compared agree with it, and
    some that do not."""

    stash: str
    plex: str
    agree: int
    of: int
    against: tuple[str, ...] = ()

    @property
    def pair(self) -> tuple[str, str]:
        return self.stash, self.plex

    @property
    def holds(self) -> bool:
        return self.agree >= ENOUGH and self.agree >= MAJORITY * self.of

    @property
    def is_denied(self) -> bool:
        return self.of >= ENOUGH and self.agree < MAJORITY * self.of

    def __str__(self) -> str:
        return f"{self.stash} => {self.plex}: {self.agree} of {self.of} agree"


class _Pair(NamedTuple):
    """A folder in Stash and the folder in Plex, by the keys of their parts; a file says so."""

    stash: Keys
    plex: Keys
    witness: Twin


def pairs(seen: Comparison) -> list[Found]:
    """What the files prove, the shortest prefixes that do; [] when they prove nothing."""
    deduced = sorted(
        one for group in _grouped(seen.twins, 0) for one in _deduced(group, 1, seen.size)
    )
    spelt = [_spelt(one, seen.twins) for one in deduced]
    while True:
        found = evidence(spelt, seen)
        if all(one.holds for one in found):
            return found
        spelt = [one.pair for one in found if one.holds]


def renewed(known: Sequence[Found], seen: Comparison) -> list[Found]:
    """What holds now: what the files prove, and what was known of folders that they tell nothing of.

    A pair that the files deny stays until another one is proven in its place.
    """
    new = pairs(seen)
    now = evidence([one.pair for one in known], seen)
    kept = [
        fresh if fresh.of else old
        for old, fresh in zip(known, now, strict=True)
        if _stays(fresh, [one.pair for one in new])
    ]
    return sorted(new + kept)


def _stays(known: Found, path_map: paths.PathMap) -> bool:
    """Whether a pair is needed beside those that are proven now."""
    proven = paths.pair_for(known.stash, path_map)
    if proven is None:
        return True
    if known.of or paths.key(proven[0]) == paths.key(known.stash):
        return False
    return paths.key(paths.plex_path(known.stash, path_map)) != paths.key(known.plex)


def evidence(path_map: paths.PathMap, seen: Comparison) -> list[Found]:
    """How each pair of a map fares with these files, in the map's order."""
    agree: Counter[tuple[str, str]] = Counter()
    against: dict[tuple[str, str], list[str]] = {}
    for path, right in _judged(path_map, seen):
        pair = paths.pair_for(path, path_map)
        if pair and right:
            agree[pair] += 1
        elif pair:
            against.setdefault(pair, []).append(path)
    return [
        Found(*pair, agree[pair], agree[pair] + len(no := against.get(pair, ())), tuple(no[:TOLD]))
        for pair in path_map
    ]


def _judged(path_map: paths.PathMap, seen: Comparison) -> Iterator[tuple[str, bool]]:
    """Files of Stash of which it can be told whether the map is right about them."""
    for twin in seen.twins:
        path = twin.stash.file.path
        there = paths.key(paths.plex_path(path, path_map))
        yield path, there == paths.key(twin.plex.file.path)
    for path, size in seen.alone:
        other = seen.known.get(paths.key(paths.plex_path(path, path_map)), 0)
        if other and size and other != size:
            yield path, False


def _deduced(twins: Sequence[Twin], depth: int, whole: int) -> list[_Pair]:
    """The pairs for twins that share their first `depth` parts in Stash.

    The folder they share is a prefix if all of them agree what it is in Plex. If not, the folders
    in it are asked, and it still is one for those that agree when the others have pairs of their
    own, or are next to none.
    """
    claims = Counter(_target(one, depth) for one in twins)
    here, inner = twins[0].stash.keys[:depth], list[_Pair]()
    if len(claims) > 1 or None in claims or depth == 1:
        inner = [
            one for group in _grouped(twins, depth) for one in _deduced(group, depth + 1, whole)
        ]
    for target in sorted(filter(None, claims), key=lambda keys: (-claims[keys], keys)):
        witness = next(one for one in twins if _target(one, depth) == target)
        outer = _Pair(here, target, witness)
        foreign = _foreign(inner, outer)
        if _is_prefix(twins, outer, inner, foreign, whole):
            return [outer, *foreign]
    return inner


def _grouped(twins: Iterable[Twin], depth: int) -> list[list[Twin]]:
    """The twins by the folder that they share next; those that lie right here have none."""
    groups: dict[str, list[Twin]] = {}
    for one in twins:
        if depth < len(one.stash.keys) - 1:
            groups.setdefault(one.stash.keys[depth], []).append(one)
    return [groups[name] for name in sorted(groups)]


def _target(twin: Twin, depth: int) -> "Keys | None":
    """What the first `depth` parts of Stash's path are in Plex; None if they are nothing there."""
    folders = len(twin.stash.keys) - 1
    if depth < folders - twin.alike:
        return None
    return twin.plex.keys[: len(twin.plex.keys) - 1 - (folders - depth)]


def _foreign(inner: Sequence[_Pair], outer: _Pair) -> list[_Pair]:
    """The inner pairs that the outer one does not imply, and those below such ones."""
    odd = [one for one in inner if _target(one.witness, len(outer.stash)) != outer.plex]
    return [one for one in inner if _is_below(one.stash, odd)]


def _is_below(keys: Keys, some: Iterable[_Pair]) -> bool:
    return any(keys[: len(one.stash)] == one.stash for one in some)


def _is_prefix(
    twins: Sequence[Twin],
    pair: _Pair,
    inner: Sequence[_Pair],
    foreign: Sequence[_Pair],
    whole: int,
) -> bool:
    """Whether the folder that the twins share is that of the pair, but for the foreign ones."""
    depth, target = len(pair.stash), pair.plex
    rest = [one for one in twins if not _is_below(one.stash.keys, foreign)]
    for_it = [one for one in rest if _target(one, depth) == target]
    if not _proves(for_it, rest, whole) or (depth == 1 and _lie_in_one(for_it)):
        return False
    claimed = [one for one in twins if _target(one, depth)]
    if len(for_it) >= MAJORITY * len(claimed):
        return True
    # Others are as strong, below pairs of their own: then it has to be needed, by files that no
    # inner pair covers.
    bare = [one for one in rest if not _is_below(one.stash.keys, inner)]
    return _proves([one for one in bare if _target(one, depth) == target], bare, whole)


def _lie_in_one(twins: Iterable[Twin]) -> bool:
    """Whether one folder tells as much as the root that it lies in: not all of a system is meant."""
    return len({one.stash.keys[1] for one in twins}) == 1


def _proves(for_it: Sequence[Twin], of: Sequence[Twin], whole: int) -> bool:
    if len(for_it) < max(ENOUGH, MAJORITY * len(of)):
        return False
    if sum(one.sized for one in for_it) >= ENOUGH:
        return True
    # Names alone may mislead in one folder, or in one corner of a library.
    folders = {one.stash.keys[:-1] for one in for_it}
    return len(folders) >= ENOUGH and 2 * len(for_it) >= whole


def _spelt(pair: _Pair, twins: Iterable[Twin]) -> tuple[str, str]:
    """The pair as most of its files spell it."""
    depth = len(pair.stash)
    ways = Counter(
        (
            paths.joined(one.stash.parts[:depth], one.stash.file.path),
            paths.joined(one.plex.parts[: len(pair.plex)], one.plex.file.path),
        )
        for one in twins
        if one.stash.keys[:depth] == pair.stash and _target(one, depth) == pair.plex
    )
    return min(ways, key=lambda way: (-ways[way], way))
