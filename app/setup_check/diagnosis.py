"""From facts to findings: the meaning of each fact, and what a person can do. Pure."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import errors
from app.phrasing import by_reason, many, sized
from app.setup_check.finding import ERROR, NOTE, OK, WARNING, Finding
from plex.state.scene_state import HIDDEN

if TYPE_CHECKING:
    from plex.client.section import Section
    from plex.path_map.infer import PrefixPair

SETTINGS = "Settings > Plugins > Stash2Plex"
REPLACED = (
    "Remove the other one in Settings > Plugins, then press Reload plugins (docs/migrating.md)"
)
ROOM = 200 << 20  # bytes that should be free; at least the size of our files
LEAST = 20 << 20
OWNER = "Set Plex Token to a token of the account that owns the server (README, First steps)"
_CAUSES = {
    "refused": "Check that Plex runs, and that Plex URL is its address: inside Stash's container, "
    "localhost is that container",
    "tls": "Use its plex.direct name, http within your network, or the setting Insecure TLS",
    "starting": "Wait until Plex is up",
    "gateway": "Set Plex URL to Plex itself, on port 32400",
    "token": OWNER,
    "library": "Check that its disk is mounted, and the names in Plex Libraries",
}
_CAUSES |= dict.fromkeys(("timeout", "dns"), _CAUSES["refused"])


def failed(id: str, error: errors.Stash2PlexError) -> Finding:
    """A check that failed with an error."""
    return Finding(id, ERROR, str(error), advice(error))


def advice(error: errors.Stash2PlexError) -> str:
    """Advice for an error."""
    if error.server == errors.STASH:
        refused = isinstance(error, errors.Refused)
        return "Name a file with an API key of Stash" if refused else "Check that Stash runs"
    if isinstance(error, errors.SetupError) and not error.server:
        return ""  # its sentence has the advice
    return _CAUSES.get(error.cause, "Try again; if the error stays, look into Plex's log")


# -- the plugin itself


def plugin(loaded: Mapping[str, str], ours: Mapping[str, str], id: str) -> Finding:
    """Whether Stash has loaded this plugin under our id; both have `version` and `url`."""
    if loaded == ours:
        return Finding("plugin", OK, f"Stash has loaded {id} {ours['version']}")
    if not loaded:
        said = f"Stash has loaded no plugin {id}: its hooks, tasks and page are missing"
        return Finding("plugin", ERROR, said, "Press Reload plugins in Settings > Plugins")
    if loaded["url"] == ours["url"]:
        said = f"Stash has loaded version {loaded['version']}, and this is {ours['version']}"
        return Finding("plugin", WARNING, said, "Press Reload plugins in Settings > Plugins")
    where = f"version {loaded['version'] or 'unknown'}, {loaded['url'] or 'without an address'}"
    said = f"Stash has loaded another plugin with the id {id} ({where})"
    return Finding("plugin", ERROR, said, REPLACED)


def foreign_data(name: str) -> Finding:
    """A folder of another plugin inside our folder."""
    said = (
        f"the plugin's folder contains a folder “{name}” of an older plugin with the same id, which is "
        "not used and not changed"
    )
    do = "Delete it if you do not want the other plugin back"
    return Finding("plugin.data", NOTE, said, do)


# -- servers


def stash(version: str, oldest: str, is_older: bool) -> Finding:
    """Whether this version of Stash is new enough."""
    if version == "unknown":
        said = "Stash answers, but this unofficial build does not give its version"
        do = f"Use a build that is at least as new as Stash {oldest}"
        return Finding("stash.version", NOTE, said, do)
    if is_older:
        said = f"Stash {version} is too old: Stash2Plex needs {oldest} or newer"
        return Finding("stash.version", ERROR, said, "Update Stash")
    return Finding("stash.version", OK, f"Stash {version} answers")


def no_plex(error: errors.Stash2PlexError) -> Finding:
    """Plex does not answer, or refuses us."""
    if isinstance(error, errors.Refused):
        return failed("plex.token", error)
    if isinstance(error, errors.SetupError) and not error.server:
        return Finding("plex.settings", ERROR, str(error), f"See {SETTINGS}")
    return failed("plex.reach", error)


def owner(is_owners: bool) -> Finding:
    if is_owners:
        return Finding("plex.owner", OK, "Plex Token belongs to the server's owner")
    said = "Plex Token does not belong to the server's owner: Plex lets it read, and refuses edits"
    return Finding("plex.owner", ERROR, said, OWNER)


def edits(several: "bool | None", adds: "bool | None", rates_apart: bool) -> list[Finding]:
    """How Plex takes edits, as far as that has shown; see `Traits`."""
    found = []
    if several is False:
        said = "Plex edits only some of several items: each item gets an edit of its own"
        found.append(Finding("plex.edits", NOTE, said))
    elif adds is False:
        said = "Plex replaces lists when it edits several items: each item that gets a name gets an edit"
        found.append(Finding("plex.edits", NOTE, said + " of its own"))
    elif several:
        found.append(Finding("plex.edits", OK, "Plex edits many items in one request"))
    if rates_apart:
        said = "Plex takes no rating in an edit: each rating has a request of its own"
        found.append(Finding("plex.edits", NOTE, said))
    return found


def libraries(known: "Sequence[Section]", chosen: "Sequence[Section]") -> Finding:
    """Which libraries are synced."""
    if chosen:
        names = ", ".join(f"“{library.title}”" for library in chosen)
        return Finding("plex.libraries", OK, f"Plex: these libraries are synced: {names}")
    others = ", ".join(f"“{library.title}” ({library.type})" for library in known)
    has = f"it has {others}" if others else "it shows none at all"
    said = f"Plex has no library of movie type: {has}"
    return Finding("plex.libraries", ERROR, said, "Make one of type Movies or Other Videos there")


def no_library(error: errors.Stash2PlexError) -> Finding:
    """The synced libraries are not known."""
    if isinstance(error, errors.SetupError):
        do = "Write Plex Libraries in one of these ways, or leave it blank"
        return Finding("plex.libraries", ERROR, str(error), do)
    return failed("plex.libraries", error)


def agent(library: "Section") -> Finding:
    """The effect of a library's agent on our values."""
    if library.agent.endswith(".agents.none"):
        said = f"“{library.title}” is a library of personal media ({library.agent}): no agent writes to its items"
        return Finding("plex.agent", OK, said)
    if library.agent.startswith("tv.plex.agents.nfo."):
        said = (
            f"“{library.title}” reads NFO files ({library.agent}): values from Stash are locked and stay; a "
            "refresh fills fields that Stash leaves empty, and fields that are not locked, from those files"
        )
        do = "Nothing if you want that; otherwise choose the agent Personal Media, or remove the NFO files"
        return Finding("plex.agent", NOTE, said, do)
    kind = "an agent that looks things up itself"
    if library.agent.startswith("tv.plex.agents.custom"):
        kind = "a metadata provider of its own"
    elif library.agent.startswith("com.plexapp.agents."):
        kind = "an old agent, which Plex is about to drop"
    said = (
        f"“{library.title}” has {kind} ({library.agent or 'unnamed'}): values from Stash are locked and "
        "stay; the agent fills fields that Stash leaves empty, and its list entries stay"
    )
    do = "Nothing if you want that; otherwise choose the agent Personal Media in the library's settings"
    return Finding("plex.agent", NOTE, said, do)


