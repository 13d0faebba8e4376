"""Settings and values from outside: what they may be. Sends no request, writes no file."""
