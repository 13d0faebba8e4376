"""Check Setup and Health Check: checks, findings and advice. Writes nothing to Plex or Stash."""
