"""The path map in force: the setting, or else the pairs of folders that the files of both servers prove.
plex.sqlite keeps these pairs with their evidence."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import errors
from plex.client.port import PlexPort
from plex.library.index import Index
from plex.path_map import file_pairs, infer, paths
from plex.path_map.infer import PrefixPair
from plex.state.database import Store
from stash.port import StashPort

META = "paths"
# While nothing is proven, or files are missing, a sync looks only this often.
AGAIN_SECONDS = 600.0
_NO_ANSWER = (errors.Busy, errors.Rejected, errors.Gone)


@dataclass(frozen=True)
class Memory:
    """The pairs that were found, and the time of the last look; 0 for never."""

    found: tuple[PrefixPair, ...] = ()
    looked: float = 0.0

    @property
    def path_map(self) -> paths.PathMap:
        """The map to use; empty if paths are the same on both sides."""
        if all(is_same(pair) for pair in self.found):
            return ()
        return paths.Inferred(pair.pair for pair in self.found)


class Evidence(NamedTuple):
    """The pairs in force with their evidence, the pairs that files prove, and why files prove none ('')."""

    found: list[PrefixPair]
    proven: list[PrefixPair]
    silence: str


def is_same(pair: PrefixPair) -> bool:
    """Whether the pair says that Plex has the files where Stash has them."""
    return paths.key(pair.stash) == paths.key(pair.plex)


def load(store: Store) -> Memory:
    """The result of the last look, from the store."""
    try:
        pairs, looked = json.loads(store.meta(META))
        return Memory(tuple(_found(*pair) for pair in pairs), float(looked))
    except (ValueError, TypeError):
        return Memory()


def _found(stash: str, plex: str, agree: int, of: int, against: Sequence[str]) -> PrefixPair:
    return PrefixPair(str(stash), str(plex), int(agree), int(of), tuple(map(str, against)))


def save(store: Store, memory: Memory) -> None:
    store.set_meta(META, json.dumps([memory.found, memory.looked]))


@dataclass(eq=False)
class Finder:
    """Finds out how Plex calls Stash's folders when no setting says it. Looks once per process."""

    setting: paths.PathMap
    stash: StashPort
    index: Index
    store: Store
    clock: Callable[[], float] = time.time
    say: Callable[[str], None] = lambda line: None
    warn: Callable[[str], None] = lambda line: None
    _looked: bool = False

    @property
    def path_map(self) -> paths.PathMap:
        return self.setting or self.memory.path_map

    @cached_property
    def memory(self) -> Memory:
        return load(self.store)

    @property
    def is_blank(self) -> bool:
        """Whether there is neither a setting nor a pair that was found."""
        return not (self.setting or self.memory.found)

    @property
    def is_due(self) -> bool:
        """Whether the last look was so long ago that a sync may look again."""
        return not 0 <= self.clock() - self.memory.looked < AGAIN_SECONDS

    def look(self, plex: "PlexPort | None" = None) -> bool:
        """Compares files of both servers. Returns whether the map has changed. Lists `plex` anew before, if
        that is given and needed."""
        if self.setting or self._looked:
            return False
        self._looked = True
        before = self.path_map
        try:
            if plex:
                self.index.refresh(plex, self.clock())
            seen = self._seen()
        except _NO_ANSWER as error:  # the work itself can go on
            self.warn(f"paths: they could not be compared: {error}")
            return False
        self._learn(seen)
        return self.path_map != before

    def evidence(self) -> Evidence:
        """Checks the map in force with some files, and finds the pairs that they prove."""
        seen = self._seen()
        pairs = self.setting or [pair.pair for pair in self.memory.found]
        proven = infer.pairs(seen)
        why = silence(seen) if seen.size and not proven else ""
        return Evidence(infer.evidence(pairs, seen), proven, why)

    def _seen(self) -> file_pairs.Comparison:
        sample = [file_pairs.File(file.path, file.size) for file in self.stash.sample()]
        accepts = file_pairs.CandidateFilter(sample).accepts
        return file_pairs.compare(sample, self.index.files(accepts))

    def _learn(self, seen: file_pairs.Comparison) -> None:
        known = self.memory.found
        for old, now in zip(known, infer.evidence([o.pair for o in known], seen), strict=True):
            if now.is_denied and not old.is_denied:
                sentence = f"paths: no longer right: {words(now)}, earlier {of(old)} agreed"
                self.warn(f"{sentence}; {now.against[0]} does not agree")
        renewed = tuple(infer.renewed(known, seen))
        self.memory = Memory(renewed, self.clock())
        save(self.store, self.memory)
        for pair in renewed:
            if pair.pair not in [old.pair for old in known]:
                self.say(f"paths: found by comparing files: {words(pair)}")
        if not renewed and seen.size and not _look_the_same(seen):
            self.say(f"paths: {silence(seen)}")


def words(pair: PrefixPair) -> str:
    """A pair and its evidence, for the log."""
    return f"{'the same paths' if is_same(pair) else ' => '.join(pair.pair)}: {of(pair)} agree"


def of(pair: PrefixPair) -> str:
    return f"{pair.agree} of {pair.of}"


def _look_the_same(seen: file_pairs.Comparison) -> bool:
    files = [(twin.stash.file.path, twin.plex.file.path) for twin in seen.pairs]
    return bool(files) and all(paths.key(stash) == paths.key(plex) for stash, plex in files)


def silence(seen: file_pairs.Comparison) -> str:
    """Why the files prove nothing."""
    return (
        f"{len(seen.pairs)} of {seen.size} files in Stash fit a file in Plex, which does not prove any "
        "path map; Plex is asked for the same paths, or for those that Path Map says"
    )
