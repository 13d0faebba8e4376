"""Requests to one Plex server, and how its answers are read. Decides nothing, remembers nothing."""
