"""A fault at any request of a brake's sample, on Plex or on Stash: no field is lost, and when it is
over the command works."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import errors
from app.commands import registry
from plex.client import client
from tests.support.brake_faults import Press, Window, some
from tests.support.in_process import TOKEN, Bench, at_once

pytestmark = [
    pytest.mark.uncovered,
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
SCENES = 60


class Library(Bench):
    """Sixty scenes that were synced, and then lost what they said in Stash."""

    share = 20

    def fill(self) -> None:
        said = {"details": "Long.", "tags": ["Rain", "Sun"]}
        self.keys = dict(self.add(title=f"Title {n}", **said) for n in range(SCENES))
        assert self.press("all") == ""
        store = self.stash.library.store
        for number in self.keys:
            scene = store.scenes[number]
            scene.tags, scene.details, scene.updated_at = (), "", store.now()
        self.plex.clear_requests()

    def press(self, mode: str) -> str:
        """What came in its way; '' if nothing did."""
        here = {"Scheme": "http", "Host": "127.0.0.1", "Port": self.stash.port}
        settings = {"plex_url": self.plex.url, "plex_token": TOKEN, "path_map": "/data => /media",
                    "brake_share": self.share}  # fmt: skip
        run = Press(here, {}, str(self.data), settings, from_stash=False)
        try:
            return str(registry.OPERATIONS[mode](run).get("paused") or "")
        except errors.Stash2PlexError as error:
            return str(error)
        finally:
            run.close()

    @property
    def lost(self) -> list[int]:
        """The items that say less than they did."""
        items = {key: self.plex.item(key) for key in self.keys.values()}
        return [key for key, one in items.items() if not (one["summary"] and one["genres"])]


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Library]:
    connect = client.connect
    monkeypatch.setattr(client, "connect", lambda *given: connect(*given, sleep=at_once))
    with Library(tmp_path) as found:
        found.fill()
        yield found


@pytest.mark.parametrize("action", ["drop", "500"])
@pytest.mark.parametrize("side", ["plex", "stash"])
def test_a_fault_at_any_request_of_the_sample_loses_nothing(
    library: Library, side: str, action: str
) -> None:
    faults = getattr(library, side).faults
    counted = Window(9999)
    faults.arm(match=counted.match, action=action, times=9999)
    assert "60 of 60 scenes" in library.press("all")
    for n in some(counted.seen):
        faults.clear()
        faults.arm(match=Window(n).match, action=action, times=9999)
        assert library.press("all"), (n, "no word of it")
        assert library.plex.writes() == [] and library.lost == [], n
        faults.clear()
        assert "60 of 60 scenes" in library.press("all"), n
        assert "60 of 60 scenes" in (library.press("process_queue") or "60 of 60 scenes"), n
    assert library.plex.writes() == []
    library.share = 100
    assert library.press("all") == "" and len(library.lost) == SCENES


@pytest.mark.parametrize(("side", "match"), [("plex", "/library/metadata/"), ("stash", "Scenes")])
def test_a_server_that_goes_on_failing_ends_in_a_sentence(
    library: Library, side: str, match: str
) -> None:
    getattr(library, side).faults.arm(match=match, action="500", times=9999)
    said = library.press("all")
    assert "nothing was changed" in said and "Try again when both servers answer" in said
    assert library.plex.writes() == [] and library.lost == []
