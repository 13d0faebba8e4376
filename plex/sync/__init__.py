"""One batch of scenes on its way to Plex: decide, write, verify, record; undo and restore.

`decide` is the only place that decides about scenes. `Pipeline` writes one item after the other. Once there is
a second batch, `Pipelined` lets another thread read the next batch and verify the batch before.
"""
