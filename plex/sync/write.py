"""Writes works to Plex one by one, and finds out whose fault a failure is. Then reads back what Plex made of
them, and sends again what it ignored (`ReadBack`)."""

import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from statistics import median

import errors
from plex.client import edit_request
from plex.client.edit_request import shared_parameters
from plex.client.port import PlexPort
from plex.client.status import unreadable
from plex.fields import registry
from plex.fields.item import Item
from plex.images import covers
from plex.library import witnesses
from plex.library.index import Index
from plex.library.witnesses import Witnesses
from plex.plan import plan
from plex.sync.decision import Outcome
from plex.sync.together import ADDS, Share, Together, Traits
from plex.sync.watcher import Watcher
from plex.sync.work import Work

# How fast Plex answers our edits, and when that means that it wants rest.
RECENT = 400  # edits by which the usual time is known
ENOUGH = 40  # edits before anything is known
LATEST = 20  # edits that are compared to them
TIMES, AT_LEAST = 3.0, 0.05  # so many times as slow, and so many seconds slower
LONGEST = 5.0  # seconds
DROPPED = "Plex accepted an edit twice, and shows nothing of it"


def rest(latest: Sequence[float], usual: Sequence[float]) -> float:
    """Seconds to leave Plex alone: the time that the latest edits took beyond the usual time. Pure."""
    if not latest or len(usual) < ENOUGH:
        return 0.0
    now, before = median(latest), median(usual)
    if now < TIMES * before or now < before + AT_LEAST:
        return 0.0
    return min(LONGEST, (now - before) * len(latest))


class Tempo:
    """How fast Plex answers. `timer` gives seconds, from any start."""

    def __init__(self, timer: Callable[[], float] = time.perf_counter) -> None:
        self._timer = timer
        self._usual: deque[float] = deque(maxlen=RECENT)
        self._latest: list[float] = []
        self._asked = 0.0

    @contextmanager
    def edit(self) -> Iterator[None]:
        """Measures one edit. A failed edit tells only how long Plex wants to be left alone."""
        began = self._timer()
        try:
            yield
        except errors.Busy as error:
            self._asked = min(LONGEST, max(error.after, self._asked))
            raise
        self._latest.append(self._timer() - began)

    def rest(self) -> float:
        """Returns the seconds of rest that are due now. Slow edits count as usual from then on, so a
        Plex that stays slow is not waited for again and again."""
        latest, self._latest = self._latest[-LATEST:], []
        seconds = max(rest(latest, self._usual), self._asked)
        self._asked = 0.0
        self._usual.extend(latest)
        return seconds


