"""The checks of Check Setup and Health Check. Each checks a single thing, and adds findings and facts."""

import os
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import errors
from app.dashboard import notifications, overview
from app.packages.requirements import satisfies
from app.phrasing import moment
from app.run import Run
from app.setup_check import diagnosis, paths, self_test, settings_report
from app.setup_check.finding import NOTE, OK, Finding
from disk import lock
from plex.client.section import Section, numbered
from stash import stdio
from sync_queue import inbox

PLUGIN_FOLDER = Path(__file__).resolve().parents[2]
LETTERS = 20  # dead letters in the answer
THEIR_DATA = "data"  # where an older public plugin with our id keeps its queue


class Visit:
    """The results so far: `findings` for a person, `facts` for a program."""

    def __init__(self, run: Run, scenes: tuple[int, int]) -> None:
        self.run, self.scenes = run, scenes
        self.findings: list[Finding] = []
        self.facts: dict[str, Any] = {}
        self.known: Sequence[Section] = ()  # all libraries
        self.chosen: Sequence[Section] = ()  # the libraries that are synced
        self.is_empty = False  # whether a chosen library is empty

    def tell(self, *findings: Finding) -> None:
        """Add findings that no check has added yet."""
        known = {finding.said for finding in self.findings}
        self.findings += [finding for finding in findings if finding.said not in known]

    def answers(self, server: str) -> bool:
        """Whether `stash` or `plex` was reached."""
        return bool(self.facts.get(server, {}).get("reachable"))


Check = Callable[[Visit], None]


def failed(id: str, error: Exception) -> Finding:
    from app.lane import in_words

    if isinstance(error, errors.LibraryEmpty):
        return diagnosis.failed("plex.empty", error)
    if isinstance(error, errors.Stash2PlexError):
        return diagnosis.failed(id, error)
    return diagnosis.failed(id, errors.SetupError(in_words(error)))


# -- facts that View Queue Status shows too


def probed(run: Run, name: str) -> "tuple[dict[str, Any], errors.Stash2PlexError | None]":
    """Whether `stash` or `plex` answers, and the error if not."""
    try:
        version = run.stash.version() if name == "stash" else run.plex.version
    except errors.Stash2PlexError as error:
        run.contacts.failed(name, str(error))
        return {"reachable": False, "problem": str(error)}, error
    run.contacts.answered(name, version)
    return {"reachable": True, "version": version}, None


def queue_counts(run: Run) -> dict[str, Any]:
    """The number of jobs in each state. Flags that no drain has swept count as pending."""
    counts: dict[str, Any] = dict(run.jobs.counts(run.clock()))
    counts["pending"] += len(inbox.flags(run.data_dir))
    counts["dead_by_error"] = run.jobs.dead_by_error()
    counts["dead_letters"] = [
        {"kind": letter.job.kind, "id": letter.job.id, "error": letter.error, "at": letter.at}
        for letter in run.jobs.dead_letters(LETTERS)
    ]
    counts["draining"] = lock.is_held(os.path.join(run.data_dir, inbox.LOCK))
    return counts


def outage_of(run: Run) -> "dict[str, Any] | None":
    """The outage of Plex, None while there is none."""
    return overview.outage(asdict(run.outages.circuit), run.work_left())


# -- the checks


def check_state(visit: Visit) -> None:
    """Open every state file, and report files that were set aside."""
    run = visit.run
    opening: Sequence[Callable[[], object]] = (
        lambda: run.jobs,
        lambda: run.store,
        lambda: run.outages.circuit,
        lambda: run.scheduler.status(run.clock()),
    )
    for opened in opening:
        try:
            opened()
        except (errors.Stash2PlexError, OSError) as error:
            visit.tell(failed("state", error))
    for line in dict.fromkeys([*run.scheduler.notices, *run.outages.notices]):
        visit.tell(diagnosis.state(line))


def check_plugin(visit: Visit) -> None:
    """Check which plugin Stash has loaded: an older public plugin has the same id."""
    loaded = visit.run.stash.loaded_plugin(stdio.PLUGIN_ID)
    visit.tell(diagnosis.plugin(loaded, about(), stdio.PLUGIN_ID))
    if (PLUGIN_FOLDER / THEIR_DATA).is_dir():
        visit.tell(diagnosis.foreign_data(THEIR_DATA))


