"""What Health Check says of paths: how Plex calls Stash's folders, and whether it has the files."""

from typing import TYPE_CHECKING, Any

from app.run import Run
from app.words import many
from stash import wire

if TYPE_CHECKING:
    from plex.infer import Found

SAMPLE = 20  # scenes whose files are looked for


def places(run: Run) -> dict[str, Any]:
    """The path map in force with its evidence, and some scenes looked for by it."""
    run.index.refresh(run.plex, run.clock())
    run.paths.look()
    found, proven = run.paths.evidence()
    is_set = bool(run.config.path_map)
    for one in found:
        wire.info(f"paths: {_words(one)}, {'as path_map says' if is_set else 'found by itself'}")
    if not found:
        wire.info("paths: Plex is taken to have the files where Stash has them")
    pairs = [{"stash": o.stash, "plex": o.plex, "agree": o.agree, "of": o.of} for o in found]
    return {"paths": {"set": is_set, "pairs": pairs}, "files": _files_known(run, proven)}


def _words(one: "Found") -> str:
    from plex.mapping import words

    return words(one)


def _files_known(run: Run, proven: "list[Found]") -> dict[str, Any]:
    """Whether Plex has the files of some scenes: a wrong path_map shows itself here."""
    from plex import paths

    path_map, page = run.path_map, next(iter(run.stash.walk(page=SAMPLE)), [])
    scenes = [scene for scene in page if scene.files]
    unknown = [
        scene.files[0].path
        for scene in scenes
        if not run.index.find(paths.candidates((f.path for f in scene.files), path_map))
    ]
    said = f"Plex has the files of {len(scenes) - len(unknown)} of {many(len(scenes), 'scene')}"
    found: dict[str, Any] = {"looked_at": len(scenes), "unknown": len(unknown)}
    if not unknown:
        wire.info(said)
        return found
    there = paths.plex_path(unknown[0], path_map)
    said += f": {unknown[0]} was looked for as {there} and is not there; {_advice(run, proven)}"
    wire.warning(said)
    return found | ({"problem": said} if len(unknown) == len(scenes) else {})


def _advice(run: Run, proven: "list[Found]") -> str:
    if not run.config.path_map:
        return "path_map can say where it is, if Plex has it"
    if proven and {one.pair for one in proven} != set(run.config.path_map):
        return f"is path_map right? The files say {'; '.join(map(_words, proven))}"
    return "is path_map right?"
