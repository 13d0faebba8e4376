"""The Plex side, in eight packages: from the paths of files up to a whole sync.

Imports point only down: sync -> library, images -> state, client -> plan -> fields -> path_map.
"""
