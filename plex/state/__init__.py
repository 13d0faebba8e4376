"""The memory of one Plex server, in plex.sqlite. Sends no request.

Every record names its file, since a rating key or a scene id may belong to another file later.
"""
