"""Where Plex has Stash's files: the path map, and whether Plex has the files of some scenes."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.run import Run
from app.setup_check import diagnosis
from app.setup_check.finding import Finding
from plex.client.section import Section
from plex.library.path_map import Evidence, words
from plex.path_map import paths
from plex.path_map.infer import PrefixPair
from plex.state.ledger import Ledger
from plex.sync.decide import Decider
from stash.scene import Scene

SHOWN = 20  # scenes without an item in the answer
Lost = dict[str, Any]


def mapped(run: Run, anew: bool) -> Evidence:
    """The path map in use with its evidence, inferred if none is set. With `anew` Plex's files are listed
    again in any case. Raises LibraryEmpty if a library has lost all its files."""
    run.index.refresh(run.plex, run.clock(), force=anew)
    run.paths.look()
    return run.paths.evidence()


def of_map(run: Run, evidence: Evidence) -> Iterator[Finding]:
    """Findings about the map."""
    for pair in evidence.found:
        yield diagnosis.pair(pair, words(pair), bool(run.config.path_map))
    if not evidence.found:
        yield diagnosis.unmapped(evidence.silence)


def map_as_json(run: Run, evidence: Evidence) -> dict[str, Any]:
    """The pairs in use, the pairs that files prove, and why files prove none."""

    def rows(pairs: Iterable[PrefixPair]) -> list[dict[str, Any]]:
        return [pair._asdict() | {"against": list(pair.against)} for pair in pairs]

    return {
        "set": bool(run.config.path_map),
        "pairs": rows(evidence.found),
        "proven": rows(evidence.proven),
        "silence": evidence.silence,
    }


@dataclass
class Search:
    """The results of a search for the items of some scenes."""

    looked_at: int = 0
    lost: list[Scene] = field(default_factory=list)
    ambiguous: list[str] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)


def search(run: Run, pages: int, page: int) -> Search:
    """Look for the items of some scenes as a sync does."""
    decider, result = _decider(run), Search()
    for decision in decider.locate(run.stash.some(pages, page, decider.extras)):
        scene = decision.scene
        if decision.skip:
            result.skipped[decision.skip.reason] += 1
        if decision.is_missing:
            result.lost.append(scene)
        elif decision.unsure and not decision.sure:
            result.ambiguous.append(scene.label())
        result.looked_at += bool(decision.items) or decision.is_missing
    return result


def _decider(run: Run) -> Decider:
    settings = run.config.sync_settings(run.path_map)
    return Decider(run.stash, run.plex, run.index, Ledger(run.store), settings, run.clock)


def of_files(run: Run, result: Search, lost: list[Lost], do: str) -> Iterator[Finding]:
    """Findings about the search. `lost` are some scenes without an item."""
    example = ""
    for file in [tried for scene in lost for tried in scene["tried"]][:1]:
        example = f"{file['stash']} was looked for as {file['plex']} and {file['why']}"
    yield diagnosis.files(result.looked_at, len(result.lost), example, do)
    if result.ambiguous:
        yield diagnosis.ambiguous(result.ambiguous)
    if result.skipped:
        yield diagnosis.skipped(result.skipped)


def files_as_json(result: Search, findings: Sequence[Finding]) -> dict[str, Any]:
    """The search as JSON, with a `problem` if Plex has none of the files."""
    given: dict[str, Any] = {"looked_at": result.looked_at, "unknown": len(result.lost)}
    if result.skipped:
        given["skipped"] = dict(result.skipped)
    if result.lost and len(result.lost) == result.looked_at:
        given["problem"] = findings[0].line
    return given


def unmatched(run: Run, result: Search, sections: Sequence[Section]) -> list[Lost]:
    """Some scenes without an item in Plex, with the paths that were tried."""
    return [
        {"scene": scene.id, "label": scene.label(), "tried": _tried(run, scene, sections)}
        for scene in result.lost[:SHOWN]
    ]


def _tried(run: Run, scene: Scene, sections: Sequence[Section]) -> list[Lost]:
    """Each file of a scene: where it was looked for, in which library, and what was found."""
    given = []
    for file in scene.files:
        there = paths.plex_path(file.path, run.path_map)
        library = next((s for s in sections if paths.is_in(there, s.roots)), None)
        known = bool(run.index.find([paths.key(there)]))
        why = "is of another size there" if known else "is not there"
        given.append({
            "stash": file.path,
            "plex": there,
            "library": library.title if library else "",
            "why": why if library or known else f"{why}: no library has that folder",
        })  # fmt: skip
    return given


def advice(run: Run, evidence: Evidence) -> str:
    if not run.config.path_map:
        return "If Plex has it elsewhere, set Path Map"
    if evidence.proven and {pair.pair for pair in evidence.proven} != set(run.config.path_map):
        return f"Is Path Map right? The files prove {'; '.join(map(words, evidence.proven))}"
    return "Is Path Map right?"
