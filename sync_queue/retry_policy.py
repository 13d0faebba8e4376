"""error -> what becomes of the job: one table, and the back-off. Pure."""

import sqlite3
from dataclasses import dataclass

import errors
from disk import messages

RETRY_BASE, RETRY_CAP = 5.0, 3600.0  # seconds
# A file that Plex has not seen yet: a scan takes seconds, a person's next visit may take days.
WAIT_SECONDS = (15.0, 60.0, 300.0, 3600.0, 6 * 3600.0, 86400.0, 86400.0, 86400.0)
SETTLE_SECONDS = 15.0  # a file that Plex has seen and not read yet
LONGEST = max(RETRY_CAP, *WAIT_SECONDS)  # nothing is put off for longer

DONE, RETRY, WAIT, BURY, PAUSE = "done", "retry", "wait", "bury", "pause"

# What each error means for the one job that met it; the first row that fits counts. PAUSE is about
# a server or this machine, not the job: nothing else would fare better, so no attempt is counted.
# What plexapi, requests and stashapi raise becomes one of ours in plex.transport, stash.transport.
TABLE: tuple[tuple[type[Exception], str], ...] = (
    (errors.Unreachable, PAUSE),  # and Lost: to be looked up before it is sent again
    (errors.Refused, PAUSE),
    (errors.SetupError, PAUSE),
    (errors.LibraryEmpty, PAUSE),
    (errors.Braked, PAUSE),
    (errors.Gone, RETRY),
    (errors.Busy, RETRY),
    (errors.Rejected, BURY),
    (OSError, PAUSE),  # the disk is full, or not ours to write
    (sqlite3.ProgrammingError, RETRY),  # these tell of values and of mistakes,
    (sqlite3.InterfaceError, RETRY),
    (sqlite3.IntegrityError, RETRY),
    (sqlite3.DataError, RETRY),
    (sqlite3.NotSupportedError, RETRY),
    (sqlite3.Error, PAUSE),  # all others of the disk
    (Exception, RETRY),
)


@dataclass(frozen=True)
class Verdict:
    """`action` is one of the five; `due_at` in epoch seconds; `words` for a person."""

    action: str
    due_at: float = 0.0
    words: str = ""


def of_error(
    error: Exception, attempts: int, max_retries: int, now: float, jitter: float
) -> Verdict:
    """What becomes of a job that failed its `attempts`-th time; `jitter` is 0..1."""
    action, words = action_of(error), in_words(error)
    if action == RETRY and attempts >= max_retries:
        return Verdict(BURY, words=f"{words} ({attempts} attempt{'s' if attempts > 1 else ''})")
    if action == RETRY:
        return Verdict(RETRY, now + backoff(attempts, jitter), words)
    return Verdict(action, words=words)


def action_of(error: Exception) -> str:
    """What the table says: RETRY, BURY or PAUSE. While the plugin's own files are being replaced,
    what fails is no fault of a job."""
    if errors.torn(error):
        return PAUSE
    return next(action for kind, action in TABLE if isinstance(error, kind))


def of_missing(waits: int, now: float) -> Verdict:
    """A scene whose file Plex does not have: wait ever longer, then leave it to the look for
    newcomers."""
    if waits >= len(WAIT_SECONDS):
        return Verdict(
            DONE,
            words=f"still not in Plex after {waits} looks: it leaves the queue, and is synced when "
            "a later run finds its file in Plex",
        )
    return Verdict(WAIT, now + WAIT_SECONDS[waits], "not in Plex yet")


def of_hidden(waits: int, now: float) -> tuple[float, int]:
    """When a scene is due whose file may be in a part of Plex that cannot be seen, and its number of
    waits then. They grow to an hour, and use up none of the looks for a file that is missing."""
    longest = WAIT_SECONDS.index(RETRY_CAP)
    return now + WAIT_SECONDS[min(waits, longest)], max(waits, min(waits + 1, longest))


def is_early(look_at: float, now: float) -> bool:
    """Whether the next look that counts is still to come; one that is further away than any was put
    off while the clock stood ahead."""
    return now < look_at <= now + LONGEST


def backoff(attempts: int, jitter: float) -> float:
    """Seconds until the next attempt: exponential, full jitter, never nothing."""
    longest: float = min(RETRY_CAP, RETRY_BASE * 2 ** max(0, attempts - 1))
    return max(1.0, jitter * longest)


def in_words(error: Exception) -> str:
    """The sentence for the log; an unexpected error at least names itself."""
    if isinstance(error, errors.Stash2PlexError):
        return str(error)
    if said := errors.torn(error):
        return said
    if isinstance(error, OSError) and error.strerror:
        # Of names only those of locks, which are ours: the log may not be meant to show others.
        name = messages.name_of(error)
        return str(messages.unusable(name if name.endswith(".lock") else messages.SOME_FILE, error))
    if isinstance(error, sqlite3.Error):
        return str(messages.unusable("the plugin's own database", error))[:500]
    return f"{type(error).__name__}: {error}"[:500]
