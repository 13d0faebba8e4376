"""Turns a scope into the bounds that Stash understands. Pure.

Stash keeps `updated_at` as text with the offset of its server, and compares it as text. Bounds are
written in that offset, with an hour to spare for a change of the clocks.
"""

from datetime import datetime, timedelta, timezone, tzinfo

from validation.scope import Scope, bounds

SPARE = 3600.0
# The largest difference between two offsets: two times can be out of order as text by so much.
AROUND_THE_WORLD = 26 * 3600.0


def window(scope: Scope, now: float, newest: "str | None") -> "tuple[str | None, str | None]":
    """Returns (since, until) as Stash writes times. `newest` is any `updated_at` of Stash."""
    zone = offset(newest)
    since, until = bounds(scope, now, zone)
    return (
        _text(since - SPARE, zone) if since is not None else None,
        _text(until + SPARE, zone) if until is not None else None,
    )


def reaching(since: "str | None", seen: str, now: float) -> "str | None":
    """Returns `since`, or an earlier bound that includes every change after `seen` (see `reached`),
    although the clock and the zone of Stash may have moved. Returns None, for all scenes, if `seen` is
    not known, or if it lies in the future: then a clock was set back."""
    moment = _moment(seen)
    if not since or moment is None or moment.timestamp() > now:
        return None
    return min(since, _back(moment))


def covers(since: "str | None", until: "str | None", seen: str) -> bool:
    """Whether the bounds include every change after `seen`."""
    moment = _moment(seen)
    return not until and (not since or (moment is not None and since <= _back(moment)))


def reached(newest: "str | None", now: float) -> str:
    """Returns the `updated_at` up to which a run that begins `now` sees every change, if its bounds
    exclude none; '' if that is not known. `newest` is the latest `updated_at` of Stash."""
    moment = _moment(newest or "")
    if moment is None:
        return ""
    return _text(min(moment.timestamp(), now), moment.tzinfo or timezone.utc)


def _back(moment: datetime) -> str:
    return _text(moment.timestamp() - AROUND_THE_WORLD, moment.tzinfo or timezone.utc)


def _moment(stamp: str) -> "datetime | None":
    try:
        moment = datetime.fromisoformat(stamp.replace("Z", "+00:00"))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def offset(stamp: "str | None") -> tzinfo:
    """Returns the offset in which Stash writes times; UTC if Stash has no time yet."""
    moment = _moment(stamp or "")
    return (moment and moment.tzinfo) or timezone.utc


def _text(moment: float, zone: tzinfo) -> str:
    epoch = datetime(1970, 1, 1, tzinfo=timezone.utc)
    there = (epoch + timedelta(seconds=moment)).astimezone(zone).replace(microsecond=0)
    return there.isoformat().replace("+00:00", "Z")
