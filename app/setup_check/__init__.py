"""Check Setup and Health Check: looks, findings and advice. Writes nothing to Plex or Stash."""
