"""What is remembered of one Plex server, in plex.sqlite. Sends no request."""
