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


def reaching(since: "str | None", seen: str, now: float) -> "str | None":
    """`since`, or as much earlier as it takes to have all that changed after `seen` (see `reached`).
    The clock and the zone of Stash may have moved; all of it where `seen` is not known, or lies
    ahead: then the clocks were set back."""
    moment = _moment(seen)
    if not since or moment is None or moment.timestamp() > now:
        return None
    return min(since, _back(moment))


def covers(since: "str | None", until: "str | None", seen: str) -> bool:
    """Whether these bounds leave out nothing that changed after `seen`."""
    moment = _moment(seen)
    return not until and (not since or (moment is not None and since <= _back(moment)))


def reached(newest: "str | None", now: float) -> str:
    """Up to which `updated_at` a run that begins `now` leaves nothing out, if its bounds do not:
    `newest` is the latest that Stash has. '' if that is not known."""
    moment = _moment(newest or "")
    if moment is None:
        return ""
    return _text(min(moment.timestamp(), now), moment.tzinfo or timezone.utc)


def _back(moment: datetime) -> str:
    return _text(moment.timestamp() - AROUND_THE_WORLD, moment.tzinfo or timezone.utc)


def _moment(stamp: str) -> "datetime | None":
    try:
        found = datetime.fromisoformat(stamp.replace("Z", "+00:00"))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=timezone.utc)


def offset(stamp: "str | None") -> tzinfo:
    """The offset in which Stash writes; UTC when it never wrote one."""
    moment = _moment(stamp or "")
    return (moment and moment.tzinfo) or timezone.utc


def _text(moment: float, zone: tzinfo) -> str:
    epoch = datetime(1970, 1, 1, tzinfo=timezone.utc)
    there = (epoch + timedelta(seconds=moment)).astimezone(zone).replace(microsecond=0)
    return there.isoformat().replace("+00:00", "Z")
