"""A batch of scenes on its way to Plex and back again: decide, write, verify, record, undo."""
