"""A fault at any request of a decision, on Plex or on Stash: each field says what one of the sides
says, and to decide again ends what was begun."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

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
COVER = b"\xff\xd8\xff" + b"c" * 99
STASH = {"title": "S", "summary": "S words", "genres": ["s"], "userRating": 8.0}
PLEX = {"title": "P", "summary": "P words", "genres": ["p"], "userRating": 3.0}


class Decided(Bench):
    """Scenes whose items a person had locked before we touched them."""

    def lock_one(self) -> int:
        scene, key = self.add(title="S", details="S words", tags=["s"], rating100=80, cover=COVER)
        mine = b"\xff\xd8\xff" + b"m" * 99
        self.plex.edit_as_person(key, **PLEX, poster=mine)
        assert self.press("sync", scene=scene) == ""
        assert self.says(key) == PLEX
        self.mine = self.plex.item(key)["poster"]
        return key

    def press(self, mode: str, **args: Any) -> str:
        here = {"Scheme": "http", "Host": "127.0.0.1", "Port": self.stash.port}
        settings = {"plex_url": self.plex.url, "plex_token": TOKEN, "path_map": "/data => /media",
                    "on_edit_in_plex": "plex"}  # fmt: skip
        run = Press(here, args, str(self.data), settings, from_stash=False)
        try:
            return str(registry.OPERATIONS[mode](run).get("paused") or "")
        except errors.Stash2PlexError as error:
            return str(error)
        finally:
            run.close()

    def decide(self, key: int) -> str:
        return self.press("decide", item=key, field="all", side="stash")

    def says(self, key: int) -> dict[str, Any]:
        item = self.plex.item(key)
        return {name: item[name] for name in STASH}


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Decided]:
    connect = client.connect
    monkeypatch.setattr(client, "connect", lambda *given: connect(*given, sleep=at_once))
    with Decided(tmp_path) as found:
        yield found


@pytest.mark.parametrize("action", ["drop", "500", "drop_after"])
@pytest.mark.parametrize("side", ["plex", "stash"])
def test_a_fault_at_any_request_of_a_decision_loses_nothing(
    bench: Decided, side: str, action: str
) -> None:
    key, faults, counted = bench.lock_one(), getattr(bench, side).faults, Window(9999)
    faults.arm(match=counted.match, action=action, times=9999)
    assert bench.decide(key) == "" and bench.says(key) == STASH
    for n in some(counted.seen):
        faults.clear()
        key = bench.lock_one()
        faults.arm(match=Window(n).match, action=action, times=9999)
        bench.decide(key)
        for name, value in bench.says(key).items():
            assert value in (STASH[name], PLEX[name]), (n, name)
        faults.clear()
        said = bench.decide(key)
        assert said == "" or "nothing to decide" in said, (n, said)
        bench.press("process_queue")
        assert bench.says(key) == STASH and bench.plex.item(key)["poster"] != bench.mine, n
