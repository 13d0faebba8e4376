"""What the page polls, read from our files. No third-party package, no lock, no request."""
