"""Infers the path map: the pairs of prefixes that the files of both servers prove. Pure.

A pair is returned only if a clear majority of the files below its prefix agree, and no other pair is
possible.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from plex.path_map import paths
from plex.path_map.file_pairs import Comparison, FilePair

ENOUGH = 3  # files that must agree
MAJORITY = 0.9  # share of the comparable files that must agree
EXAMPLES = 3  # files that disagree

Keys = tuple[str, ...]


class PrefixPair(NamedTuple):
    """A pair of prefixes. `agree` of the `of` comparable files agree with it, the files in `against`
    are examples that do not."""

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


class _FolderPair(NamedTuple):
    """A folder in Stash and the folder in Plex, by the keys of their parts. `witness` proves the pair."""

    stash: Keys
    plex: Keys
    witness: FilePair


def pairs(seen: Comparison) -> list[PrefixPair]:
    """Returns the pairs that the files prove, with the shortest possible prefixes."""
    groups = [_deduced(group, 1, seen.size) for group in _grouped(seen.pairs, 0)]
    spelt = [_spelt(pair, seen.pairs) for pair in sorted(chain(*groups))]
    while True:
        proven = evidence(spelt, seen)
        if all(pair.holds for pair in proven):
            return proven
        spelt = [pair.pair for pair in proven if pair.holds]


def renewed(known: Sequence[PrefixPair], seen: Comparison) -> list[PrefixPair]:
    """Returns the pairs that hold now: the proven pairs, and known pairs of folders without evidence. A known
    pair that the files deny stays until another pair for its folder is proven."""
    new = pairs(seen)
    now = evidence([pair.pair for pair in known], seen)
    proven, both = [pair.pair for pair in new], zip(known, now, strict=True)
    kept = [fresh if fresh.of else old for old, fresh in both if _stays(fresh, proven)]
    return sorted(new + kept)


def _stays(known: PrefixPair, path_map: paths.PathMap) -> bool:
    """Whether a known pair is needed in addition to the proven pairs."""
    proven = paths.pair_for(known.stash, path_map)
    if proven is None:
        return True
    if known.of or paths.key(proven[0]) == paths.key(known.stash):
        return False
    return paths.key(paths.plex_path(known.stash, path_map)) != paths.key(known.plex)


def evidence(path_map: paths.PathMap, seen: Comparison) -> list[PrefixPair]:
    """Returns the evidence for each pair of a map, in the order of the map."""
    agree: Counter[tuple[str, str]] = Counter()
    against: dict[tuple[str, str], list[str]] = {}
    for path, right in _judged(path_map, seen):
        pair = paths.pair_for(path, path_map)
        if pair and right:
            agree[pair] += 1
        elif pair:
            against.setdefault(pair, []).append(path)
    of = {pair: agree[pair] + len(against.get(pair, ())) for pair in path_map}
    return [
        PrefixPair(*pair, agree[pair], of[pair], tuple(against.get(pair, ())[:EXAMPLES]))
        for pair in path_map
    ]


def _judged(path_map: paths.PathMap, seen: Comparison) -> Iterator[tuple[str, bool]]:
    """Yields files of Stash that prove the map right or wrong, and whether it is right."""
    for file_pair in seen.pairs:
        path = file_pair.stash.file.path
        there = paths.key(paths.plex_path(path, path_map))
        yield path, there == paths.key(file_pair.plex.file.path)
    for path, size in seen.alone:
        other = seen.known.get(paths.key(paths.plex_path(path, path_map)), 0)
        if other and size and other != size:
            yield path, False


def _deduced(file_pairs: Sequence[FilePair], depth: int, whole: int) -> list[_FolderPair]:
    """Returns the prefix pairs for files that share their first `depth` parts in Stash.

    The shared folder is a prefix if all files agree on its folder in Plex. If they do not, the
    function looks at the folders inside. The shared folder is then still a prefix for the files that
    agree, if the others have pairs of their own or are very few.
    """
    claims = Counter(_target(file_pair, depth) for file_pair in file_pairs)
    here, inner = file_pairs[0].stash.keys[:depth], list[_FolderPair]()
    if len(claims) > 1 or None in claims or depth == 1:
        for group in _grouped(file_pairs, depth):
            inner += _deduced(group, depth + 1, whole)
    for target in sorted(filter(None, claims), key=lambda keys: (-claims[keys], keys)):
        witness = next(file_pair for file_pair in file_pairs if _target(file_pair, depth) == target)
        outer = _FolderPair(here, target, witness)
        foreign = _foreign(inner, outer)
        if _is_prefix(file_pairs, outer, inner, foreign, whole):
            return [outer, *foreign]
    return inner


def _grouped(file_pairs: Iterable[FilePair], depth: int) -> list[list[FilePair]]:
    """Groups files by the next folder in their path. Files without a further folder are left out."""
    groups: dict[str, list[FilePair]] = {}
    for file_pair in file_pairs:
        if depth < len(file_pair.stash.keys) - 1:
            groups.setdefault(file_pair.stash.keys[depth], []).append(file_pair)
    return [groups[name] for name in sorted(groups)]


def _target(file_pair: FilePair, depth: int) -> "Keys | None":
    """Returns Plex's folder for the first `depth` parts of Stash's path, or None."""
    folders = len(file_pair.stash.keys) - 1
    if depth < folders - file_pair.alike:
        return None
    return file_pair.plex.keys[: len(file_pair.plex.keys) - 1 - (folders - depth)]


def _foreign(inner: Sequence[_FolderPair], outer: _FolderPair) -> list[_FolderPair]:
    """Returns the inner pairs that the outer pair does not imply, and the pairs below them."""
    odd = [pair for pair in inner if _target(pair.witness, len(outer.stash)) != outer.plex]
    return [pair for pair in inner if _is_below(pair.stash, odd)]


def _is_below(keys: Keys, some: Iterable[_FolderPair]) -> bool:
    return any(keys[: len(pair.stash)] == pair.stash for pair in some)


def _is_prefix(
    file_pairs: Sequence[FilePair],
    pair: _FolderPair,
    inner: Sequence[_FolderPair],
    foreign: Sequence[_FolderPair],
    whole: int,
) -> bool:
    """Whether the pair is right for the folder that the files share, apart from the foreign pairs."""
    depth, target = len(pair.stash), pair.plex
    rest = [file_pair for file_pair in file_pairs if not _is_below(file_pair.stash.keys, foreign)]
    for_it = [file_pair for file_pair in rest if _target(file_pair, depth) == target]
    if not _proves(for_it, rest, whole) or (depth == 1 and _lie_in_one(for_it)):
        return False
    claimed = [file_pair for file_pair in file_pairs if _target(file_pair, depth)]
    if len(for_it) >= MAJORITY * len(claimed):
        return True
    # Many files belong to inner pairs. The outer pair must then be needed by files that no inner
    # pair covers.
    bare = [file_pair for file_pair in rest if not _is_below(file_pair.stash.keys, inner)]
    return _proves([each for each in bare if _target(each, depth) == target], bare, whole)


def _lie_in_one(file_pairs: Iterable[FilePair]) -> bool:
    """Whether one folder below the root has all the files. The root is then too short a prefix."""
    return len({file_pair.stash.keys[1] for file_pair in file_pairs}) == 1


def _proves(for_it: Sequence[FilePair], of: Sequence[FilePair], whole: int) -> bool:
    if len(for_it) < max(ENOUGH, MAJORITY * len(of)):
        return False
    if sum(file_pair.sized for file_pair in for_it) >= ENOUGH:
        return True
    # Names alone may mislead in one folder or in a small part of a library.
    folders = {file_pair.stash.keys[:-1] for file_pair in for_it}
    return len(folders) >= ENOUGH and 2 * len(for_it) >= whole


def _spelt(pair: _FolderPair, file_pairs: Iterable[FilePair]) -> tuple[str, str]:
    """Returns the pair in the spelling of most of its files."""
    depth = len(pair.stash)
    ways = Counter(
        (
            paths.joined(file_pair.stash.parts[:depth], file_pair.stash.file.path),
            paths.joined(file_pair.plex.parts[: len(pair.plex)], file_pair.plex.file.path),
        )
        for file_pair in file_pairs
        if file_pair.stash.keys[:depth] == pair.stash and _target(file_pair, depth) == pair.plex
    )
    return min(ways, key=lambda way: (-ways[way], way))
