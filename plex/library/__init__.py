"""Which item of Plex holds which file: the index, the path map, scans. Writes nothing to items."""
