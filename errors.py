"""The errors of Stash2Plex: one root, few leaves, raised with facts and told in words.

Foreign errors are translated into these at the two edges (`plex.client.transport`, `stash.transport`);
`sync_queue.retry_policy` says what each of them means for a job.
"""

from types import ModuleType
from typing import TypeVar

PLEX, STASH = "Plex", "Stash"
# The values of `cause`, for the history of outages.
CAUSES = (
    "refused",  # nobody listens there, or no way leads there
    "timeout",  # no connection, or no answer, within the time allowed
    "dns",  # the name is not known
    "tls",  # the certificate or the protocol does not fit
    "starting",  # it says that it is still starting up
    "gateway",  # something in between answers in its place
    "token",  # the credentials are not accepted
    "library",  # a library is missing, or lists nothing
    "unreadable",  # an answer that cannot be read
    "lost",  # the connection broke before the whole answer was here
    "busy",  # it fails for the moment
)


class Stash2PlexError(Exception):
    """The root: `str(error)` is a sentence for the person who reads the log.

    `server` is PLEX or STASH when the answer of that server, or its silence, is the reason;
    `cause` is one of CAUSES then. `after`: the seconds it asks us to wait, 0 if it does not say.
    `alone`: the server was seen to do for others what it does not do here.
    """

    server = ""
    cause = ""
    after = 0.0
    alone = False

    def of(self: "Error", server: str, cause: str = "") -> "Error":
        """Notes the server that the error is about, and the `cause` if one is given. Returns the same
        error."""
        self.server = server
        self.cause = cause or self.cause
        return self


Error = TypeVar("Error", bound=Stash2PlexError)


class SetupError(Stash2PlexError):
    """Something that only the user can put right: a setting, a missing package."""


class Unreachable(Stash2PlexError):
    """Plex or Stash does not answer, or says that it is still starting."""


class Lost(Unreachable):
    """The request was sent, and no whole answer came: it may have been carried out."""

    cause = "lost"


class Refused(Stash2PlexError):
    """The credentials are not accepted, or do not allow the request (401, 403)."""

    cause = "token"


class Gone(Stash2PlexError):
    """The thing asked for no longer exists (404)."""


class Busy(Stash2PlexError):
    """The server failed for the moment (429, 5xx, a broken answer): worth another try."""

    cause = "busy"


class Rejected(Stash2PlexError):
    """The server understood the request and will not have it (400, 406, 409)."""


class Braked(Stash2PlexError):
    """A run would take away, or touch, more than the settings allow it to without being asked."""


class LibraryEmpty(Stash2PlexError):
    """A side lists nothing although it had something before: the run must stop."""

    cause = "library"


def torn(error: BaseException) -> str:
    """The sentence, if the error tells of modules that do not fit together, as while the plugin's
    files are being replaced; else ''. Stash2Plex.py says the same where no module can be had."""
    of_module = isinstance(getattr(error, "obj", None), ModuleType)
    if not (of_module or isinstance(error, (ImportError, SyntaxError))):
        return ""
    what = " ".join(filter(None, (type(error).__name__, getattr(error, "name", None))))
    return f"the plugin is being updated or is not whole ({what}): reinstall it if this error stays"
