"""Pipelined: a pipeline whose next batch is read, and whose last batch is read back, while it writes.

Wraps a `Pipeline`, which is whole without it.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial

from plex.sync.outcome import Outcome
from plex.sync.pipeline import Pipeline, SceneBatch
from plex.sync.prefetch import Prefetch


class OpenBatch:
    """A batch whose writes are on Plex, and that is not remembered yet."""

    def __init__(self, batch: SceneBatch, finish: Callable[[], None]) -> None:
        self._batch, self._finish, self._items = batch, finish, batch.items
        self.is_finished = False
        self._error: Exception | None = None

    def touches(self, ids: Collection[int], items: Collection[int]) -> bool:
        """Whether any of these scenes or items is still open in the batch."""
        if self.is_finished:
            return False
        return not (set(self._batch.ids).isdisjoint(ids) and self._items.isdisjoint(items))

    def finish(self) -> None:
        """Remembers the batch. An error is kept for whoever asks for the outcomes."""
        if not self.is_finished:
            self.is_finished = True
            try:
                self._finish()
            except Exception as error:
                self._error = error

    def outcomes(self) -> list[Outcome]:
        """Finishes the batch. A second call returns or raises the same as the first."""
        self.finish()
        if self._error:
            raise self._error
        return self._batch.results


class Pipelined:
    """Has the methods of a `Pipeline` that a drain calls."""

    def __init__(self, pipeline: Pipeline, prefetch: Prefetch) -> None:
        self._pipeline, self._prefetch = pipeline, prefetch
        self._open: list[OpenBatch] = []
        self.rest, self.size = pipeline.rest, pipeline.size

    def sync(self, ids: Iterable[int]) -> list[Outcome]:
        return self.begin(list(ids))()

    def ahead(self, ids: Sequence[int]) -> None:
        """Begins to read what these scenes need, which come next."""
        self._prefetch.ahead(ids)

    def close(self) -> None:
        """Reads nothing ahead any more."""
        self._prefetch.close()

    def begin(self, ids: Sequence[int]) -> Callable[[], list[Outcome]]:
        """Writes what these scenes need, and returns a call that finishes the batch and gives the
        outcomes. The batch before is read back meanwhile, if it is about others."""
        self._finish_open(ids=ids)
        self._prefetch.spend(self._pipeline.settle())
        settle = partial(self._finish_open, ())
        batch = self._pipeline.decide(ids, self._prefetch, settle)
        self._prefetch.spend(batch.items)
        self._pipeline.write(batch)
        read_back = self._prefetch.read_back(batch.edited)

        def finish() -> None:
            self._prefetch.spend(batch.items)  # what Plex ignored is written again
            self._pipeline.finish(batch, read_back)

        opened = OpenBatch(batch, finish)
        self._open = [*(other for other in self._open if not other.is_finished), opened]
        return opened.outcomes

    def _finish_open(self, ids: Collection[int] = (), items: Collection[int] = ()) -> bool:
        """Finishes batches with these scenes or items: what is known of them has to be remembered
        before they are decided about again. Returns whether there was any."""
        again = [batch for batch in self._open if batch.touches(ids, items)]
        for batch in again:
            batch.finish()
        return bool(again)
