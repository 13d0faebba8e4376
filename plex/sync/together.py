"""Writes one edit on many items of a library in one request, if this Plex server makes such edits
rightly."""

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import errors
from plex.client import edit_request
from plex.client.edit_request import at_risk, was_reached
from plex.client.port import PlexPort
from plex.fields.item import FileIds, Item, file_ids_from, file_ids_text, is_same_file
from plex.plan.plan import Change, Tags
from plex.state.database import Store

_RATINGS, _TRIAL, _VERSION = "rates_apart", "edit_trial", "traits_of"
# Edits of several items: whether each of them gets the edit, and whether names are added to its list.
SEVERAL, ADDS = "edits_several", "adds_names"
_WORDS = {True: "yes", False: "no"}


class Tried(NamedTuple):
    """An item in an edit of several items whose outcome was not seen: `lists` has the names that each
    field is to have after it."""

    rating_key: int
    files: FileIds
    lists: Mapping[str, tuple[str, ...]]


@dataclass
class Traits:
    """How this Plex server takes edits, as far as its answers have shown. Kept until Plex is updated."""

    _store: Store

    def answered(self, version: str) -> None:
        """Forgets how another version of Plex took edits. Names that a trial may have lost stay noted."""
        if version and version != self._store.meta(_VERSION):
            for name in (SEVERAL, ADDS, _RATINGS):
                if self._store.meta(name):
                    self._store.set_meta(name, "")
            self._store.set_meta(_VERSION, version)

    @property
    def rates_apart(self) -> bool:
        """Whether a rating needs a request of its own, since this server does not take it in an edit."""
        return bool(self._store.meta(_RATINGS))

    def rate_apart(self, is_apart: bool = True) -> None:
        """Notes that a rating did not show after an edit, and showed after a request of its own; or, with
        False, that it showed after an edit."""
        if self.rates_apart is not is_apart:
            self._store.set_meta(_RATINGS, "1" if is_apart else "")

    def knows(self, trait: str) -> "bool | None":
        """Whether the server has the trait SEVERAL or ADDS; None before anything has shown that."""
        return {"yes": True, "no": False}.get(self._store.meta(trait))

    def note(self, trait: str, has_it: bool) -> None:
        if self.knows(trait) is not has_it:
            self._store.set_meta(trait, _WORDS[has_it])

    @property
    def trial(self) -> list[Tried]:
        """The items of an edit that may have taken names away, and that nobody has looked at since."""
        try:
            rows = json.loads(self._store.meta(_TRIAL) or "[]")
            return [
                Tried(
                    key, file_ids_from(files), {name: tuple(names) for name, names in lists.items()}
                )
                for key, files, lists in rows
            ]
        except (ValueError, TypeError, AttributeError):
            return []  # damaged

    def begin_trial(self, items: "list[Tried]") -> None:
        rows = [[one.rating_key, file_ids_text(one.files), one.lists] for one in items]
        self._store.set_meta(_TRIAL, json.dumps(rows, ensure_ascii=False))

    def end_trial(self) -> None:
        if self._store.meta(_TRIAL):
            self._store.set_meta(_TRIAL, "")


_FAILED = (errors.Busy, errors.Rejected, errors.Gone)
PATIENCE = 8  # requests in a row that fail: a bad item among a hundred makes seven of them
BUSY = 4  # an error of a busy Plex, which may take long, counts for so many


@dataclass(frozen=True, eq=False)
class Share:
    """One item, and its changes as an edit that others may have as well."""

    item: Item
    changes: Sequence[Change]
    edit: tuple[edit_request.Parameter, ...]

    @cached_property
    def at_risk(self) -> dict[str, Tags]:
        return at_risk(self.changes)

    @property
    def tried(self) -> Tried:
        return Tried(self.item.rating_key, self.item.file_ids, self.at_risk)

    def was_reached(self, now: Item) -> bool:
        return was_reached(self.changes, self.item, now)

    def is_robbed(self, now: Item) -> bool:
        """Whether the item has lost names that were to stay."""
        return edit_request.lost_names(self.at_risk, now)


