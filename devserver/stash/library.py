"""Everything one simulated Stash consists of, without its HTTP side."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import yaml

from .jobs import JobQueue
from .logs import Log
from .plugins import PluginHost
from .schema import Schema, schema_for
from .sessions import Sessions
from .store import Store

# libyaml, where PyYAML has it, takes a tenth of the time.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class Library:
    """Store, log, sessions, plugins, jobs. `disk` is what a scan would find: path -> facts."""

    def __init__(
        self,
        root: Path,
        store: Store,
        sessions: Sessions,
        version: str | None,
    ) -> None:
        self.root = root
        self.version = version
        self.store = store
        self.sessions = sessions
        self.compiled: Schema = schema_for(version)
        self.schema = self.compiled.graphql
        self.log = Log(store.now)
        self.cwd = root / "cwd"
        self.relative_config = False
        self.plugins_dir = root / "plugins"
        for folder in (self.cwd, self.plugins_dir):
            folder.mkdir(parents=True, exist_ok=True)
        self.host = PluginHost(self.plugins_dir, self.cwd, self.log, sessions)
        self.host.python = sys.executable
        self.host.config_dir = str(root)
        self.jobs = JobQueue(store.now, self.log.say)
        self.host.on_change = self._changed
        self.disk: dict[str, dict[str, Any]] = {}
        self.identified: dict[int, dict[str, Any]] = {}
        self.parallel_tasks = 1
        self.language = "en-US"  # of its interface, while nobody has chosen one
        self._read_config()

    def _changed(self) -> None:
        """Wakes whoever waits for a plugin or a job; the queue may be a new one by then."""
        self.jobs.notify()

    @property
    def config_path(self) -> str:
        """As it was named when Stash was started: relative for `stash --config ../config.yml`."""
        if self.relative_config:
            return os.path.relpath(self.config_file, self.cwd)
        return str(self.config_file)

    @property
    def config_file(self) -> Path:
        return self.root / "config.yml"

    def _read_config(self) -> None:
        if self.config_file.exists():
            saved = yaml.load(self.config_file.read_text(encoding="utf-8"), Loader=LOADER) or {}
            self.host.settings = saved.get("plugins", {}).get("settings", {})
            self.sessions.api_key = saved.get("api_key", "")
            self.language = saved.get("language", self.language)

    def write_config(self) -> None:
        """In place and not atomically, as Stash writes it."""
        saved = {
            "api_key": self.sessions.api_key,
            "language": self.language,
            "plugins": {"settings": self.host.settings},
        }
        self.config_file.write_text(
            yaml.dump(saved, Dumper=DUMPER, allow_unicode=True), encoding="utf-8"
        )

    def new_jobs(self) -> None:
        """A restarted server has an empty queue and counts its jobs from 1 again."""
        self.jobs.close()
        self.jobs = JobQueue(self.store.now, self.log.say)
