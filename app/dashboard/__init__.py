"""Answers what the page polls, from our files: no third-party package, no lock, no request.

`scene_states.state_of` computes the state of a scene; every place that shows a state calls it.
"""
