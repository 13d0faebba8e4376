"""Pairs the files of Stash with the files of Plex by path and size. Pure."""
