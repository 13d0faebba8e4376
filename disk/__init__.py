"""Files that survive a kill: SQLite, JSON, locks, and what to do with a damaged one."""
