"""Notifications: what there is to tell after a run, and the process that sends it. Never part of a hook."""