def empty(library: "Section") -> Finding:
    said = f"“{library.title}” has no items"
    folders = ", ".join(library.roots) or "none"
    do = f"Let Plex scan it, and check that its folders exist: {folders}"
    return Finding("plex.empty", WARNING, said, do)


def unlisted(line: str) -> Finding:
    """A library that Plex could not list as a whole."""
    do = "Look into Plex's log; Optimize Database in Plex's Troubleshooting settings may repair it"
    return Finding("plex.client.listing", WARNING, line, do)


# -- paths


def pair(one: "PrefixPair", words: str, is_set: bool) -> Finding:
    """A pair of the path map, and whether files prove it."""
    whose = "from Path Map" if is_set else "inferred"
    if one.is_denied or (one.of and not one.agree):
        do = (
            "Correct Path Map, or leave it blank" if is_set else "Set Path Map if files are missing"
        )
        return Finding("paths.map", WARNING, f"paths: {words}, {whose}: no longer right", do)
    if not one.of:
        said = f"paths: {words}, {whose}: no file proves or disproves it"
        return Finding("paths.map", NOTE, said, "Check that its folders have files on both sides")
    return Finding("paths.map", OK, f"paths: {words}, {whose}")


def unmapped(silence: str) -> Finding:
    """There is no map."""
    if not silence:
        said = "paths: files are expected at the same paths in Plex and Stash"
        return Finding("paths.map", OK, said)
    do = "Nothing if Plex has the files at the same paths; otherwise set Path Map"
    return Finding("paths.map", NOTE, f"paths: no map can be inferred: {silence}", do)


def files(looked_at: int, unknown: int, example: str, do: str) -> Finding:
    """Whether Plex has the files of some scenes. `example` is a file that it does not have."""
    said = f"Plex has the files of {looked_at - unknown} of {many(looked_at, 'scene')}"
    if not unknown:
        return Finding("files", OK, said)
    return Finding("files", ERROR if unknown == looked_at else WARNING, f"{said}: {example}", do)


