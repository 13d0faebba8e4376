"""One invocation from the mode that Stash or a terminal sends to the answer. Knows every package."""
