"""Test Plex: tries on an item how a server takes the edits of Stash2Plex, and puts the item back. Everything
that it writes is in the journal first; nothing else of Stash2Plex is changed."""
