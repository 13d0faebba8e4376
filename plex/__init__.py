"""The Plex side: from the paths of files up to a whole sync, in eight packages.

sync -> library, images -> state, client -> plan -> fields -> path_map: imports point only down.
"""
