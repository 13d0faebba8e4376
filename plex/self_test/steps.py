"""The steps of Test Plex, as a table. Pure. Each says what it edits and how to judge what Plex shows after."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from plex.client import edit_request
from plex.client.edit_request import Parameter
from plex.fields.item import Item
from plex.fields.registry import BY_NAME, Value
from plex.plan import plan
from plex.plan.plan import names_of
from plex.self_test import judge, names
from plex.self_test.judge import genres

EDIT, RATE, UPLOAD, SELECT, SEVERAL = "edit", "rate", "upload", "select", "several"
Seen = Mapping[str, str]  # line -> word


@dataclass(frozen=True)
class Step:
    """One write, and what is seen after it.

    line   the line of the result; '' for a step that only prepares the next
    field  our name of the field that it writes
    after  the value that the field is to have, from the item as it is now
    judge  the word for what the item shows, from the item before and after the step
    way    how it is sent: by an edit, or by a request of its own
    locks  whether the edit locks the field or unlocks it
    sends  the names that the edit lists, if not those of `after`
    when   whether the step is made, from the lines so far
    pair   whether it needs two items
    """

    line: str
    field: str
    after: Callable[[Item], Value] = lambda now: None
    judge: Callable[[Item, Item], str] = lambda before, now: ""
    way: str = EDIT
    locks: bool = True
    sends: "Callable[[Item], tuple[str, ...]] | None" = None
    when: Callable[[Seen], bool] = lambda seen: True
    pair: bool = False

    def edit(self, now: Item) -> list[Parameter]:
        """The parameters of the edit."""
        field, value = BY_NAME[self.field], self.after(now)
        if field.kind == "rating":
            return [(f"{field.plex_name}.value", edit_request.rating(value))]
        lock = (f"{field.plex_name}.locked", str(int(self.locks)))
        if field.kind == "tags":
            return [*self._listed(field.plex_name, now, value), lock]
        if value == now.values.get(self.field):
            return [lock]
        return [(f"{field.plex_name}.value", str(value or "")), lock]

    def _listed(self, kind: str, now: Item, value: Value) -> list[Parameter]:
        if self.sends:
            return edit_request.tag_list(kind, (), self.sends(now))
        return edit_request.tag_list(kind, now.values.get(self.field), value)


def shared(now: Item) -> list[Parameter]:
    """The edit of several items: one name comes to each list."""
    change = plan.Change("genres", genres(now), _and(names.THIRD)(now), plan.WRITE)
    return edit_request.shared_parameters([change]) or []


def _with(*added: str) -> Callable[[Item], tuple[str, ...]]:
    return lambda now: (*names.own(genres(now)), *added)


def _and(added: str) -> Callable[[Item], tuple[str, ...]]:
    return lambda now: (*genres(now), added)


def _always(value: Value) -> Callable[[Item], Value]:
    return lambda now: value


def _is(line: str, *words: str) -> Callable[[Seen], bool]:
    return lambda seen: seen.get(line) in words


def _labelled(now: Item) -> Value:
    return (*names_of(now.values.get("labels")), names.LABEL)


def _without_special(now: Item) -> Value:
    return tuple(name for name in genres(now) if name != names.SPECIAL)


def _rated(now: Item) -> Value:
    return names.other_rating(now.values.get("rating"))


_BOTH = _with(names.FIRST, names.SECOND)
_SPELLED = _with(names.OTHER_CASE, names.SECOND)
STEPS = (
    Step("add", "genres", _BOTH, judge.added),
    Step("case", "genres", _BOTH, judge.case, sends=_SPELLED),
    Step("list", "genres", _with(names.FIRST), judge.listed, sends=_with(names.FIRST)),
    Step("special", "genres", _and(names.SPECIAL), judge.special),
    Step("special_off", "genres", _without_special, judge.special_off, when=_is("special", "kept")),
    Step("", "genres", _BOTH),
    Step("removals", "genres", _with(), judge.removals),
    Step("label", "labels", _labelled, judge.label),
    Step("text", "tagline", _always(names.TEXT), judge.text),
    Step("unlock", "tagline", lambda now: now.values["tagline"], judge.unlock, locks=False),
    Step("empty", "tagline", _always(""), judge.empty),
    Step("rating", "rating", _rated, judge.rating),
    Step(
        "rating", "rating", _rated, judge.rating_apart, RATE,
        when=_is("rating", "ignored", judge.REFUSED),
    ),
    Step("rating_off", "rating", judge=judge.rating_off, when=_is("rating", "edit")),
    Step(
        "rating_off", "rating", judge=judge.rating_off_apart, way=RATE,
        when=lambda seen: seen.get("rating_off") != "edit",
    ),
    Step("poster", "poster", way=UPLOAD),
    Step("poster_back", "poster", way=SELECT, when=_is("poster", "shown", "locks")),
    Step("", "genres", _with(names.FIRST), pair=True),
    Step("several", "genres", _and(names.THIRD), way=SEVERAL, pair=True),
)  # fmt: skip
