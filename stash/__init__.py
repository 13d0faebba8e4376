"""The Stash side: its process interface, the hook, its API, and what a scene is.

`stdio`, `hook` and `light` run inside the user's Save and import next to nothing.
"""
