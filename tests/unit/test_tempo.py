"""When Plex slows down it is left alone for a while, in proportion and never for long."""

from __future__ import annotations

import pytest

import errors
from plex.sync.write import ENOUGH, LATEST, LONGEST, Tempo, rest

QUICK = [0.02] * 200


@pytest.mark.parametrize(
    ("latest", "usual", "seconds"),
    [
        ([], QUICK, 0.0),
        ([0.02] * 20, QUICK, 0.0),
        ([0.05] * 20, QUICK, 0.0),  # not three times as slow
        ([0.004] * 20, [0.001] * 200, 0.0),  # four times, and still nothing that anybody feels
        ([0.1] * 20, QUICK, 1.6),  # as long as these took longer
        ([0.1] * 5, QUICK, 0.4),
        ([0.5] * 20, QUICK, LONGEST),
        ([30.0] * 20, QUICK, LONGEST),
        ([9.0] + [0.02] * 19, QUICK, 0.0),  # one slow answer is chance
        ([0.5] * 20, [0.5] * 200, 0.0),  # a Plex that is always slow is as fast as ever
        ([0.5] * 20, [0.02] * (ENOUGH - 1), 0.0),  # what is usual is not known yet
    ],
)
def test_the_rest_is_as_long_as_the_latest_edits_took_longer(
    latest: list[float], usual: list[float], seconds: float
) -> None:
    assert rest(latest, usual) == pytest.approx(seconds)


class Watch:
    """A clock that moves on while Plex writes."""

    now = 0.0

    def __call__(self) -> float:
        return self.now

    def batch(self, tempo: Tempo, seconds: float) -> float:
        """The rest after a batch of edits that took so long each."""
        for _ in range(LATEST):
            with tempo.edit():
                self.now += seconds
        return tempo.rest()


def test_a_slower_plex_gets_a_rest_once() -> None:
    watch = Watch()
    tempo = Tempo(watch)
    assert [watch.batch(tempo, 0.02) for _ in range(5)] == [0.0] * 5
    rests = [watch.batch(tempo, 0.2) for _ in range(10)]
    assert rests[0] == pytest.approx(3.6) and rests[-1] == 0.0
    assert watch.batch(tempo, 0.02) == 0.0


def test_of_an_edit_that_fails_nothing_is_learnt() -> None:
    watch = Watch()
    tempo = Tempo(watch)
    for _ in range(3):
        watch.batch(tempo, 0.02)
    with pytest.raises(OSError), tempo.edit():
        watch.now += 60.0
        raise OSError
    assert tempo.rest() == 0.0


def test_a_plex_that_is_busy_gets_the_rest_that_it_asks_for() -> None:
    tempo = Tempo()
    for after in (1.0, 3.0, 0.0):
        busy = errors.Busy("busy")
        busy.after = after
        with pytest.raises(errors.Busy), tempo.edit():
            raise busy
    assert [tempo.rest(), tempo.rest()] == [3.0, 0.0]
