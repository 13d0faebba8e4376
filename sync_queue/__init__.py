"""The queue on disk and the one drain that works on it. Knows neither Plex nor Stash.

A hook leaves a flag in the inbox, the drain turns flags into jobs, and a job is acknowledged
after its work is on Plex. An operating-system lock elects the drain.
"""
