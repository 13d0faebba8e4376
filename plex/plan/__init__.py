"""From what Stash says, what Plex says and what we wrote last to a list of changes. Pure."""
