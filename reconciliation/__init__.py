"""Finds the gaps between Stash and Plex, and decides when to look for them.

Compares both sides by fingerprint, and calls the same `decide` as a sync for what moved.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reconciliation.engine import GapDetectionEngine
    from reconciliation.result import GapDetectionResult
    from reconciliation.scheduler import ReconciliationScheduler
    from reconciliation.state import ReconciliationState

__all__ = [
    "GapDetectionEngine",
    "GapDetectionResult",
    "ReconciliationScheduler",
    "ReconciliationState",
]
_HOMES = {
    "GapDetectionEngine": "engine",
    "GapDetectionResult": "result",
    "ReconciliationScheduler": "scheduler",
    "ReconciliationState": "state",
}


def __getattr__(name: str) -> object:
    """Imports on first use: to ask whether a run is due takes no engine."""
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
