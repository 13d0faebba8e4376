"""Numbers and times in sentences. Pure."""

from collections.abc import Mapping
from datetime import datetime


def many(number: int, noun: str) -> str:
    """`1 gap`, `2 gaps`."""
    return f"{number} {noun}" + ("" if number == 1 else "s")


def by_reason(counts: Mapping[str, int]) -> str:
    """`12 skipped (9 not organized, 3 excluded by tag)`; '' for none."""
    reasons = ", ".join(f"{count} {reason}" for reason, count in counts.items() if count)
    return f"{sum(counts.values())} skipped ({reasons})" if reasons else ""


def moment(seconds: float) -> str:
    """`2026-01-31 18:59:00`, in the zone of this machine."""
    return f"{datetime.fromtimestamp(seconds):%Y-%m-%d %H:%M:%S}"


def lasting(seconds: float) -> str:
    """A duration in its two largest units: `45 s`, `3 min 5 s`, `2 h 10 min`, `4 d 3 h`."""
    parts: list[str] = []
    left = round(max(0.0, seconds))
    for name, size in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        count, left = divmod(left, size)
        if count and len(parts) < 2:
            parts.append(f"{count} {name}")
        elif parts:
            break
    return " ".join(parts) or "0 s"


def sized(number: int) -> str:
    """`999 bytes`, `1.5 MB`, `12 GB`."""
    size, names = float(number), ["kB", "MB", "GB", "TB"]
    if size < 1000:
        return f"{number} bytes"
    while size >= 1000 and names:
        size, unit = size / 1000, names.pop(0)
    return f"{size:.1f} {unit}" if size < 10 else f"{size:.0f} {unit}"
