"""What each task and each operation does: a command gets a `Run` and returns its answer."""
