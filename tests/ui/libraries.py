"""The libraries of Stash's page, from npm into a cache that is not committed; and the browser."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from disk.lock import FileLock

HERE = Path(__file__).parent
LISTS = ("package.json", "package-lock.json")
CACHE = HERE.parent.parent / ".cache" / "ui"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# The last three keep Chromium from asking hosts of its maker at every start.
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


def browser() -> str | None:
    """The path of a Chromium on this machine."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def libraries() -> Path | None:
    """The node_modules of the lock file; None where there is no npm."""
    text = b"".join((HERE / name).read_bytes() for name in LISTS)
    folder = CACHE / hashlib.sha256(text).hexdigest()[:12]
    with FileLock(CACHE / "install.lock") as _:
        if not (folder / ".whole").exists():
            npm = shutil.which("npm")
            if npm is None:
                return None
            _install(npm, folder)
    return folder / "node_modules"


def _install(npm: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in LISTS:
        shutil.copyfile(HERE / name, folder / name)
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    subprocess.run(command, cwd=folder, check=True, timeout=300, env={**os.environ, "CI": "1"})
    (folder / ".whole").touch()