@dataclass
class Together:
    """Lives as long as a process. The caller writes every other item singly, with its whole lists. A
    single write also puts back the names that an edit of several items has taken away."""

    _plex: PlexPort
    _traits: Traits

    def write(self, shares: Iterable[Share]) -> set[int]:
        """Writes equal edits as one. Returns the rating keys of the items that have got theirs."""
        groups: dict[object, list[Share]] = {}
        for share in shares:
            groups.setdefault((share.item.section, share.edit), []).append(share)
        done: set[int] = set()
        for group in groups.values():
            if len(group) > 1:
                done |= self._group(group)
        return done

    def settle(self) -> list[int]:
        """Puts back the names that the trial of an earlier process has taken away and not restored.
        Returns the rating keys of the items in the trial. Call this before you read items to decide about
        them: otherwise a missing name looks as if a person had removed it."""
        trial = self._traits.trial
        if trial:
            self._settle(trial)
        return [one.rating_key for one in trial]

    def _settle(self, trial: Sequence[Tried]) -> None:
        with suppress(*_FAILED):  # then a later batch settles it
            items = self._plex.items([one.rating_key for one in trial])
            for one in trial:
                item = items.get(one.rating_key)
                if item and is_same_file(one.files, item.file_ids):
                    self._give_back(item, one)
            self._traits.end_trial()

    def _give_back(self, item: Item, tried: Tried) -> None:
        if edit_request.lost_names(tried.lists, item):
            edit = edit_request.give_back(tried.lists, item)
            self._plex.edit(item.section, item.rating_key, edit)
            self._traits.note(ADDS, False)

    def _group(self, group: list[Share]) -> set[int]:
        several, adds = self._traits.knows(SEVERAL), self._traits.knows(ADDS)
        group = [share for share in group if _may_share(share, adds)]
        group.sort(key=lambda share: not share.at_risk)
        if several is False or len(group) < 2:
            return set()
        done: set[int] = set()
        if several is None or (group[0].at_risk and adds is None):
            if not self._try(group[:2]):
                return set()
            done, group = {share.item.rating_key for share in group[:2]}, group[2:]
        most = edit_request.most_items(group[0].edit) if group else 1
        for at in range(0, len(group), most):
            done |= self._send(group[at : at + most])
        return done

    def _send(self, shares: Sequence[Share]) -> set[int]:
        """Sends one edit for all items. When that fails, sends it for each half of them, and so on.
        Leaves out a single item. Returns the rating keys of the items that have the edit."""
        done: set[int] = set()
        parts, failed = [shares], 0
        while parts and failed < PATIENCE:
            part = parts.pop()
            if len(part) < 2:
                continue
            try:
                done |= self._edit(part)
                failed = 0
            except _FAILED as error:
                failed += PATIENCE if error.after else BUSY if isinstance(error, errors.Busy) else 1
                half = len(part) // 2
                parts += [part[half:], part[:half]]
        return done

    def _edit(self, shares: Sequence[Share]) -> set[int]:
        keys = [share.item.rating_key for share in shares]
        self._plex.edit_several(shares[0].item.section, keys, shares[0].edit)
        return set(keys)

    def _try(self, pair: Sequence[Share]) -> bool:
        """Sends an edit to two items, and looks how the server takes that. Returns whether both are right."""
        risky = [share for share in pair if share.at_risk]
        if risky:
            self._traits.begin_trial([share.tried for share in risky])
        try:
            keys = self._edit(pair)
            items = self._plex.items(list(keys))
        except _FAILED:
            return False
        return len(items) == len(keys) and self._judge(pair, risky, items)

    def _judge(
        self, pair: Sequence[Share], risky: Sequence[Share], items: Mapping[int, Item]
    ) -> bool:
        reached = [share.was_reached(items[share.item.rating_key]) for share in pair]
        if any(reached):
            self._traits.note(SEVERAL, all(reached))
        is_robbed = any(share.is_robbed(items[share.item.rating_key]) for share in risky)
        if risky and all(reached):
            self._traits.note(ADDS, not is_robbed)
        if not is_robbed:
            self._traits.end_trial()
        return all(reached) and not is_robbed


def _may_share(share: Share, adds: "bool | None") -> bool:
    """Whether the edit may go out with others. `adds` is the trait ADDS of the server. No trial risks a
    collection: it would be another one after its last item was away, without its texts and images."""
    return not share.at_risk or bool(adds) or (adds is None and "collections" not in share.at_risk)
