"""One invocation: from the mode that Stash or a terminal sends to the answer.

Imports every package, each inside the function that needs it. Never runs inside a hook.
"""
