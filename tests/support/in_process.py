"""A sync in this very process against both servers over HTTP, so that it can die at any point."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from devserver.plex import PlexServer
from devserver.stash import StashServer
from plex.client.client import PlexClient, connect
from plex.library.index import Index
from plex.plan.baseline import Decision
from plex.plan.plan import REFUSED
from plex.state.database import Store
from plex.state.entry import Entry
from plex.state.ledger import Ledger
from plex.sync.decide import Decider, works_of
from plex.sync.decision import Outcome
from plex.sync.pipeline import Pipeline
from stash.api import StashApi
from validation.config import Stash2PlexConfig
from validation.settings import SyncSettings

TOKEN = "token-of-the-bench"


class Killed(BaseException):
    """The process ended here."""


def at_once(seconds: float) -> None:
    """A sleep that is over."""


class Dying:
    """Passes everything on, until the `nth` call of `method`: there it raises, before or after."""

    def __init__(self, inner: Any, method: str, nth: int, before: bool) -> None:
        self._inner, self._method, self._left, self._before = inner, method, nth, before

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        return self._counted(found) if name == self._method else found

    def _counted(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*given: Any) -> Any:
            self._left -= 1
            if self._left == 0 and self._before:
                raise Killed
            found = call(*given)
            if self._left == 0:
                raise Killed
            return found

        return counted


class Bench:
    """Two servers and one data dir; each `sync` is what one process does."""

    def __init__(self, root: Path) -> None:
        self.stash = StashServer(root / "stash")
        self.plex = PlexServer(token=TOKEN)
        self.data = root / "data"
        self.data.parent.mkdir(parents=True, exist_ok=True)
        self.settings: dict[str, Any] = {}
        self.ahead = 0.0  # seconds that the plugin's clock has moved on
        self._files = 0

    def __enter__(self) -> Bench:
        self.plex.start()
        self.section = self.plex.add_section("Scenes", roots=["/media"])
        self.stash.start()
        here = {"Scheme": "http", "Host": "127.0.0.1", "Port": self.stash.port}
        self._api = StashApi(here, sleep=at_once)
        return self

    def __exit__(self, *_: object) -> None:
        self.stash.stop()
        self.plex.stop()

    def config(self) -> Stash2PlexConfig:
        usual = {"plex_url": self.plex.url, "plex_token": TOKEN, "path_map": "/data => /media"}
        return Stash2PlexConfig.model_validate(usual | self.settings)

    def sync_settings(self) -> SyncSettings:
        return self.config().sync_settings()

    def client(self) -> PlexClient:
        found = connect(self.plex.url, TOKEN, 5, self.config().read_timeout, sleep=at_once)
        return found.only(self.config().plex_library)

    def add(self, name: str = "", in_plex: bool = True, **scene: Any) -> tuple[int, int]:
        """(scene, rating key) of a new file; the key is 0 for one that Plex does not have."""
        self._files += 1
        name = name or f"clip {self._files}.mp4"
        number = self.stash.add_scene(path=f"/data/{name}", **scene)
        return number, self.plex.add_file(f"/media/{name}") if in_plex else 0

    def sync(self, *ids: int, kill: tuple[str, int, str] | None = None) -> list[Outcome]:
        """One process; `kill` = (method, which call of it, before or after) ends it there."""
        with closing(Store(self.data)) as store:
            plex, ledger = self.client(), Ledger(store)
            if kill:
                method, nth, when = kill
                dying = Dying(ledger if method == "put" else plex, method, nth, when == "before")
                plex, ledger = (plex, dying) if method == "put" else (dying, ledger)  # type: ignore[assignment]
            pipeline = self._pipeline(plex, store, ledger)
            try:
                return pipeline.sync(ids)
            except Killed:
                return []

    def _pipeline(self, plex: PlexClient, store: Store, ledger: Ledger) -> Pipeline:
        known = Index(store), ledger, self.sync_settings(), self.clock
        return Pipeline(Decider(self._api, plex, *known))

    def decide(self, rating_key: int, side: str) -> list[str]:
        """A person decides every field of an item that was kept; which those are."""
        with closing(Store(self.data)) as store:
            ledger = Ledger(store)
            entry = ledger.entries([rating_key])[rating_key]
            pipeline = self._pipeline(self.client(), store, ledger)
            works = works_of(pipeline.look(pipeline.decider.scenes([entry.scene_id]).values()))
            kept = [
                (change.field, change.before, work.stash_says(change.field))
                for work in works
                for change in work.changes
                if not change.writes and change.why != REFUSED
            ]
            made = {name: Decision(side, current, wanted) for name, current, wanted in kept}
            ledger.decide(rating_key, made)
            return list(made)

    def clock(self) -> float:
        return time.time() + self.ahead

    def entry(self, rating_key: int) -> Entry:
        with closing(Store(self.data)) as store:
            return Ledger(store).entries([rating_key])[rating_key]

    def writes(self, method: str = "") -> list[str]:
        """What was changed in Plex since the log was cleared, as method and path."""
        return [f"{r.method} {r.path}" for r in self.plex.writes() if method in ("", r.method)]
