"""Looks for the packages of `requirements.txt`, and installs them when they are not importable.

They go into `<data dir>/deps/<python tag>-<hash of requirements>/`, because containers of Stash lose
installed packages, refuse to install any (PEP 668), and have neither git nor a compiler.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from app.packages import activate, pip_settings
from app.packages.requirements import Requirement, missing, parse_all
from disk.lock import FileLock
from errors import SetupError

LOCK = "install.lock"
MARKER = ".complete"
TEMPORARY = "tmp-"
_LOGGED = ("Collecting ", "Downloading ", "Building ", "Installing collected ")
_PATIENCE = 10.0

Log = Callable[[str], None]


def ensure(
    requirements: Path,
    data_dir: Path,
    log: Log,
    python: str = sys.executable,
    limit: float | None = None,
) -> None:
    """Make every requirement importable. Raises SetupError with advice if that fails, or if pip takes more
    than `limit` seconds.

    Uses installed packages if their versions fit, otherwise our folder. To fill the folder takes pip, some
    seconds and, by pip's usual settings, the network.
    """
    wanted = _read(requirements)
    if not missing(wanted):
        return
    folder = Path(data_dir).absolute() / "deps" / folder_name(wanted)
    is_complete = _is_complete(folder, wanted)
    if not is_complete:
        with _installing(folder.parent, log):
            if not _is_complete(folder, wanted):
                _install(requirements.absolute(), folder, log, python, limit)
    else:
        _tidy(folder)
    _activate(folder, requirements.absolute().parent)
    if is_complete and missing(wanted):  # files were deleted, but not the marker
        with _installing(folder.parent, log):
            if missing(wanted):
                _install(requirements.absolute(), folder, log, python, limit)
        importlib.invalidate_caches()
    if faults := missing(wanted):
        raise SetupError(_sentence("; ".join(faults), _by_hand(python, requirements, folder, {})))


def ready(requirements: Path, data_dir: Path) -> bool:
    """Whether `ensure` has nothing to install."""
    wanted = _read(requirements)
    folder = Path(data_dir).absolute() / "deps" / folder_name(wanted)
    return not missing(wanted) or _is_complete(folder, wanted)


def folder_name(wanted: list[Requirement]) -> str:
    """The folder's name, which does not depend on the order of the requirements."""
    lines = sorted(f"{package.name.lower()}{package.ranges}" for package in wanted)
    return f"{python_tag()}-{hashlib.sha256('|'.join(lines).encode()).hexdigest()[:12]}"


def python_tag() -> str:
    """The platform of compiled packages, for example `cp311-linux_x86_64-glibc`."""
    version = f"{sys.implementation.name[:2]}{sys.version_info[0]}{sys.version_info[1]}"
    machine = os.uname().machine if hasattr(os, "uname") else ""
    places = dict.fromkeys(sysconfig.get_platform().split("-") + [machine] * bool(machine))
    # A 32-bit Python on a 64-bit kernel names the kernel's machine.
    narrow = "" if sys.maxsize > 2**32 else "_32bit"
    platform = "_".join(places).replace(".", "_") + narrow + _libc()
    return f"{version}{getattr(sys, 'abiflags', '')}-{platform}"


def _libc() -> str:
    """The C library: packages for Alpine do not load on Debian, nor the reverse."""
    if sys.platform != "linux":
        return ""
    with contextlib.suppress(ValueError, OSError):
        if (os.confstr("CS_GNU_LIBC_VERSION") or "").startswith("glibc"):
            return "-glibc"
    return "-musl"


def _read(requirements: Path) -> list[Requirement]:
    try:
        return parse_all(requirements.read_text(encoding="utf-8"))
    except OSError as error:
        raise SetupError(f"{requirements} cannot be read ({error}): reinstall the plugin") from None


def _is_complete(folder: Path, wanted: list[Requirement]) -> bool:
    """Whether we finished the folder (the marker comes last), or a person filled it."""
    if (folder / MARKER).exists():
        return True
    return folder.is_dir() and not missing(wanted, [str(folder)])


def _activate(folder: Path, plugin_dir: Path) -> None:
    activate.activate(str(folder), str(plugin_dir))
    importlib.invalidate_caches()


@contextlib.contextmanager
def _installing(parent: Path, log: Log) -> Iterator[None]:
    """Let only one process install. The others wait and log that."""
    lock = FileLock(parent / LOCK)
    try:
        if not lock.acquire():
            log("Another process is installing the packages of Stash2Plex: waiting for it")
            lock.acquire(blocking=True, poll=0.5, sleep=_logged_sleep(log))
    except OSError as error:
        raise SetupError(f"{parent} cannot be written ({error}): the packages need it") from None
    try:
        yield
    finally:
        lock.release()


def _logged_sleep(log: Log) -> Callable[[float], None]:
    begun = logged = time.monotonic()

    def sleep(seconds: float) -> None:
        nonlocal logged
        time.sleep(seconds)
        if time.monotonic() - logged >= _PATIENCE:
            logged = time.monotonic()
            log(f"Still waiting for the packages, for {logged - begun:.0f} s now")

    return sleep


def _install(requirements: Path, folder: Path, log: Log, python: str, limit: float | None) -> None:
    """Install under the lock, into a temporary folder that is moved into place when it is whole."""
    begun = time.monotonic()
    _remove_halves(folder.parent)
    work = folder.parent / f"{TEMPORARY}{os.getpid()}"
    log("Installing the packages of Stash2Plex with pip; this happens once")
    files: dict[str, str] = {}
    try:
        (work / "tmp").mkdir(parents=True, exist_ok=True)
        around = _surroundings(work / "tmp")
        files = _settings_of_files(python, around)
        environment = pip_settings.environment(around, files)
        fault = _pip(_command(python, requirements, work / "site"), environment, log, limit)
        if fault:
            raise SetupError(_sentence(fault, _by_hand(python, requirements, folder, files)))
        _put(work / "site", folder)
    except OSError as error:
        by_hand = _by_hand(python, requirements, folder, files)
        raise SetupError(_sentence(str(error), by_hand)) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)
    _remove_older(folder)
    log(f"The packages are installed, after {time.monotonic() - begun:.0f} s")


