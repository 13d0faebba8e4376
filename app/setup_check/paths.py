"""Where Plex has Stash's files: how it calls their folders, and whether it has those of some scenes."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from app.run import Run
from app.setup_check import diagnosis
from app.setup_check.finding import Finding

if TYPE_CHECKING:
    from plex.client.section import Section
    from plex.library.path_map import Evidence
    from plex.path_map.infer import Found
    from plex.sync.decide import Decider
    from stash.scene import Scene

SHOWN = 20  # scenes without an item that are told of
Lost = dict[str, Any]


def mapped(run: Run, anew: bool) -> "Evidence":
    """The path map in force with its evidence; looked for if none is set. `anew`: Plex's files are
    listed whatever it says of its scans; LibraryEmpty if it had some and has none."""
    run.index.refresh(run.plex, run.clock(), force=anew)
    run.paths.look()
    return run.paths.evidence()


def of_map(run: Run, found: "Evidence") -> Iterator[Finding]:
    """The map in words."""
    from plex.library.path_map import words

    for one in found.found:
        yield diagnosis.pair(one, words(one), bool(run.config.path_map))
    if not found.found:
        yield diagnosis.unmapped(found.silence)


def map_as_json(run: Run, found: "Evidence") -> dict[str, Any]:
    """The pairs in force, those that files prove, and why these prove nothing."""

    def rows(some: "Iterable[Found]") -> list[dict[str, Any]]:
        return [one._asdict() | {"against": list(one.against)} for one in some]

    return {
        "set": bool(run.config.path_map),
        "pairs": rows(found.found),
        "proven": rows(found.proven),
        "silence": found.silence,
    }


@dataclass
class Sought:
    """Some scenes whose items were looked for."""

    looked_at: int = 0
    lost: "list[Scene]" = field(default_factory=list)
    ambiguous: list[str] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)


def sought(run: Run, pages: int, page: int) -> Sought:
    """Look for the items of some scenes as a sync does."""
    decider, found = _decider(run), Sought()
    for decision in decider.locate(run.stash.some(pages, page, decider.extras)):
        scene = decision.scene
        if decision.skip:
            found.skipped[decision.skip.reason] += 1
        if decision.is_missing:
            found.lost.append(scene)
        elif decision.unsure and not decision.sure:
            found.ambiguous.append(scene.label())
        found.looked_at += bool(decision.items) or decision.is_missing
    return found


def _decider(run: Run) -> "Decider":
    from plex.state.ledger import Ledger
    from plex.sync.decide import Decider

    settings = run.config.sync_settings(run.path_map)
    return Decider(run.stash, run.plex, run.index, Ledger(run.store), settings, run.clock)


def of_files(run: Run, found: Sought, lost: list[Lost], do: str) -> Iterator[Finding]:
    """What was found, in words; `lost` are some of those without an item."""
    example = ""
    for one in [row for scene in lost for row in scene["tried"]][:1]:
        example = f"{one['stash']} was looked for as {one['plex']} and {one['why']}"
    yield diagnosis.files(found.looked_at, len(found.lost), example, do)
    if found.ambiguous:
        yield diagnosis.ambiguous(found.ambiguous)
    if found.skipped:
        yield diagnosis.skipped(found.skipped)


def files_as_json(found: Sought, said: "Sequence[Finding]") -> dict[str, Any]:
    """`problem` if Plex has none of them."""
    given: dict[str, Any] = {"looked_at": found.looked_at, "unknown": len(found.lost)}
    if found.skipped:
        given["skipped"] = dict(found.skipped)
    if found.lost and len(found.lost) == found.looked_at:
        given["problem"] = said[0].line
    return given


def unmatched(run: Run, found: Sought, sections: "Sequence[Section]") -> list[Lost]:
    """Some scenes that Plex has no item for, with what was tried."""
    return [
        {"scene": one.id, "label": one.label(), "tried": _tried(run, one, sections)}
        for one in found.lost[:SHOWN]
    ]


def _tried(run: Run, scene: "Scene", sections: "Sequence[Section]") -> list[Lost]:
    """Each file of a scene, where it was looked for, in which library, and why it is not there."""
    from plex.path_map import paths

    given = []
    for file in scene.files:
        there = paths.plex_path(file.path, run.path_map)
        library = next(
            (s for s in sections if any(paths.is_below(there, r) for r in s.roots)), None
        )
        known = bool(run.index.find([paths.key(there)]))
        why = "is of another size there" if known else "is not there"
        given.append({
            "stash": file.path,
            "plex": there,
            "library": library.title if library else "",
            "why": why if library or known else f"{why}: no library has that folder",
        })  # fmt: skip
    return given


def advice(run: Run, found: "Evidence") -> str:
    from plex.library.path_map import words

    if not run.config.path_map:
        return "If Plex has it elsewhere, path_map can say where"
    if found.proven and {one.pair for one in found.proven} != set(run.config.path_map):
        return f"Is path_map right? The files say {'; '.join(map(words, found.proven))}"
    return "Is path_map right?"
