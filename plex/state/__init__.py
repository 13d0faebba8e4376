"""What the plugin remembers of one Plex server, in plex.sqlite. Sends no request.

Each memory names its file: a rating key or a scene id alone may stand for another file later.
"""
