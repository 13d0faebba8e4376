"""What each task and each operation does. Each command gets a `Run` and returns its answer."""
