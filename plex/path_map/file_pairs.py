"""Pairs files of Stash with files of Plex by name, size and folders. Pure.

A file pairs with the only file of the same name and size on the other side. If there are several, the
folders decide, or the file stays alone. Without sizes a name alone proves nothing.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from plex.path_map import paths

CROWD = 500  # files of the same name and size: with more of them nothing is compared
OTHERS = 20  # files of the same name and another size: only evidence against a pair


class File(NamedTuple):
    """A file as one server sees it. `size` is in bytes, 0 if unknown."""

    path: str
    size: int


@dataclass(frozen=True)
class SplitPath:
    """A file and its path, split into the root, the folders and the name."""

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
    """One file on both sides. `alike` is the number of equal folder names, from the file upwards.
    `sized` means that both sizes are known."""

    stash: SplitPath
    plex: SplitPath
    alike: int
    sized: bool


@dataclass(frozen=True)
class Comparison:
    """The result of `compare`. `known` has Plex's sizes by path key."""

    pairs: Sequence[FilePair]
    alone: Sequence[File]  # files of Stash without a pair
    known: Mapping[str, int]

    @property
    def size(self) -> int:
        """The number of compared files of Stash."""
        return len(self.pairs) + len(self.alone)


def name_key(path: str) -> str:
    """Returns the form of the file's name in which the two names of a pair are equal."""
    return paths.folded(paths.parts(path)[-1], windows=True)


class CandidateFilter:
    """Picks the files of Plex that `compare` needs for some files of Stash. The number is limited even in
    a library where every file is called scene.mp4."""

    def __init__(self, stash: Iterable[File]) -> None:
        self._sizes: dict[str, set[int]] = {}
        for path, size in stash:
            self._sizes.setdefault(name_key(path), set()).add(size)
        self._caught: Counter[tuple[str, int]] = Counter()

    def accepts(self, file: File) -> bool:
        """Whether `compare` needs the file. Call this once for each file of Plex."""
        name = name_key(file.path)
        sizes = self._sizes.get(name)
        if sizes is None:
            return False
        fits = file.size in sizes or 0 in (file.size, *sizes)
        kind = (name, file.size if file.size in sizes else -1)
        self._caught[kind] += 1
        return self._caught[kind] <= (CROWD + 1 if fits else OTHERS)


def compare(stash: Iterable[File], plex: Iterable[File]) -> Comparison:
    """Pairs files of Stash with the files of Plex that a `CandidateFilter` accepted for them."""
    ours, theirs = _split(stash), _split(plex)
    by_name = _by_name(theirs), _by_name(ours)
    paired = {path.file: _pair_of(path, *by_name) for path in ours}
    return Comparison(
        pairs=[pair for pair in paired.values() if pair],
        alone=[file for file, pair in paired.items() if not pair],
        known={paths.key(path.file.path): path.file.size for path in theirs},
    )


def _split(files: Iterable[File]) -> list[SplitPath]:
    split = [_split_path(file) for file in sorted(set(files))]
    return [path for path in split if len(path.parts) > 1]  # the others are no absolute paths


def _split_path(file: File) -> SplitPath:
    parts = tuple(paths.parts(file.path))
    return SplitPath(
        file,
        parts,
        tuple(paths.folded(part, False) for part in parts),
        tuple(paths.folded(part, True) for part in parts),
        paths.is_windows(file.path),
    )


ByNameAndSize = Mapping[str, Mapping[int, Sequence[SplitPath]]]


def _by_name(files: Iterable[SplitPath]) -> ByNameAndSize:
    by_name: dict[str, dict[int, list[SplitPath]]] = {}
    for path in files:
        by_name.setdefault(path.loose[-1], {}).setdefault(path.file.size, []).append(path)
    return by_name


def _namesakes(path: SplitPath, by_name: ByNameAndSize) -> Sequence[SplitPath]:
    """Returns files of the same name with the same size, or else with an unknown size."""
    by_size = by_name.get(path.loose[-1], {})
    if path.file.size:
        return by_size.get(path.file.size) or by_size.get(0, ())
    return [other for group in by_size.values() for other in group]


def _pair_of(
    ours: SplitPath, theirs_by_name: ByNameAndSize, ours_by_name: ByNameAndSize
) -> "FilePair | None":
    """Returns the pair, if each of the two files is the closest to the other."""
    candidates = _namesakes(ours, theirs_by_name)
    chosen = _closest(candidates, lambda theirs: _alike(ours, theirs))
    if chosen is None:
        return None
    rivals = _namesakes(chosen, ours_by_name)
    if _closest(rivals, lambda rival: _alike(rival, chosen)) is not ours:
        return None
    alike, sized = _alike(ours, chosen), bool(ours.file.size and chosen.file.size)
    certain = sized and len(candidates) == len(rivals) == 1
    if not alike or (alike == 1 and not certain):
        return None
    return FilePair(ours, chosen, min(alike - 1, len(ours.parts) - 2, len(chosen.parts) - 2), sized)


def _closest(
    candidates: Sequence[SplitPath], alike: Callable[[SplitPath], int]
) -> "SplitPath | None":
    """Returns the file with a longer common path than any other, or None."""
    if not candidates or len(candidates) > CROWD:
        return None
    ranked = sorted(((alike(path), at) for at, path in enumerate(candidates)), reverse=True)
    if len(ranked) > 1 and ranked[0][0] == ranked[1][0]:
        return None
    return candidates[ranked[0][1]]


def _alike(ours: SplitPath, theirs: SplitPath) -> int:
    """Counts equal parts, from the name upwards, by the rules of Plex's operating system."""
    mine = ours.loose if theirs.windows else ours.plain
    count = 0
    for part, other in zip(reversed(mine), reversed(theirs.keys), strict=False):
        if part != other:
            break
        count += 1
    return count
