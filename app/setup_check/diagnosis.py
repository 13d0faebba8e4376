"""From facts to findings: what each of them means, and what a person can do. Pure."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import errors
from app.phrasing import by_reason, many, sized
from app.setup_check.finding import ERROR, NOTE, OK, WARNING, Finding
from plex.state.scene_state import HIDDEN

if TYPE_CHECKING:
    from plex.client.section import Section
    from plex.path_map.infer import Found

SETTINGS = "Settings > Plugins > Stash2Plex"
REPLACED = (
    "Remove the other one in Settings > Plugins, then press Reload plugins (docs/migrating.md)"
)
ROOM = 200 << 20  # bytes that should be free, or what is kept once more
LEAST = 20 << 20
OWNER = "Set plex_token to one of the account that owns the server (README, First steps)"
_CAUSES = {
    "refused": "Look whether Plex runs, and whether plex_url is its address: seen from Stash's "
    "container, localhost is that container",
    "tls": "Use its plex.direct name, http within your network, or plex_insecure_tls",
    "starting": "Wait until Plex is up",
    "gateway": "Let plex_url lead to Plex itself, on port 32400",
    "token": OWNER,
    "library": "Look whether its disk is mounted, and what plex_library names",
}
_CAUSES |= dict.fromkeys(("timeout", "dns"), _CAUSES["refused"])


def failed(id: str, error: errors.Stash2PlexError) -> Finding:
    """A check that could not be made."""
    return Finding(id, ERROR, str(error), advice(error))


def advice(error: errors.Stash2PlexError) -> str:
    """What a person can do about an error."""
    if error.server == errors.STASH:
        refused = isinstance(error, errors.Refused)
        return "Name a file with an API key of Stash" if refused else "Look whether Stash runs"
    if isinstance(error, errors.SetupError) and not error.server:
        return ""  # its own sentence says it
    return _CAUSES.get(error.cause, "Try again; if it lasts, look into Plex's log")


# -- the plugin itself


def plugin(loaded: Mapping[str, str], ours: Mapping[str, str], id: str) -> Finding:
    """Whether what Stash has loaded under our id is what runs here; each has `version` and `url`."""
    if loaded == ours:
        return Finding("plugin", OK, f"Stash has loaded {id} {ours['version']}")
    if not loaded:
        said = f"Stash has loaded no plugin {id}: its hooks, tasks and page are not there"
        return Finding("plugin", ERROR, said, "Press Reload plugins in Settings > Plugins")
    if loaded["url"] == ours["url"]:
        said = f"Stash has loaded version {loaded['version']}, and this is {ours['version']}"
        return Finding("plugin", WARNING, said, "Press Reload plugins in Settings > Plugins")
    where = f"version {loaded['version'] or 'unknown'}, {loaded['url'] or 'without an address'}"
    said = f"Stash has loaded another plugin with the id {id} ({where})"
    return Finding("plugin", ERROR, said, REPLACED)


def foreign_data(name: str) -> Finding:
    """A folder in the plugin's folder that is none of ours."""
    said = (
        f"the plugin's folder has a folder “{name}” in it, of an older plugin with the same id: "
        "nothing in it is used, and it is left alone"
    )
    do = "Delete it once you do not want the other plugin back"
    return Finding("plugin.data", NOTE, said, do)


# -- servers


def stash(version: str, oldest: str, is_older: bool) -> Finding:
    """Whether that version knows all that is asked of it."""
    if version == "unknown":
        said = "Stash answers, an unofficial build that does not tell its version"
        return Finding("stash.version", NOTE, said, f"Take one that has all of Stash {oldest}")
    if is_older:
        said = (
            f"Stash {version} is older than {oldest}, the first that knows all that is asked of it"
        )
        return Finding("stash.version", ERROR, said, "Update Stash")
    return Finding("stash.version", OK, f"Stash {version} answers")


def no_plex(error: errors.Stash2PlexError) -> Finding:
    """Plex cannot be spoken to."""
    if isinstance(error, errors.Refused):
        return failed("plex.token", error)
    if isinstance(error, errors.SetupError) and not error.server:
        return Finding("plex.settings", ERROR, str(error), f"See {SETTINGS}")
    return failed("plex.reach", error)


def owner(is_owners: bool) -> Finding:
    if is_owners:
        return Finding("plex.owner", OK, "plex_token is that of the server's owner")
    said = "plex_token is not that of the server's owner: Plex lets it look, and takes no edits"
    return Finding("plex.owner", ERROR, said, OWNER)


