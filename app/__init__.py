"""One invocation: from the operation that Stash or a terminal asks for to the answer.

Imports every package, each inside the function that needs it. A hook imports `entry` and no other module
of this package.
"""
