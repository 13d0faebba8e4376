"""Files that survive a kill: SQLite, JSON, locks, and what happens to a damaged file."""
