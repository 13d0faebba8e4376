"""Reads back what Plex made of the writes, and sends again what it ignored."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import errors
from plex.client import edit_request
from plex.client.status import unreadable
from plex.fields import registry
from plex.fields.item import Item
from plex.sync.outcome import Outcome
from plex.sync.work import Work
from plex.sync.write import Writer

Items = Mapping[int, Item]


@dataclass
class ReadBack:
    """Compares the works of one batch with what Plex says after them. `read` reads items again."""

    outcomes: Mapping[int, Outcome]
    writer: Writer
    read: Callable[[Sequence[int]], Items]

    def carried_out(self, works: Sequence[Work], items: Items) -> list[Work]:
        """Returns the works that did not fail. `items` has the items after the writes. Sends again what
        Plex ignored."""
        _seen([work for work in works if work.edits], items)
        seen = [work for work in works if not work.edits or self._is_seen(work)]
        amiss = [work for work in seen if work.ignored or work.was_robbed]
        unrated = [work for work in amiss if work.lost_rating]
        if len([work for work in amiss if work.was_robbed]) > 1:
            self.writer.were_robbed()
        seen = [w for w in seen if w not in amiss or self.writer.again(w, self._of(w))]
        self._look_again(amiss)
        if any(not work.ignored for work in unrated):
            self.writer.traits.rate_apart()
        seen = [w for w in seen if not w.was_dropped or self._failed(w, _dropped())]
        stubborn = [work for work in seen if left_over(work)]
        done = [
            w for w in seen
            if w not in stubborn or self.writer.singly(w, self._of(w), left_over(w))
        ]  # fmt: skip
        self._look_again(stubborn)
        return done

    def _of(self, work: Work) -> Outcome:
        return self.outcomes[work.scene.id]

    def _failed(self, work: Work, error: errors.Stash2PlexError) -> bool:
        return self.writer.failed(work, self._of(work), error)

    def _is_seen(self, work: Work) -> bool:
        gone = errors.Gone(f"Plex item {work.item.rating_key} vanished while it was written")
        return work.after is not None or self._failed(work, gone)

    def _look_again(self, works: Sequence[Work]) -> None:
        if works:
            _seen(works, self.read([work.item.rating_key for work in works]))


def _seen(works: Sequence[Work], items: Items) -> None:
    for work in works:
        work.after = items.get(work.item.rating_key, work.after)


def left_over(work: Work) -> list[edit_request.Parameter]:
    """The removals that Plex did not make, as one edit each."""
    now = work.after.values if work.after else {}
    return [
        edit_request.removal(field.plex_name, [name])
        for change in work.writes
        if (field := registry.BY_NAME[change.field]).kind == "tags"
        for name in edit_request.left_over(change, now.get(change.field))
    ]


def _dropped() -> errors.Busy:
    return unreadable("Plex accepted an edit twice, and shows nothing of it")
