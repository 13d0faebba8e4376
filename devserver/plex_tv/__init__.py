"""A strict simulator of plex.tv, as far as a sign-in goes, over real HTTP, for the tests and `make play`."""

from .server import PlexTv

__all__ = ["PlexTv"]