def libraries(known: "Sequence[Section]", chosen: "Sequence[Section]") -> Finding:
    """Which libraries are synced."""
    if chosen:
        names = ", ".join(f"“{one.title}”" for one in chosen)
        return Finding("plex.libraries", OK, f"Plex: synced is {names}")
    others = ", ".join(f"“{one.title}” ({one.type})" for one in known)
    has = f"it has {others}" if others else "it shows none at all"
    said = f"Plex has no library of movie type: {has}"
    return Finding("plex.libraries", ERROR, said, "Make one of type Movies or Other Videos there")


def no_library(error: errors.Stash2PlexError) -> Finding:
    """Which are synced cannot be told."""
    if isinstance(error, errors.SetupError):
        do = "Write plex_library in one of these ways, or leave it blank"
        return Finding("plex.libraries", ERROR, str(error), do)
    return failed("plex.libraries", error)


def agent(one: "Section") -> Finding:
    """What the agent of a library means for what we write."""
    if one.agent.endswith(".agents.none"):
        said = f"“{one.title}” is of personal media ({one.agent}): nothing else writes to its items"
        return Finding("plex.agent", OK, said)
    if one.agent.startswith("tv.plex.agents.nfo."):
        said = (
            f"“{one.title}” reads NFO files ({one.agent}): what is written from Stash is locked and "
            "stays; a refresh takes from them what Stash says nothing of, and what is not locked"
        )
        do = (
            "Nothing if that is meant; else choose Personal Media as agent, or remove the NFO files"
        )
        return Finding("plex.agent", NOTE, said, do)
    kind = "an agent that looks things up itself"
    if one.agent.startswith("tv.plex.agents.custom"):
        kind = "a metadata provider of its own"
    elif one.agent.startswith("com.plexapp.agents."):
        kind = "an old agent, which Plex is about to drop"
    said = (
        f"“{one.title}” has {kind} ({one.agent or 'unnamed'}): what is written from Stash is locked "
        "and stays; where Stash says nothing the agent fills in, and what it put into lists stays"
    )
    do = "Nothing if that is meant; else choose Personal Media as agent in the library's settings"
    return Finding("plex.agent", NOTE, said, do)


def empty(one: "Section") -> Finding:
    said = f"“{one.title}” has no items"
    do = "Let Plex scan it, and look whether its folders are there: " + (
        ", ".join(one.roots) or "none"
    )
    return Finding("plex.empty", WARNING, said, do)


def unlisted(line: str) -> Finding:
    """A library that Plex could not list, or not all of it."""
    do = "Look into Plex's log; Optimize Database in Plex's Troubleshooting settings may mend it"
    return Finding("plex.client.listing", WARNING, line, do)


# -- paths


def pair(one: "Found", words: str, is_set: bool) -> Finding:
    """A pair of the path map, as files bear it out."""
    whose = "as path_map says" if is_set else "found by itself"
    if one.is_denied or (one.of and not one.agree):
        do = (
            "Set path_map right, or leave it blank"
            if is_set
            else "Set path_map if files are missing"
        )
        return Finding("paths.map", WARNING, f"paths: {words}, {whose}: no longer right", do)
    if not one.of:
        said = f"paths: {words}, {whose}: no file proves it, and none denies it"
        return Finding("paths.map", NOTE, said, "See whether its folders have files on both sides")
    return Finding("paths.map", OK, f"paths: {words}, {whose}")


def unmapped(silence: str) -> Finding:
    """There is no map."""
    if not silence:
        return Finding(
            "paths.map", OK, "paths: Plex is taken to have the files where Stash has them"
        )
    do = "Nothing if Plex has the files at the same paths; else set path_map"
    return Finding("paths.map", NOTE, f"paths: nothing is proven: {silence}", do)


def files(looked_at: int, unknown: int, example: str, do: str) -> Finding:
    """Whether Plex has the files of some scenes; `example` tells of one that it has not."""
    said = f"Plex has the files of {looked_at - unknown} of {many(looked_at, 'scene')}"
    if not unknown:
        return Finding("files", OK, said)
    return Finding("files", ERROR if unknown == looked_at else WARNING, f"{said}: {example}", do)


