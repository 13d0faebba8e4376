"""A Stash server in a box: strict GraphQL over real HTTP, real plugin processes."""

from .client import StashError
from .faults import Fault
from .logs import LogLine
from .messages import Request
from .plugins import Run
from .server import StashServer

__all__ = ["Fault", "LogLine", "Request", "Run", "StashError", "StashServer"]
