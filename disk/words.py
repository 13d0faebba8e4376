"""What is said of a file that cannot be used. Pure."""

import errors

_MENDED_BY = (
    "it has to belong to the user that runs Stash, in a folder that is theirs, on a disk that is "
    "not full"
)


def newer(name: str, found: int, known: int) -> errors.SetupError:
    """The file is of a version that only a later Stash2Plex understands: it is left untouched."""
    return errors.SetupError(
        f"{name} was written by a newer Stash2Plex (its version is {found}, this one knows {known}): "
        "install that one again, or move the file away to begin anew without it"
    )


def unusable(name: str, why: object) -> errors.SetupError:
    """It cannot be read or written, and that is not the fault of what is in it."""
    return errors.SetupError(f"{name} cannot be read or written ({why}): {_MENDED_BY}")


def in_use(name: str, seconds: int) -> errors.SetupError:
    """Another process writes to it, and does not come to an end."""
    return errors.SetupError(
        f"{name} has been in use by another process for more than {seconds} s; the next run tries again"
    )


def immovable(name: str, state: str, why: object) -> errors.SetupError:
    """It makes no sense, and nothing can be put in its place."""
    return errors.SetupError(f"{name} {state}, and cannot be replaced ({why}): {_MENDED_BY}")


def why(error: Exception) -> str:
    """What is wrong, without the path: the user may want none in the log."""
    return (isinstance(error, OSError) and error.strerror) or str(error) or type(error).__name__
