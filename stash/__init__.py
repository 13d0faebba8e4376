"""The Stash side: its process interface, the hook lane, its API, and what a scene is."""
