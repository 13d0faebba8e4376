"""One batch of scenes on its way to Plex: decide, write, verify, record; undo and restore.

The first thread writes, one item after the other. A second thread reads the next batch and
verifies the batch before.
"""
