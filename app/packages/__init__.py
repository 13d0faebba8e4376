"""The third-party packages of requirements.txt: found, or installed when they are missing."""
