"""Finds the third-party packages of requirements.txt, and installs them when they are missing."""