class Writer:
    """Lives as long as a process. `give_up` gets each work that failed."""

    def __init__(
        self,
        plex: PlexPort,
        index: Index,
        others: Witnesses,
        traits: Traits,
        give_up: Callable[[Work], None],
    ) -> None:
        self._plex, self._index, self._others, self.traits = plex, index, others, traits
        self._give_up, self.tempo = give_up, Tempo()
        self._together = Together(plex, traits)
        self.settle = self._together.settle
        self.watcher = Watcher()
        self.is_light = False  # whether most of the last works were written together

    def write_all(self, works: Sequence[Work], outcomes: Mapping[int, Outcome]) -> list[Work]:
        """Writes works, equal edits as one. Returns those that did not fail; the reasons of the others are
        in their outcomes."""
        done: set[int] = set()
        if len(works) > 1:
            done = self._together.write(share for work in works for share in _share(work))
        for work in works:
            work.together = work.item.rating_key in done
        self.is_light = len(done) * 2 > len(works)
        written = self._write_rest(works, outcomes)
        if len(works) > 1:
            self.settle()
        return written

    def _write_rest(self, works: Sequence[Work], outcomes: Mapping[int, Outcome]) -> list[Work]:
        """Writes what was not written together."""
        written, left = [], Counter(work.scene.id for work in works)
        for work in works:
            self.watcher.begins(work.scene)
            if work.together or self.write(work, outcomes[work.scene.id]):
                written.append(work)
                left[work.scene.id] -= 1
                if not left[work.scene.id]:
                    self.watcher.wrote(work.scene)
        return written

    def write(self, work: Work, outcome: Outcome) -> bool:
        """Writes one item. Returns False if that failed, with the reason in the outcome."""

        def send() -> None:
            self._send(work, work.writes)
            key, images = work.item.rating_key, work.new_images
            outcome.warnings += filter(None, [covers.show(self._plex, key, i) for i in images])

        return self._tried(send, work, outcome)

    def again(self, work: Work, outcome: Outcome) -> bool:
        """Sends again what Plex ignored: perhaps a proxy in front of Plex had accepted it, or Plex takes
        no rating in an edit. Sends the whole edit if the item has lost names."""
        left = work.writes if work.was_robbed else work.ignored
        send = self._rate if work.lost_rating else partial(self._send, rates_apart=True)
        return self._tried(lambda: send(work, left), work, outcome)

    def singly(self, work: Work, outcome: Outcome, left: Sequence[edit_request.Parameter]) -> bool:
        """Sends removals one by one: some servers honour only the first removal of a request."""

        def remove() -> None:
            for parameter in left:
                self._plex.edit(work.item.section, work.item.rating_key, [parameter])

        return self._tried(remove, work, outcome)

    def failed(self, work: Work, outcome: Outcome, error: errors.Stash2PlexError) -> bool:
        """Notes that the work failed. Returns False."""
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

    def _send(self, work: Work, changes: Sequence[plan.Change], rates_apart: bool = False) -> None:
        def edit(apart: bool) -> None:
            self._edit(work, edit_request.parameters(changes, apart))

        has_rating = any(change.field == "rating" for change in changes)
        known = has_rating and (rates_apart or self.traits.rates_apart)
        if edited_apart(edit, known, has_rating):
            self._rate(work, changes)
            if not known:
                self.traits.rate_apart()

    def _rate(self, work: Work, changes: Sequence[plan.Change]) -> None:
        for change in changes:
            if change.field == "rating":
                self._plex.rate(work.item.rating_key, change.after)  # type: ignore[arg-type]

    def _edit(self, work: Work, parameters: list[edit_request.Parameter]) -> None:
        if work.photos:
            parameters = edit_request.with_photos(parameters, work.photos, work.actors)
            sent = {value for name, value in parameters if name.endswith(".tag.thumb")}
            work.photos = {name: url for name, url in work.photos.items() if url in sent}
        locks = [image.kind.lock for image in work.new_images]
        parameters += [(f"{name}.locked", "1") for name in locks if name not in work.item.locks]
        if parameters:
            with self.tempo.edit():
                self._plex.edit(work.item.section, work.item.rating_key, parameters)
            self._others.took = work.item.rating_key

    def _blame(self, work: Work, error: errors.Stash2PlexError) -> None:
        """Raises Unreachable if Plex takes no edit at all, else marks the error as `alone`. The items that
        are tried for that get an edit that changes nothing."""
        takes = witnesses.take_edits(self._plex, self._others.besides(work.item.rating_key))
        if takes is False:
            sentence = f"Plex answers, but takes no changes now ({error})"
            raise errors.Unreachable(sentence).of(errors.PLEX, error.cause or "busy") from None
        error.alone = takes is True


def edited_apart(edit: Callable[[bool], None], apart: bool, has_rating: bool) -> bool:
    """Sends an edit, whose rating is left out if it is `apart`. Some servers refuse an edit with a rating in
    it: then sends it again without. Returns whether the rating still has to be sent."""
    if not apart:
        try:
            edit(False)
            return False
        except errors.Rejected:
            if not has_rating:
                raise
    edit(True)
    return True


def _share(work: Work) -> list[Share]:
    """The work as an edit that other items may share. Empty if a part of the edit fits only this item."""
    edit = None if work.photos or work.new_images else shared_parameters(work.writes)
    return [Share(work.item, work.writes, tuple(edit))] if edit else []


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
        _seen(works, items)
        seen = [work for work in works if not work.edits or self._is_seen(work)]
        amiss = [work for work in seen if work.ignored or work.was_robbed]
        unrated = [work for work in amiss if work.lost_rating]
        if len([work for work in amiss if work.was_robbed]) > 1:
            # A single item proves nothing: a person may have removed the names.
            self.writer.traits.note(ADDS, False)
        seen = [w for w in seen if w not in amiss or self.writer.again(w, self._of(w))]
        self._look_again(amiss)
        if any(not work.ignored for work in unrated):
            self.writer.traits.rate_apart()
        dropped = [work for work in amiss if work.was_dropped]
        seen = [w for w in seen if w not in dropped or self._failed(w, unreadable(DROPPED))]
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
