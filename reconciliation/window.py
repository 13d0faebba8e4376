"""A scope -> the bounds that Stash understands. Pure.

Stash keeps `updated_at` as text with the server's own offset and compares it as text, so bounds
are written in that offset, with an hour to spare for a change of the clocks.
"""

from datetime import datetime, timedelta, timezone, tzinfo

from validation.scope import Scope, bounds

SPARE = 3600.0
# Between the offsets of the two ends of the world: as far as two times can be out of order as text.
AROUND_THE_WORLD = 26 * 3600.0


def window(scope: Scope, now: float, newest: "str | None") -> "tuple[str | None, str | None]":
    """(since, until) as Stash writes times; `newest` is any `updated_at` that Stash gave us."""
    zone = offset(newest)
    since, until = bounds(scope, now, zone)
    return (
        _text(since - SPARE, zone) if since is not None else None,
        _text(until + SPARE, zone) if until is not None else None,
    )


def reaching(since: "str | None", seen: str) -> "str | None":
    """`since`, or as much earlier as it takes to have all that changed after `seen`, the latest
    `updated_at` that an earlier run met. Its clock and its zone are Stash's; both may have moved."""
    back = _back(seen)
    return min(since, back) if since and back else None  # where it is not known, all of it


def covers(since: "str | None", until: "str | None", seen: str) -> bool:
    """Whether these bounds leave out nothing that changed after `seen`."""
    return not until and (not since or since <= _back(seen))


def _back(seen: str) -> str:
    try:
        moment = datetime.fromisoformat(seen.replace("Z", "+00:00"))
    except ValueError:
        return ""
    zone = moment.tzinfo or timezone.utc
    return _text(moment.replace(tzinfo=zone).timestamp() - AROUND_THE_WORLD, zone)


def offset(stamp: "str | None") -> tzinfo:
    """The offset in which Stash writes; UTC when it never wrote one."""
    try:
        return datetime.fromisoformat((stamp or "").replace("Z", "+00:00")).tzinfo or timezone.utc
    except ValueError:
        return timezone.utc


def _text(moment: float, zone: tzinfo) -> str:
    epoch = datetime(1970, 1, 1, tzinfo=timezone.utc)
    there = (epoch + timedelta(seconds=moment)).astimezone(zone).replace(microsecond=0)
    return there.isoformat().replace("+00:00", "Z")
