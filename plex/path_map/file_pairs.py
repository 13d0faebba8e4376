"""Which file of Plex is which file of Stash, as far as name, size and folders tell. Pure.

A file with one namesake of its size is that one. Where several could be meant, the folders they lie
in decide, or nothing does; without sizes, a name alone proves nothing.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from plex.path_map import paths

CROWD = 500  # namesakes of one size: with more than these nothing is compared
OTHERS = 20  # namesakes of other sizes that are kept: they can only speak against something


class File(NamedTuple):
    """A file as one server sees it; `size` in bytes, 0 if that is not known."""

    path: str
    size: int


@dataclass(frozen=True)
class SplitPath:
    """A file and its path, cut into the root, the folders and the name."""

    file: File
    parts: tuple[str, ...]
    plain: tuple[str, ...]  # the parts as POSIX compares them
    loose: tuple[str, ...]  # the parts as Windows compares them
    windows: bool

    @property
    def keys(self) -> tuple[str, ...]:
        """The parts as its own server compares them."""
        return self.loose if self.windows else self.plain


class FilePair(NamedTuple):
    """One file on both sides. `alike`: how many of the folders that it lies in have one name."""

    stash: SplitPath
    plex: SplitPath
    alike: int
    sized: bool


@dataclass(frozen=True)
class Comparison:
    """What two lists of files have in common; `known` has Plex's sizes by path key."""

    pairs: Sequence[FilePair]
    alone: Sequence[File]  # of Stash, without a pair
    known: Mapping[str, int]

    @property
    def size(self) -> int:
        """How many files of Stash were looked at."""
        return len(self.pairs) + len(self.alone)


def name_key(path: str) -> str:
    """Files whose names differ in this are no pairs."""
    return paths.folded(paths.parts(path)[-1], windows=True)


class CandidateFilter:
    """Picks from all files of Plex, told one after the other, those that `compare` needs for some
    files of Stash. Of a library where every file is called scene.mp4 these are few."""

    def __init__(self, stash: Iterable[File]) -> None:
        self._sizes: dict[str, set[int]] = {}
        for path, size in stash:
            self._sizes.setdefault(name_key(path), set()).add(size)
        self._caught: Counter[tuple[str, int]] = Counter()

    def accepts(self, file: File) -> bool:
        name = name_key(file.path)
        sizes = self._sizes.get(name)
        if sizes is None:
            return False
        fits = file.size in sizes or 0 in (file.size, *sizes)
        kind = (name, file.size if file.size in sizes else -1)
        self._caught[kind] += 1
        return self._caught[kind] <= (CROWD + 1 if fits else OTHERS)


def compare(stash: Iterable[File], plex: Iterable[File]) -> Comparison:
    """Pair off some files of Stash with what a Net for them caught of Plex's."""
    ours, theirs = _split(stash), _split(plex)
    by_name = _by_name(theirs), _by_name(ours)
    found = {place.file: _pair_of(place, *by_name) for place in ours}
    return Comparison(
        pairs=[pair for pair in found.values() if pair],
        alone=[file for file, pair in found.items() if not pair],
        known={paths.key(one.file.path): one.file.size for one in theirs},
    )


def _split(files: Iterable[File]) -> list[SplitPath]:
    found = [_place(one) for one in sorted(set(files))]
    return [one for one in found if len(one.parts) > 1]  # the others are no whole paths


def _place(file: File) -> SplitPath:
    parts = tuple(paths.parts(file.path))
    return SplitPath(
        file,
        parts,
        tuple(paths.folded(part, False) for part in parts),
        tuple(paths.folded(part, True) for part in parts),
        paths.is_windows(file.path),
    )


ByNameAndSize = Mapping[str, Mapping[int, Sequence[SplitPath]]]


def _by_name(places: Iterable[SplitPath]) -> ByNameAndSize:
    found: dict[str, dict[int, list[SplitPath]]] = {}
    for one in places:
        found.setdefault(one.loose[-1], {}).setdefault(one.file.size, []).append(one)
    return found


def _namesakes(place: SplitPath, by_name: ByNameAndSize) -> Sequence[SplitPath]:
    """Those of the same name that may have the same size; only the surest of them."""
    of_size = by_name.get(place.loose[-1], {})
    if place.file.size:
        return of_size.get(place.file.size) or of_size.get(0, ())
    return [one for some in of_size.values() for one in some]


def _pair_of(
    ours: SplitPath, theirs_by_name: ByNameAndSize, ours_by_name: ByNameAndSize
) -> "FilePair | None":
    """The pair, if both sides choose each other."""
    candidates = _namesakes(ours, theirs_by_name)
    chosen = _closest(candidates, lambda one: _alike(ours, one))
    if chosen is None:
        return None
    rivals = _namesakes(chosen, ours_by_name)
    if _closest(rivals, lambda one: _alike(one, chosen)) is not ours:
        return None
    alike, sized = _alike(ours, chosen), bool(ours.file.size and chosen.file.size)
    certain = sized and len(candidates) == len(rivals) == 1
    if not alike or (alike == 1 and not certain):
        return None
    return FilePair(ours, chosen, min(alike - 1, len(ours.parts) - 2, len(chosen.parts) - 2), sized)


def _closest(places: Sequence[SplitPath], alike: Callable[[SplitPath], int]) -> "SplitPath | None":
    """The one with more of the path in common than any other."""
    if not places or len(places) > CROWD:
        return None
    ranked = sorted(((alike(one), at) for at, one in enumerate(places)), reverse=True)
    if len(ranked) > 1 and ranked[0][0] == ranked[1][0]:
        return None
    return places[ranked[0][1]]


def _alike(ours: SplitPath, theirs: SplitPath) -> int:
    """How many parts are the same, from the name backwards, by the rules of Plex's system."""
    mine = ours.loose if theirs.windows else ours.plain
    count = 0
    for one, other in zip(reversed(mine), reversed(theirs.keys), strict=False):
        if one != other:
            break
        count += 1
    return count
