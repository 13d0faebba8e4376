"""Processes of the plugin without the price of a start: forks of one that has imported everything.

Starting Python and importing the packages and the plugin costs half a second of CPU, the work of an
ordinary test process a tenth of that. A fork is a process like any other: it has its own number,
memory, streams and end, and can be killed. What differs is its parent, and that the modules are
those of the folder that the tests have unpacked, which are the same as those of the box.

`WarmStart.spawn` stands in for `subprocess.Popen`. It starts Python in the usual way for whatever a
fork could not show: another interpreter, an environment that Python reads at its start, or a plugin
that is not as it was packaged. Tests with the marker `cold` start everything in the usual way.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from devserver.stash.launcher import Launcher
from tests.support import forks

# Python and its libraries read these when they start.
AT_START = ("PYTHON", "LC_", "LANG", "TZ", "PIP_", "PLEXAPI", "SSL", "REQUESTS", "CURL", "LD_")
AS_USUAL = ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH")  # the box sets them, and a fork follows them


class WarmStart(Launcher):
    """One process that has imported the plugin in `folder`, and what it needs."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._files = folder, files(folder)
        self._usual = at_start(dict(os.environ))
        bare = {name: value for name, value in os.environ.items() if name != forks.MEASURED}
        command = [sys.executable, forks.__file__, str(folder)]
        super().__init__(command, env=bare | {"PYTHONDONTWRITEBYTECODE": ""})

    def spawn(self, argv: list[str], *, cwd: str, env: dict[str, str], **pipes: Any) -> Any:
        plain = [word for word in argv if word != "-S"]  # the fork has its `site` already
        if self._can_fork(plain, cwd, env):
            return super().spawn(plain, cwd=cwd, env=env)
        return subprocess.Popen(argv, cwd=cwd, env=env, **pipes)

    def _can_fork(self, argv: list[str], cwd: str, env: dict[str, str]) -> bool:
        if argv[0] != sys.executable or len(argv) < 2 or Path(argv[1]).name != forks.ENTRY:
            return False
        folder = Path(os.path.abspath(os.path.join(cwd, argv[1]))).parent
        paths = [path for path in env.get("PYTHONPATH", "").split(os.pathsep) if path]
        ordinary = at_start(env) == self._usual and set(paths) <= {str(folder.parent)}
        return ordinary and files(folder) == self._files


def at_start(env: dict[str, str]) -> dict[str, str]:
    return {
        name: value for name, value in env.items()
        if name.startswith(AT_START) and name not in AS_USUAL
    }  # fmt: skip


def files(folder: Path) -> dict[str, int]:
    """The sizes of the modules of a plugin, by their names."""
    found = {}
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name != "__pycache__"]
        for name in filter(lambda name: name.endswith(".py"), names):
            path = os.path.join(parent, name)
            found[os.path.relpath(path, folder)] = os.stat(path).st_size
    return found
