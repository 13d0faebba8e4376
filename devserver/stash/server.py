"""StashServer: the simulator as tests and the demo use it."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from . import seed
from .changes import content_type
from .client import Client
from .faults import Faults
from .launcher import Launcher
from .library import Library
from .logs import LogLine
from .messages import Request
from .packages import install
from .plugins import Run
from .sessions import COOKIE, Sessions
from .store import Store, parse_offset
from .web import Exchange, Listener, hang_up_all


class StashServer(Client):
    """A Stash in a box. `root` is its config folder; plugins run with the foreign cwd root/cwd."""

    def __init__(
        self,
        root: Path,
        port: int = 0,
        version: str | None = "v0.31.1",
        password: str | None = None,
        session_age: float = 3600,
        stdin_settings: bool = False,
        external_host: str | None = None,
        clock: Callable[[], float] = time.time,
        parallel_hooks: int = 1,
        tz_offset: str = "+02:00",
        host: str = "127.0.0.1",
        spawner: str = "direct",
    ) -> None:
        parse_offset(tz_offset)
        self.config_dir = Path(root).absolute()
        self.external_host = external_host
        self.spawner = spawner
        self.host = host
        self.gzip = True
        self.libraries: Path | None = None  # a node_modules folder: then there is a page to see
        self.tripwire = False
        self.faults = Faults()
        self.requests: list[Request] = []
        self.targets: list[str] = []  # what stood in every request line there ever was
        self.foreign = 0  # requests that carried the credentials of another server
        self.queries_rejected: list[Request] = []
        self.connections: set[Any] = set()
        sessions = Sessions(clock, session_age, password)
        self.library = Library(self.config_dir, Store(clock, tz_offset), sessions, version)
        self.library.parallel_tasks = parallel_hooks
        self.library.host.stdin_settings = stdin_settings
        self.port = port
        self._listener: Listener | None = None
        self._launcher: Launcher | None = None

    # -- life ------------------------------------------------------------------------------

    def start(self) -> StashServer:
        self.tripwire = False
        self._listener = Listener((self.host, self.port), Exchange)
        self._listener.owner = self
        self.port = self._listener.server_address[1]
        plugins = self.library.host
        plugins.port = self.port
        if self.library.jobs.closed:
            self.library.new_jobs()
        if self.spawner == "child":
            self._launcher = Launcher()
            plugins.spawn = self._launcher.spawn
        plugins.reload()
        threading.Thread(target=self._listener.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def stop(self) -> None:
        """Ends the server and every plugin process."""
        self._close()
        self.library.host.kill_all()
        if self._launcher:
            self._launcher.close()

    def restart(self) -> None:
        """A new server process: running plugins live on, the queue is empty, ids start at 1. With
        spawner='child' plugins also get a new parent process."""
        self._close()
        if self._launcher:
            self._launcher.abandon()
        self.start()

    def _close(self) -> None:
        if self._listener is None:
            return
        self.faults.release()
        self.library.jobs.close()
        self._listener.shutdown()
        self._listener.server_close()
        hang_up_all(self.connections)
        self._listener = None

    def __enter__(self) -> StashServer:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    # -- where and who ---------------------------------------------------------------------

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.address}"

    @property
    def plugins_dir(self) -> Path:
        return self.library.plugins_dir

    @property
    def api_key(self) -> str:
        return self.library.sessions.api_key

    @api_key.setter
    def api_key(self, key: str) -> None:
        self.library.sessions.api_key = key

    def cookie(self) -> str:
        """A session of the person at the UI."""
        return f"{COOKIE}={self.library.sessions.mint(self.library.sessions.username or None)}"

    def credentials(self) -> dict[str, str]:
        return {"Cookie": self.cookie()}

    def expire_sessions(self) -> None:
        self.library.sessions.expire_all()

    # -- switches --------------------------------------------------------------------------

    @property
    def python(self) -> str:
        return self.library.host.python

    @python.setter
    def python(self, path: str) -> None:
        self.library.host.python = path

    @property
    def env(self) -> dict[str, str]:
        return self.library.host.env

    @env.setter
    def env(self, extra: dict[str, str]) -> None:
        self.library.host.env = {k: os.fspath(v) for k, v in extra.items()}

    @property
    def announced_host(self) -> str:
        """The Host that plugins are told: Stash's default is no address to connect to."""
        return self.library.host.host

    @announced_host.setter
    def announced_host(self, host: str) -> None:
        self.library.host.host = host

    @property
    def stderr_limit(self) -> int | None:
        """Bytes of a stderr line at which Stash closes the pipe; None switches that off."""
        return self.library.host.stderr_limit

    @stderr_limit.setter
    def stderr_limit(self, limit: int | None) -> None:
        self.library.host.stderr_limit = limit

    @property
    def tz_offset(self) -> str:
        return self.library.store.tz_offset

    @tz_offset.setter
    def tz_offset(self, offset: str) -> None:
        self.library.store.tz_offset = offset

    # -- what happened ---------------------------------------------------------------------

    @property
    def runs(self) -> list[Run]:
        return self.library.host.runs

    @property
    def logs(self) -> list[LogLine]:
        return self.library.log.lines

    @property
    def server_log(self) -> list[LogLine]:
        """What Stash itself said: hook errors, failed tasks, bad manifests."""
        return self.library.log.server_lines

    @property
    def progress(self) -> dict[str, list[float]]:
        return self.library.jobs.progress

    @property
    def plugin_errors(self) -> dict[str, str]:
        return self.library.host.errors

    # -- plugins and jobs ------------------------------------------------------------------

    def install_plugin(self, package: Path, source: str = "local", id_: str | None = None) -> str:
        """Installs or updates a folder or zip the way Stash's package manager does; the plugin's
        id is returned."""
        plugin_id = install(Path(package), self.plugins_dir / source, id_)
        self.library.host.reload()
        return plugin_id

    def hold_jobs(self) -> None:
        """As if a long scan were in front."""
        self.library.jobs.hold(True)

    def release_jobs(self) -> None:
        self.library.jobs.hold(False)

    def wait_idle(self, timeout: float = 60) -> None:
        jobs = self.library.jobs
        if not jobs.wait(lambda: not jobs.queue, timeout):
            waiting = ", ".join(f"{j.id} {j.status} {j.description}" for j in jobs.queue)
            raise TimeoutError(f"after {timeout} s still in the queue: {waiting}")

    def wait_for(self, condition: Callable[[], bool], timeout: float = 10) -> None:
        """Waits until something that plugins or jobs change has come true."""
        if not self.library.jobs.wait(condition, timeout):
            raise TimeoutError(f"not true after {timeout} s")

    # -- the library -----------------------------------------------------------------------

    def add_scene(self, **fields: Any) -> int:
        """Silently, as an import would. See seed.add_scene for the fields."""
        return seed.add_scene(self.library, **fields)

    def replace_database(self, updated_at: str = "") -> dict[int, int]:
        """Silently: ids stand for other files afterwards; see seed.replace_database."""
        return seed.replace_database(self.library, updated_at)

    def scene(self, id_: int) -> dict[str, Any]:
        return self.library.store.scenes[id_].as_dict()

    def named(self, kind: str, id_: int) -> dict[str, Any]:
        return self.library.store.named[kind][id_].as_dict()

    def _id(self, kind: str, name: str) -> int:
        return self.library.store.id_of(kind, name)

    def performer_id(self, name: str) -> int:
        return self._id("performer", name)

    def studio_id(self, name: str) -> int:
        return self._id("studio", name)

    def tag_id(self, name: str) -> int:
        return self._id("tag", name)

    def group_id(self, name: str) -> int:
        return self._id("group", name)

    def set_cover(self, scene_id: int, data: bytes | None, type_: str | None = None) -> None:
        """Silently, but updated_at moves: a cover that was generated later."""
        scene = self.library.store.scenes[scene_id]
        scene.cover = None if data is None else (data, type_ or content_type(data))
        scene.updated_at = self.library.store.now()

    def auto_tag(self, **kinds: list[str]) -> None:
        """performers=["*"] and so on. Silent; waits for the job."""
        self.start_auto_tag(**kinds)
        self.wait_idle()

    def identify(self, found: dict[int, dict[str, Any]]) -> None:
        """Scene id -> sceneUpdate fields that a scraper would find. Waits for the job."""
        self.library.identified.update(found)
        self.start_identify(list(found))
        self.wait_idle()

    def scan_add(self, path: str, **facts: Any) -> int:
        """Puts a file on the disk and scans it; the id of its scene. `oshash` makes twins."""
        self.library.disk[path] = seed.facts(facts)
        self._scan([path])
        return seed.scene_at(self.library, path)

    def scan_move(self, old: str, new: str) -> None:
        """Renames a file on the disk and scans: an Update with null input."""
        known = self.library.store.file_by_path[old]
        self.library.disk.pop(old, None)
        self.library.disk[new] = {"fingerprints": known.fingerprints}
        self._scan([new])

    def scan_again(self, path: str, **facts: Any) -> None:
        """A file that changed on the disk, or without `facts` a forced rescan."""
        self.library.disk[path] = seed.facts(facts)
        self._scan([path], rescan=not facts)

    def clean(self, *gone: str) -> None:
        """Removes files from the disk and runs Clean."""
        for path in gone:
            self.library.disk.pop(path, None)
        self.start_clean()
        self.wait_idle()

    def _scan(self, paths: Iterable[str], **options: bool) -> None:
        self.start_scan(list(paths), **options)
        self.wait_idle()
