"""What Plex should say about a scene, field by field, and what an item says. Pure."""
