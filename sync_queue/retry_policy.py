"""From an error to a verdict on the job: one table, and the back-off. Pure."""

import sqlite3
from dataclasses import dataclass

import errors
from disk import messages

RETRY_BASE, RETRY_CAP = 5.0, 3600.0  # seconds
# For a file that Plex does not have yet: a scan takes seconds, a person's next visit may take days.
WAIT_SECONDS = (15.0, 60.0, 300.0, 3600.0, 6 * 3600.0, 86400.0, 86400.0, 86400.0)
SETTLE_SECONDS = 15.0  # for a file that Plex has found and not read yet
LONGEST = max(RETRY_CAP, *WAIT_SECONDS)  # no job is put off for longer

DONE, RETRY, WAIT, BURY, PAUSE = "done", "retry", "wait", "bury", "pause"

# The meaning of each error for the job that raised it; the first row that fits counts. PAUSE: the trouble is a
# server's or this machine's, so every job would fail, and no attempt is counted.
# plex.client.transport and stash.transport turn the errors of libraries into ours.
TABLE: tuple[tuple[type[Exception], str], ...] = (
    (errors.Unreachable, PAUSE),  # and Lost, which is looked up before the request is sent again
    (errors.Refused, PAUSE),
    (errors.SetupError, PAUSE),
    (errors.LibraryEmpty, PAUSE),
    (errors.Braked, PAUSE),
    (errors.Gone, RETRY),
    (errors.Busy, RETRY),
    (errors.Rejected, BURY),
    (OSError, PAUSE),  # the disk is full or not writable
    (sqlite3.ProgrammingError, RETRY),  # these five come from values and mistakes
    (sqlite3.InterfaceError, RETRY),
    (sqlite3.IntegrityError, RETRY),
    (sqlite3.DataError, RETRY),
    (sqlite3.NotSupportedError, RETRY),
    (sqlite3.Error, PAUSE),  # all others come from the disk
    (Exception, RETRY),
)


@dataclass(frozen=True)
class Verdict:
    """`action` is DONE, RETRY, WAIT, BURY or PAUSE; `due_at` in epoch seconds; `words` for a person."""

    action: str
    due_at: float = 0.0
    words: str = ""


def of_error(
    error: Exception, attempts: int, max_retries: int, now: float, jitter: float
) -> Verdict:
    """The verdict on a job that failed for the `attempts`-th time. `jitter` is 0..1."""
    action, words = action_of(error), in_words(error)
    if action == RETRY and attempts >= max_retries:
        return Verdict(BURY, words=f"{words} ({attempts} attempt{'s' if attempts > 1 else ''})")
    if action == RETRY:
        return Verdict(RETRY, now + backoff(attempts, jitter), words)
    return Verdict(action, words=words)


def action_of(error: Exception) -> str:
    """RETRY, BURY or PAUSE. Errors while the plugin's own files are replaced pause."""
    if errors.torn(error):
        return PAUSE
    return next(action for kind, action in TABLE if isinstance(error, kind))


def of_missing(waits: int, now: float) -> Verdict:
    """The verdict on a scene whose file Plex lacks: wait, ever longer, then leave it to the newcomers."""
    if waits >= len(WAIT_SECONDS):
        then = "it leaves the queue, and is synced when a later run finds its file in Plex"
        return Verdict(DONE, words=f"still not in Plex after {waits} looks: {then}")
    return Verdict(WAIT, now + WAIT_SECONDS[waits], "not in Plex yet")


def of_hidden(waits: int, now: float) -> tuple[float, int]:
    """Returns the due time and the new number of waits of a scene whose file may be in a part of Plex
    that cannot be listed. The waits grow to an hour, and do not count as looks for a missing file."""
    longest = WAIT_SECONDS.index(RETRY_CAP)
    return now + WAIT_SECONDS[min(waits, longest)], max(waits, min(waits + 1, longest))


def is_early(look_at: float, now: float) -> bool:
    """Whether the next look is not due yet. A time beyond the longest wait was set while the clock was
    ahead."""
    return now < look_at <= now + LONGEST


def backoff(attempts: int, jitter: float) -> float:
    """Seconds until the next attempt: exponential with full jitter, at least 1."""
    longest: float = min(RETRY_CAP, RETRY_BASE * 2 ** max(0, attempts - 1))
    return max(1.0, jitter * longest)


def in_words(error: Exception) -> str:
    """The sentence for the log. An unexpected error names its type."""
    if isinstance(error, errors.Stash2PlexError):
        return str(error)
    if sentence := errors.torn(error):
        return sentence
    if isinstance(error, OSError) and error.strerror:
        # Only lock files are named: the user may want no other names in the log.
        name = messages.name_of(error)
        return str(messages.unusable(name if name.endswith(".lock") else messages.SOME_FILE, error))
    if isinstance(error, sqlite3.Error):
        return str(messages.unusable("the plugin's own database", error))[:500]
    return f"{type(error).__name__}: {error}"[:500]