def _command(python: str, requirements: Path, target: Path) -> list[str]:
    command = [python, "-m", "pip", "install", "--target", str(target)]
    command += ["--no-input", "--disable-pip-version-check", "--prefer-binary"]
    return [*command, "-r", str(requirements)]


def _settings_of_files(python: str, around: dict[str, str]) -> dict[str, str]:
    """The settings in pip's configuration files, {} if pip cannot list them."""
    if not python:
        return {}
    listed = subprocess.run(
        [python, "-m", "pip", "config", "list"],
        env=pip_settings.for_listing(around),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    return pip_settings.of_files(listed.stdout) if listed.returncode == 0 else {}


def _pip(
    command: list[str], environment: dict[str, str], log: Log, limit: float | None = None
) -> str:
    """Run pip and log its steps. Returns "" on success, else pip's error."""
    if not command[0]:
        return "this Python does not know its own name"
    lines: list[str] = []
    # pip gets its own pipe: our stdout carries one JSON document and nothing else.
    with (
        subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        ) as process,
        _killed_after(process, limit),
    ):
        for line in process.stdout or ():
            lines = [*lines[-50:], line.strip()]
            if lines[-1].startswith(_LOGGED):
                log(lines[-1][:200])
    return "" if process.returncode == 0 else _reason(lines, process.returncode)


@contextlib.contextmanager
def _killed_after(process: subprocess.Popen[str], limit: float | None) -> Iterator[None]:
    timer = threading.Timer(limit or 0.0, process.kill)
    if limit:
        timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _surroundings(temporary: Path) -> dict[str, str]:
    """The caller's variables, with temporary files and the cache in our folder."""
    environment = {**os.environ, **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(temporary))}
    environment.setdefault("PIP_CACHE_DIR", str(temporary / "cache"))
    # pip does not import modules from the current folder.
    environment.setdefault("PYTHONSAFEPATH", "1")
    # pip may run foreign code, which does not get the key of Stash.
    environment.pop("STASH_API_KEY", None)
    return environment


def _reason(lines: list[str], code: int) -> str:
    if any("No module named pip" in line for line in lines):
        return "pip is missing"
    errors = [line for line in lines if line.upper().startswith("ERROR")]
    # The last error sums up. Later lines advertise a newer pip.
    words = (errors or [line for line in lines if line] or [f"exit status {code}"])[-1]
    return f"pip says: {words[:300]}"


def _by_hand(python: str, requirements: Path, folder: Path, files: dict[str, str]) -> str:
    """A shell command with which a person installs the packages by hand. `files` are the settings in
    pip's configuration files."""
    command = [python or "python3", "-m", "pip", "install", "--target", str(folder)]
    command += ["-r", str(requirements.absolute())]
    settings = pip_settings.overruling(os.environ, files)
    assigned = [f"{name}={value}" for name, value in sorted(settings.items())]
    if os.name == "nt":
        sets = [f'set "{setting}" && ' for setting in assigned]
        return "".join(sets) + subprocess.list2cmdline(command)
    return shlex.join([*(["env"] if assigned else []), *assigned, *command])


def _sentence(reason: str, by_hand: str) -> str:
    return (
        f"The packages that Stash2Plex needs could not be installed ({reason}). Run this once "
        f"where Stash runs, with access to the network: {by_hand}"
    )


def _put(site: Path, folder: Path) -> None:
    """Write the marker, then move the whole folder in one step."""
    (site / MARKER).touch()
    shutil.rmtree(folder, ignore_errors=True)
    for attempt in range(5):
        with contextlib.suppress(PermissionError):  # a virus scanner on Windows looks at new files
            os.replace(site, folder)
            return
        time.sleep(0.2 * 2**attempt)
    os.replace(site, folder)


def is_tidy(parent: Path) -> bool:
    """Whether `parent` has no folder of a running or killed installation."""
    return not any(parent.glob(f"{TEMPORARY}*"))


def _tidy(folder: Path) -> None:
    """Remove folders that a killed installation left, unless another process is installing."""
    if not _older(folder) and is_tidy(folder.parent):
        return
    lock = FileLock(folder.parent / LOCK)
    with contextlib.suppress(OSError):  # not writable, but the packages are there
        if lock.acquire():
            try:
                _remove_halves(folder.parent)
                _remove_older(folder)
            finally:
                lock.release()


def _remove_halves(parent: Path) -> None:
    for half in parent.glob(f"{TEMPORARY}*"):
        shutil.rmtree(half, ignore_errors=True)


def _remove_older(folder: Path) -> None:
    """Rename each older folder before it is deleted, so that a kill leaves none that looks whole."""
    for other in _older(folder):
        away = other.with_name(f"{TEMPORARY}{other.name}")
        with contextlib.suppress(OSError):  # in use on Windows until the next time
            os.replace(other, away)
            shutil.rmtree(away, ignore_errors=True)


def _older(folder: Path) -> list[Path]:
    """Folders for earlier requirements, without those of other Pythons that share the data dir."""
    tag = folder.name.rpartition("-")[0]
    others = folder.parent.iterdir()
    return [path for path in others if path.name.rpartition("-")[0] == tag and path != folder]
