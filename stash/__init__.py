"""The Stash side: its process interface, the hook, its API, and what a scene is.

`stdio`, `hook`, `wake`, `light_json` and `light_http` run inside the user's Save and import next to nothing.
"""
