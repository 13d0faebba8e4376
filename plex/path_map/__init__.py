"""Paths of two servers, and which file of Stash is which of Plex. Pure: no server, no database."""
