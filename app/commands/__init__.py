"""The operations of the full lane, with and without a task. Each gets a `Run` and returns its answer."""
