"""The works are done, one after the other; whose fault it is when one is not."""

from collections.abc import Callable, Sequence
from typing import Protocol

import errors
from plex.client import edit_request
from plex.images import covers, images
from plex.library import witnesses
from plex.library.index import Index
from plex.library.witnesses import Witnesses
from plex.plan import plan
from plex.sync.outcome import Outcome
from plex.sync.tempo import Tempo
from plex.sync.work import Work


class Plex(images.Images, witnesses.Plex, Protocol):
    """What is told to Plex."""

    def edit(
        self, section: int, rating_key: int, parameters: Sequence[edit_request.Parameter]
    ) -> None: ...
    def rate(self, rating_key: int, rating: "float | None") -> None: ...


class Writing:
    """`give_up` is told of each work that failed."""

    def __init__(
        self,
        plex: Plex,
        index: Index,
        others: Witnesses,
        give_up: Callable[[Work], None],
        tempo: Tempo,
    ) -> None:
        self._plex, self._index, self._others = plex, index, others
        self._give_up, self._tempo = give_up, tempo

    def __call__(self, work: Work, outcome: Outcome) -> bool:
        """Write one item; False when that failed, with the reason in the outcome."""

        def write() -> None:
            self._send(work, work.writes)
            said = [covers.show(self._plex, work.item.rating_key, one) for one in work.shows]
            outcome.warnings += filter(None, said)

        return self._tried(write, work, outcome)

    def again(self, work: Work, outcome: Outcome) -> bool:
        """Plex said yes and nothing has changed: perhaps it was somebody else who said it."""
        return self._tried(lambda: self._send(work, work.ignored), work, outcome)

    def singly(self, work: Work, outcome: Outcome, left: Sequence[edit_request.Parameter]) -> bool:
        """Some servers honour only the first removal of a request: send the others alone."""

        def remove() -> None:
            for parameter in left:
                self._plex.edit(work.item.section, work.item.rating_key, [parameter])

        return self._tried(remove, work, outcome)

    def failed(self, work: Work, outcome: Outcome, error: errors.Stash2PlexError) -> bool:
        """Say so; always False."""
        if isinstance(error, errors.Gone):
            self._index.doubt([work.item.rating_key])
        if isinstance(error, (errors.Busy, errors.Rejected)):
            self._blame(work, error)
        self._give_up(work)
        outcome.error = error
        return False

    def _tried(self, write: Callable[[], None], work: Work, outcome: Outcome) -> bool:
        try:
            write()
        except (errors.Busy, errors.Rejected, errors.Gone) as error:
            return self.failed(work, outcome, error)
        return True

    def _send(self, work: Work, changes: Sequence[plan.Change]) -> None:
        parameters = edit_request.parameters(changes)
        if work.photos:
            parameters = edit_request.with_photos(parameters, work.photos, work.actors)
            sent = {value for name, value in parameters if name.endswith(".tag.thumb")}
            work.photos = {name: url for name, url in work.photos.items() if url in sent}
        locks = [one.kind.lock for one in work.shows]
        parameters += [(f"{name}.locked", "1") for name in locks if name not in work.item.locks]
        if parameters:
            with self._tempo.edit():
                self._plex.edit(work.item.section, work.item.rating_key, parameters)
            self._others.took(work.item.rating_key)
        for change in changes:
            if change.field == "rating":
                self._plex.rate(work.item.rating_key, change.after)  # type: ignore[arg-type]

    def _blame(self, work: Work, error: errors.Stash2PlexError) -> None:
        """Whose fault is it? Unreachable if Plex takes no edit at all, else it is `alone`.

        Whoever is asked is told what it says already.
        """
        takes = witnesses.take_edits(self._plex, self._others.besides(work.item.rating_key))
        if takes is False:
            said = f"Plex answers, and takes no changes now ({error})"
            raise errors.Unreachable(said).of(errors.PLEX, error.cause or "busy") from None
        error.alone = takes is True
