"""Turns what Stash says, what Plex says and what we last wrote into a list of changes. Pure."""
