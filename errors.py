"""The errors of Stash2Plex: one root, few leaves, raised with facts and told in words.

Foreign errors are translated into these at the two edges (`plex.client`, `stash.api`);
`sync_queue.verdict` says what each of them means for a job.
"""

PLEX, STASH = "Plex", "Stash"


class Stash2PlexError(Exception):
    """The root: `str(error)` is a sentence for the person who reads the log.

    `server` is PLEX or STASH when the answer of that server, or its silence, is the reason.
    """

    server = ""

    def of(self, server: str) -> "Stash2PlexError":
        """The same error, about this server."""
        self.server = server
        return self


class SetupError(Stash2PlexError):
    """Something that only the user can put right: a setting, a missing package."""


class Unreachable(Stash2PlexError):
    """Plex or Stash does not answer, or says that it is still starting."""


class Lost(Unreachable):
    """The request was sent, and no whole answer came: it may have been carried out."""


class Refused(Stash2PlexError):
    """The credentials are not accepted, or do not allow the request (401, 403)."""


class Gone(Stash2PlexError):
    """The thing asked for no longer exists (404)."""


class Busy(Stash2PlexError):
    """The server failed for the moment (429, 5xx, a broken answer): worth another try."""


class Rejected(Stash2PlexError):
    """The server understood the request and will not have it (400, 406, 409)."""


class LibraryEmpty(Stash2PlexError):
    """A side lists nothing although it had something before: the run must stop."""
