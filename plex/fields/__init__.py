"""What Plex should show of a scene, field by field, and what an item shows now. Pure."""
