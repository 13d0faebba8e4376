"""Posters and backgrounds: which image an item should show, and how Plex gets it."""
