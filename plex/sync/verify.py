"""Reads back what Plex made of the writes, and sends again what it ignored."""

from collections.abc import Callable, Mapping, Sequence

import errors
from plex.client import edit_request
from plex.fields import registry
from plex.fields.item import Item
from plex.sync.outcome import Outcome
from plex.sync.work import Work
from plex.sync.write import Writer

Items = Mapping[int, Item]


class ReadBack:
    """Compares the works of one batch with what Plex says after them. `first` gives the items that were
    edited, `read` reads items again."""

    def __init__(
        self,
        works: Sequence[Work],
        outcomes: Mapping[int, Outcome],
        writer: Writer,
        read: Callable[[Sequence[int]], Items],
        first: Callable[[], Items],
    ) -> None:
        self._works, self._outcomes = works, outcomes
        self._writer, self._read, self._first = writer, read, first

    def works(self) -> list[Work]:
        """Returns the works that Plex has carried out, as far as it ever will."""
        _seen([work for work in self._works if work.edits], self._first())
        seen = [work for work in self._works if not work.edits or self._is_seen(work)]
        ignored = [work for work in seen if work.ignored]
        seen = [w for w in seen if w not in ignored or self._writer.again(w, self._of(w))]
        self._look_again(ignored)
        seen = [w for w in seen if not w.was_dropped or self._failed(w, _dropped())]
        stubborn = [work for work in seen if left_over(work)]
        done = [
            w for w in seen
            if w not in stubborn or self._writer.singly(w, self._of(w), left_over(w))
        ]  # fmt: skip
        self._look_again(stubborn)
        return done

    def _of(self, work: Work) -> Outcome:
        return self._outcomes[work.scene.id]

    def _failed(self, work: Work, error: errors.Stash2PlexError) -> bool:
        return self._writer.failed(work, self._of(work), error)

    def _is_seen(self, work: Work) -> bool:
        gone = errors.Gone(f"Plex item {work.item.rating_key} vanished while it was written")
        return work.after is not None or self._failed(work, gone)

    def _look_again(self, works: Sequence[Work]) -> None:
        _seen(works, self._read([work.item.rating_key for work in works]))


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
    sentence = "Plex accepted an edit twice, and shows nothing of it"
    return errors.Busy(sentence).of(errors.PLEX, "unreadable")
