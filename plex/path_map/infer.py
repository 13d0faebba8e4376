"""Which prefixes of Stash's paths are which of Plex's, as the files of both prove. Pure.

Right or silent: a pair is told only if a clear majority of the files below it agree, and if no
other pair could be meant as well.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from plex.path_map import paths
from plex.path_map.file_pairs import Comparison, FilePair

ENOUGH = 3  # files that have to agree
MAJORITY = 0.9  # of those that can be compared
TOLD = 3  # examples of those that disagree

Keys = tuple[str, ...]


class PrefixPair(NamedTuple):
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


class _FolderPair(NamedTuple):
    """A folder in Stash and the folder in Plex, by the keys of their parts; a file says so."""

    stash: Keys
    plex: Keys
    witness: FilePair


def pairs(seen: Comparison) -> list[PrefixPair]:
    """What the files prove, the shortest prefixes that do; [] when they prove nothing."""
    deduced = sorted(
        one for group in _grouped(seen.pairs, 0) for one in _deduced(group, 1, seen.size)
    )
    spelt = [_spelt(one, seen.pairs) for one in deduced]
    while True:
        found = evidence(spelt, seen)
        if all(one.holds for one in found):
            return found
        spelt = [one.pair for one in found if one.holds]


def renewed(known: Sequence[PrefixPair], seen: Comparison) -> list[PrefixPair]:
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


def _stays(known: PrefixPair, path_map: paths.PathMap) -> bool:
    """Whether a pair is needed beside those that are proven now."""
    proven = paths.pair_for(known.stash, path_map)
    if proven is None:
        return True
    if known.of or paths.key(proven[0]) == paths.key(known.stash):
        return False
    return paths.key(paths.plex_path(known.stash, path_map)) != paths.key(known.plex)


def evidence(path_map: paths.PathMap, seen: Comparison) -> list[PrefixPair]:
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
        PrefixPair(
            *pair, agree[pair], agree[pair] + len(no := against.get(pair, ())), tuple(no[:TOLD])
        )
        for pair in path_map
    ]


def _judged(path_map: paths.PathMap, seen: Comparison) -> Iterator[tuple[str, bool]]:
    """Files of Stash of which it can be told whether the map is right about them."""
    for file_pair in seen.pairs:
        path = file_pair.stash.file.path
        there = paths.key(paths.plex_path(path, path_map))
        yield path, there == paths.key(file_pair.plex.file.path)
    for path, size in seen.alone:
        other = seen.known.get(paths.key(paths.plex_path(path, path_map)), 0)
        if other and size and other != size:
            yield path, False


def _deduced(file_pairs: Sequence[FilePair], depth: int, whole: int) -> list[_FolderPair]:
    """The pairs for file_pairs that share their first `depth` parts in Stash.

    The folder they share is a prefix if all of them agree what it is in Plex. If not, the folders
    in it are asked, and it still is one for those that agree when the others have pairs of their
    own, or are next to none.
    """
    claims = Counter(_target(one, depth) for one in file_pairs)
    here, inner = file_pairs[0].stash.keys[:depth], list[_FolderPair]()
    if len(claims) > 1 or None in claims or depth == 1:
        inner = [
            one
            for group in _grouped(file_pairs, depth)
            for one in _deduced(group, depth + 1, whole)
        ]
    for target in sorted(filter(None, claims), key=lambda keys: (-claims[keys], keys)):
        witness = next(one for one in file_pairs if _target(one, depth) == target)
        outer = _FolderPair(here, target, witness)
        foreign = _foreign(inner, outer)
        if _is_prefix(file_pairs, outer, inner, foreign, whole):
            return [outer, *foreign]
    return inner


def _grouped(file_pairs: Iterable[FilePair], depth: int) -> list[list[FilePair]]:
    """The file_pairs by the folder that they share next; those that lie right here have none."""
    groups: dict[str, list[FilePair]] = {}
    for one in file_pairs:
        if depth < len(one.stash.keys) - 1:
            groups.setdefault(one.stash.keys[depth], []).append(one)
    return [groups[name] for name in sorted(groups)]


def _target(file_pair: FilePair, depth: int) -> "Keys | None":
    """What the first `depth` parts of Stash's path are in Plex; None if they are nothing there."""
    folders = len(file_pair.stash.keys) - 1
    if depth < folders - file_pair.alike:
        return None
    return file_pair.plex.keys[: len(file_pair.plex.keys) - 1 - (folders - depth)]


def _foreign(inner: Sequence[_FolderPair], outer: _FolderPair) -> list[_FolderPair]:
    """The inner pairs that the outer one does not imply, and those below such ones."""
    odd = [one for one in inner if _target(one.witness, len(outer.stash)) != outer.plex]
    return [one for one in inner if _is_below(one.stash, odd)]


def _is_below(keys: Keys, some: Iterable[_FolderPair]) -> bool:
    return any(keys[: len(one.stash)] == one.stash for one in some)


def _is_prefix(
    file_pairs: Sequence[FilePair],
    pair: _FolderPair,
    inner: Sequence[_FolderPair],
    foreign: Sequence[_FolderPair],
    whole: int,
) -> bool:
    """Whether the folder that the file_pairs share is that of the pair, but for the foreign ones."""
    depth, target = len(pair.stash), pair.plex
    rest = [one for one in file_pairs if not _is_below(one.stash.keys, foreign)]
    for_it = [one for one in rest if _target(one, depth) == target]
    if not _proves(for_it, rest, whole) or (depth == 1 and _lie_in_one(for_it)):
        return False
    claimed = [one for one in file_pairs if _target(one, depth)]
    if len(for_it) >= MAJORITY * len(claimed):
        return True
    # Others are as strong, below pairs of their own: then it has to be needed, by files that no
    # inner pair covers.
    bare = [one for one in rest if not _is_below(one.stash.keys, inner)]
    return _proves([one for one in bare if _target(one, depth) == target], bare, whole)


def _lie_in_one(file_pairs: Iterable[FilePair]) -> bool:
    """Whether one folder tells as much as the root that it lies in: not all of a system is meant."""
    return len({one.stash.keys[1] for one in file_pairs}) == 1


def _proves(for_it: Sequence[FilePair], of: Sequence[FilePair], whole: int) -> bool:
    if len(for_it) < max(ENOUGH, MAJORITY * len(of)):
        return False
    if sum(one.sized for one in for_it) >= ENOUGH:
        return True
    # Names alone may mislead in one folder, or in one corner of a library.
    folders = {one.stash.keys[:-1] for one in for_it}
    return len(folders) >= ENOUGH and 2 * len(for_it) >= whole


def _spelt(pair: _FolderPair, file_pairs: Iterable[FilePair]) -> tuple[str, str]:
    """The pair as most of its files spell it."""
    depth = len(pair.stash)
    ways = Counter(
        (
            paths.joined(one.stash.parts[:depth], one.stash.file.path),
            paths.joined(one.plex.parts[: len(pair.plex)], one.plex.file.path),
        )
        for one in file_pairs
        if one.stash.keys[:depth] == pair.stash and _target(one, depth) == pair.plex
    )
    return min(ways, key=lambda way: (-ways[way], way))