def ambiguous(labels: Sequence[str]) -> Finding:
    said = f"{many(len(labels), 'scene')} left alone, since several items fit: {labels[0]}"
    do = "Name the right library in plex_library, or switch on allow_ambiguous_match"
    return Finding("files.ambiguous", WARNING, said, do)


def skipped(counts: Mapping[str, int]) -> Finding:
    """The filters that apply."""
    said = f"by the settings, of the scenes looked at: {by_reason(counts)}"
    return Finding("files.skipped", NOTE, said, "Nothing, if that is meant")


# -- settings


def setting(name: str, said: str) -> Finding:
    """A value that cannot be used, or that is of consequence."""
    return Finding(f"settings.{name}", WARNING, said, f"Set it right in Stash under {SETTINGS}")


def paused() -> Finding:
    said = "paused by the setting: nothing is written to Plex, what changes is kept"
    return Finding("settings.paused", WARNING, said, "Switch `paused` off to go on")


# -- what is on disk


def disk(free: int, ours: int) -> Finding:
    """Whether there is room for what is kept to be written once more."""
    said = f"disk: {sized(free)} free, our files take {sized(ours)}"
    do = "Make room on the disk with Stash's config folder"
    if free < LEAST:
        return Finding("disk", ERROR, f"{said}: it is full", do)
    if free < max(ROOM, ours):
        return Finding("disk", WARNING, f"{said}: it is nearly full", do)
    return Finding("disk", OK, said)


def aside(names: Sequence[str]) -> Finding:
    said = f"set aside earlier, since they could not be read: {', '.join(names)}"
    return Finding("state.aside", NOTE, said, "Delete them when they are of no interest any more")


def state(said: str) -> Finding:
    """What a state file made us say when it was opened."""
    return Finding("state", WARNING, said, "Sync All Scenes to Plex brings back what was lost")


def overheard(line: str, settings: Sequence[str]) -> Finding:
    """A warning that a setting (`settings` are the warnings of those), Plex's files or a state file
    gave rise to."""
    if line in settings:
        return setting(line.partition(":")[0], line)
    if line.startswith("paths: "):
        return Finding("paths.map", WARNING, line, "Nothing, if another map was found instead")
    if line.startswith("Plex lists nothing"):
        return Finding("plex.empty", WARNING, line, _CAUSES["library"])
    if line.startswith(HIDDEN):
        return unlisted(line)
    return state(line)


def queue(counts: Mapping[str, Any], is_paused: bool) -> list[Finding]:
    """What is owed, and what was given up."""
    owed = sum(counts[name] for name in ("pending", "waiting", "in_progress"))
    found = []
    if dead := counts["dead"]:
        why = next(iter(counts["dead_by_error"]), "")
        said = f"queue: {many(dead, 'dead letter')}, most of them: {why}"
        do = "Put the cause right, then run Retry Dead Letters (View Queue Status lists them)"
        found.append(Finding("queue.dead", WARNING, said, do))
    if counts["pending"] and not (counts["draining"] or is_paused):
        said = f"queue: {many(counts['pending'], 'job')} due, and nobody is at work"
        found.append(Finding("queue.idle", NOTE, said, "Run Process Queue"))
    told = (
        f"{counts['pending']} due, {counts['waiting']} for later, {counts['in_progress']} at work"
    )
    said = f"queue: {told}" if owed else "queue: nothing is owed"
    return [*found, Finding("queue", OK, said)]


def outage(since: str, held: int) -> Finding:
    said = f"Plex has been away since {since}: {many(held, 'job')} kept"
    return Finding("queue.outage", NOTE, said, "Nothing: the queue is worked off when Plex is back")


def held(number: int) -> Finding:
    said = f"{many(number, 'scene')} held after an undo and left alone"
    return Finding("queue.held", NOTE, said, "Resume Held Scenes ends that")


def reconciliation(found: Mapping[str, Any]) -> Finding:
    """How the runs go that find what saves do not tell."""
    if found["last_failure"]:
        said = f"the last reconciliation failed: {found['last_failure']}"
        do = "Put the cause right, then run Reconcile Library (All)"
        return Finding("reconciliation", WARNING, said, do)
    if found["interval"] == "never":
        said = "no reconciliation runs by itself: what saves do not tell is found only by hand"
        return Finding("reconciliation", NOTE, said, "Set reconcile_interval, for example to daily")
    return Finding("reconciliation", OK, f"reconciliation: {found['interval']}, {found['message']}")