def about() -> dict[str, str]:
    """`version` and `url` of the plugin's manifest. Read without PyYAML, which is not installed."""
    text = (PLUGIN_FOLDER / f"{stdio.PLUGIN_ID}.yml").read_text(encoding="utf-8")
    return dict(re.findall(r"^(version|url): *(.+?) *$", text, re.MULTILINE))


def check_stash(visit: Visit) -> None:
    from stash.transport import OLDEST

    visit.facts["stash"], error = probed(visit.run, "stash")
    if error:
        visit.tell(diagnosis.failed("stash.reach", error))
    else:
        version = visit.facts["stash"]["version"]
        visit.tell(diagnosis.stash(version, OLDEST, not satisfies(version, f">={OLDEST}")))


def check_settings(visit: Visit) -> None:
    from validation.config import shown

    config = visit.run.config
    rows = settings_report.rows(config, visit.run.settings_warnings, shown())
    visit.facts["settings"] = rows
    if config.paused:
        visit.tell(diagnosis.paused())
    if config.poster_fit:
        from plex.images import letterbox

        if not letterbox.available():
            visit.tell(diagnosis.setting("poster_fit", letterbox.MISSING))
    if config.notify and (problem := notifications.problem(visit.run.data_dir)):
        visit.tell(diagnosis.setting("notify", problem))
    visit.tell(Finding("settings", OK, settings_report.changed(rows)))


def check_plex(visit: Visit) -> None:
    if not visit.answers("stash"):
        said = "Plex is not checked: its address is in Stash's settings"
        visit.facts["plex"] = {"reachable": False, "problem": said}
        visit.tell(Finding("plex.reach", NOTE, said))
        return
    visit.facts["plex"], error = probed(visit.run, "plex")
    if error:
        visit.tell(diagnosis.no_plex(error))
    else:
        said = f"Plex {visit.run.plex.version} answers"
        visit.tell(Finding("plex.reach", OK, said))


def check_owner(visit: Visit) -> None:
    try:
        is_owners = visit.facts["plex"]["owner"] = visit.run.plex.is_owners()
        visit.tell(diagnosis.owner(is_owners))
    except errors.Stash2PlexError as error:
        said = f"it is unknown whether Plex Token belongs to the server's owner: {error}"
        visit.tell(Finding("plex.owner", NOTE, said, diagnosis.OWNER))


def check_edits(visit: Visit) -> None:
    """Report how Plex takes edits, as far as the first edits have shown it."""
    from plex.state.self_tests import SelfTests
    from plex.sync.together import ADDS, SEVERAL, Traits

    result = SelfTests(visit.run.store).result
    visit.facts["plex"]["test"] = self_test.facts(result)
    if result:
        visit.tell(*self_test.findings(result, visit.run.plex.version))
    traits = Traits(visit.run.store)
    several, adds = traits.knows(SEVERAL), traits.knows(ADDS)
    apart = traits.rates_apart
    visit.facts["plex"]["edits"] = {"several": several, "adds": adds, "rates_apart": apart}
    visit.tell(*diagnosis.edits(several, adds, apart))


def check_libraries(visit: Visit) -> None:
    """Check which libraries there are and which are synced. The check that lists files reports a library
    without a number."""
    plex = visit.facts["plex"]
    try:
        visit.known = numbered(visit.run.plex.libraries())
        visit.chosen = numbered(visit.run.plex.sections())
        visit.tell(diagnosis.libraries(visit.known, visit.chosen))
    except errors.Stash2PlexError as error:
        plex["problem"] = str(error)
        visit.tell(diagnosis.no_library(error))
    chosen = {library.id for library in visit.chosen}
    plex["libraries"] = [
        {"name": library.title, "id": library.id, "type": library.type, "agent": library.agent,
         "language": library.language, "items": None, "chosen": library.id in chosen,
         "roots": list(library.roots)}
        for library in visit.known
    ]  # fmt: skip


def check_agents(visit: Visit) -> None:
    """Check the agents of the synced libraries, and whether the libraries are empty."""
    counts = {library.id: _count(visit, library) for library in visit.chosen}
    for row in visit.facts.get("plex", {}).get("libraries", ()):
        row["items"] = counts.get(row["id"])
    for library in visit.chosen:
        visit.tell(diagnosis.agent(library))
        if counts[library.id] == 0:
            visit.is_empty = True
            visit.tell(diagnosis.empty(library))


