"""Settings and values from outside, and which values are valid. Sends no request, writes no file."""
