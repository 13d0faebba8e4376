"""The fields: their values for a scene of Stash, and their values on an item of Plex. Pure."""