def _count(visit: Visit, library: Section) -> "int | None":
    """The number of items. None for a library that Plex cannot list, which another check reports."""
    try:
        return visit.run.plex.count(library.id)
    except (errors.Busy, errors.Rejected, errors.Gone):
        return None


def check_places(visit: Visit) -> None:
    run, facts = visit.run, visit.facts
    if not visit.chosen:
        return
    evidence = paths.mapped(run, anew=visit.is_empty)
    unlisted = [library.line for library in run.index.unlisted.parts().values()]
    visit.tell(*map(diagnosis.unlisted, unlisted))
    facts["paths"] = paths.map_as_json(run, evidence)
    visit.tell(*paths.of_map(run, evidence))
    result = paths.search(run, *visit.scenes)
    facts["unmatched"] = paths.unmatched(run, result, visit.chosen)
    findings = list(paths.of_files(run, result, facts["unmatched"], paths.advice(run, evidence)))
    facts["files"] = paths.files_as_json(result, findings)
    visit.tell(*findings)


def check_queue(visit: Visit) -> None:
    counts = visit.facts["queue"] = queue_counts(visit.run)
    paused = visit.run.knows_settings and visit.run.config.paused
    visit.tell(*diagnosis.queue(counts, paused))


def check_history(visit: Visit) -> None:
    """Check recent trouble, and held scenes."""
    run, queue = visit.run, visit.facts.setdefault("queue", {})
    outage = outage_of(run)
    if outage and not outage["refused"]:  # check_plex reports a refusal
        visit.tell(diagnosis.outage(moment(outage["since"]), outage["held"]))
    queue["outage"] = outage
    queue["held"] = len(run.journal.held())
    if queue["held"]:
        visit.tell(diagnosis.held(queue["held"]))
    interval = run.config.reconcile_interval if run.knows_settings else None
    queue["reconciliation"] = run.scheduler.status(run.clock(), interval)
    visit.tell(diagnosis.reconciliation(queue["reconciliation"]))


def check_disk(visit: Visit) -> None:
    folder = visit.run.data_dir
    sizes = {entry.name: _size(entry) for entry in os.scandir(folder)}
    files = [name for _, _, names in os.walk(folder) for name in names]
    asides = sorted(name for name in files if name.endswith(".aside"))
    usage, ours = shutil.disk_usage(folder), sum(sizes.values())
    visit.facts["disk"] = {
        "free": usage.free, "total": usage.total, "ours": ours,
        "files": dict(sorted(sizes.items())), "aside": asides,
    }  # fmt: skip
    visit.tell(diagnosis.disk(usage.free, ours))
    if asides:
        visit.tell(diagnosis.aside(asides))


def _size(entry: "os.DirEntry[str]") -> int:
    """The bytes of a file, or of all files in a folder. Files may vanish meanwhile."""
    if not entry.is_dir(follow_symlinks=False):
        return _bytes(entry.path)
    files = [os.path.join(at, name) for at, _, names in os.walk(entry.path) for name in names]
    return sum(map(_bytes, files))


def _bytes(path: str) -> int:
    try:
        return os.lstat(path).st_size
    except OSError:
        return 0


# Each check by its id, with the server that has to answer for it; '' for none.
WHOLE: tuple[tuple[str, Check, str], ...] = (
    ("state", check_state, ""),
    ("stash.reach", check_stash, ""),
    ("plugin", check_plugin, "stash"),
    ("settings", check_settings, "stash"),
    ("plex.reach", check_plex, ""),
    ("plex.owner", check_owner, "plex"),
    ("plex.edits", check_edits, "plex"),
    ("plex.libraries", check_libraries, "plex"),
    ("plex.agent", check_agents, ""),
    ("paths", check_places, ""),
    ("queue", check_queue, ""),
    ("queue.history", check_history, ""),
    ("disk", check_disk, ""),
)
_QUICK = ("stash.reach", "plex.reach", "plex.libraries", "paths", "queue")
QUICK = tuple(row for row in WHOLE if row[0] in _QUICK)
