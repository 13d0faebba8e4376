"""The queue on disk and the one drain that works on it. Knows neither Plex nor Stash."""
