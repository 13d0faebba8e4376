"""A strict simulator of a Plex Media Server over real HTTP, for the demo and the tests."""

from .server import PlexServer

__all__ = ["PlexServer"]
