"""Which item of Plex holds which file: index, path map, scans. Writes nothing to items."""
