"""Finds the gaps between Stash and Plex, and decides when to look for them.

Compares both sides by fingerprint, and calls the same `decide` as a sync for what moved.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from reconciliation.engine import GapDetectionEngine, GapDetectionResult
    from reconciliation.scheduler import ReconciliationScheduler, ReconciliationState

__all__ = [
    "GapDetectionEngine",
    "GapDetectionResult",
    "ReconciliationScheduler",
    "ReconciliationState",
]


def __getattr__(name: str) -> Any:
    """Import on first use: whoever only asks whether a run is due needs no engine."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name.startswith("Reconciliation"):
        from reconciliation import scheduler as home
    else:
        from reconciliation import engine as home  # type: ignore[no-redef]
    return getattr(home, name)