def ambiguous(labels: Sequence[str]) -> Finding:
    said = f"{many(len(labels), 'scene')} not synced, since several items fit: {labels[0]}"
    do = "Name the right library in Plex Libraries, or switch on Allow Ambiguous Match"
    return Finding("files.ambiguous", WARNING, said, do)


def skipped(counts: Mapping[str, int]) -> Finding:
    """Scenes that settings leave out."""
    said = f"settings leave scenes out, of those checked: {by_reason(counts)}"
    return Finding("files.skipped", NOTE, said, "Nothing, if you want that")


# -- settings


def setting(name: str, said: str) -> Finding:
    """A value that cannot be used or has consequences."""
    return Finding(f"settings.{name}", WARNING, said, f"Correct it in Stash under {SETTINGS}")


def paused() -> Finding:
    said = "paused by the setting Pause: nothing is written to Plex, and changes are kept"
    return Finding("settings.paused", WARNING, said, "Switch Pause off to go on")


# -- what is on disk


def disk(free: int, ours: int) -> Finding:
    """Whether the disk has room for a second copy of our files."""
    said = f"disk: {sized(free)} free, our files take {sized(ours)}"
    do = "Make room on the disk with Stash's config folder"
    if free < LEAST:
        return Finding("disk", ERROR, f"{said}: it is full", do)
    if free < max(ROOM, ours):
        return Finding("disk", WARNING, f"{said}: it is nearly full", do)
    return Finding("disk", OK, said)


def aside(names: Sequence[str]) -> Finding:
    said = f"unreadable files were set aside earlier: {', '.join(names)}"
    return Finding("state.aside", NOTE, said, "Delete them if you do not need them")


def state(said: str) -> Finding:
    """A warning from the opening of a state file."""
    return Finding("state", WARNING, said, "Sync All Scenes to Plex restores lost state")


def overheard(line: str, settings: Sequence[str]) -> Finding:
    """A warning that a setting (those are in `settings`), Plex's files or a state file caused."""
    if line in settings:
        return setting(line.partition(":")[0], line)
    if line.startswith("paths: "):
        return Finding("paths.map", WARNING, line, "Nothing, if another map was inferred")
    if line.startswith("Plex lists nothing"):
        return Finding("plex.empty", WARNING, line, _CAUSES["library"])
    if line.startswith(HIDDEN):
        return unlisted(line)
    return state(line)


def queue(counts: Mapping[str, Any], is_paused: bool) -> list[Finding]:
    """Waiting jobs and dead letters."""
    waiting = sum(counts[name] for name in ("pending", "waiting", "in_progress"))
    findings = []
    if dead := counts["dead"]:
        why = next(iter(counts["dead_by_error"]), "")
        said = f"queue: {many(dead, 'dead letter')}, most with: {why}"
        do = "Remove the cause, then run Retry Dead Letters (View Queue Status lists them)"
        findings.append(Finding("queue.dead", WARNING, said, do))
    if counts["pending"] and not (counts["draining"] or is_paused):
        said = f"queue: {many(counts['pending'], 'job')} due, and no sync is running"
        findings.append(Finding("queue.idle", NOTE, said, "Run Process Queue"))
    jobs = f"{counts['pending']} due, {counts['waiting']} for later, {counts['in_progress']} in progress"
    said = f"queue: {jobs}" if waiting else "queue: empty"
    return [*findings, Finding("queue", OK, said)]


def outage(since: str, held: int) -> Finding:
    said = f"Plex has been away since {since}: {many(held, 'job')} kept"
    return Finding("queue.outage", NOTE, said, "Nothing: the sync goes on when Plex is back")


def held(number: int) -> Finding:
    said = f"{many(number, 'scene')} held and not synced"
    return Finding("queue.held", NOTE, said, "Resume Held Scenes releases them")


def reconciliation(status: Mapping[str, Any]) -> Finding:
    """The state of automatic reconciliations."""
    if status["last_failure"]:
        said = f"the last reconciliation failed: {status['last_failure']}"
        do = "Remove the cause, then run Reconcile Library (All)"
        return Finding("reconciliation", WARNING, said, do)
    if status["interval"] == "never":
        said = "automatic runs are off: only a task finds changes that no save reports"
        return Finding("reconciliation", NOTE, said, "Set Reconcile Interval, for example to daily")
    said = f"reconciliation: {status['interval']}, {status['message']}"
    return Finding("reconciliation", OK, said)
