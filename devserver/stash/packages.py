"""Installs plugin packages as Stash's package manager does: a folder per source and package."""

from __future__ import annotations

import functools
import shutil
import zipfile
from pathlib import Path

MANIFEST = "manifest"  # Stash's own name for the list of files; no .yml, so it is no plugin
SKIPPED = (".git", "__pycache__")


def install(package: Path, source_folder: Path, id_: str | None = None) -> str:
    """Unpacks a zip or copies a folder to <source>/<id>/; the id of the plugin in it."""
    plugin_id = _plugin_id(package)
    target = source_folder / (id_ or plugin_id)
    _remove_listed(target)
    target.mkdir(parents=True, exist_ok=True)
    files = _unpack(package, target) if package.is_file() else _copy(package, target)
    (target / MANIFEST).write_text("\n".join(sorted(files)), encoding="utf-8")
    return plugin_id


def _plugin_id(package: Path) -> str:
    if package.is_file():
        with zipfile.ZipFile(package) as archive:
            names = [n for n in archive.namelist() if "/" not in n]
    else:
        names = [entry.name for entry in package.iterdir() if entry.is_file()]
    ids = [name[: -len(".yml")] for name in sorted(names) if name.endswith(".yml")]
    if not ids:
        raise ValueError(f"no *.yml at the root of {package}")
    return ids[0]


def _remove_listed(target: Path) -> None:
    """An update deletes the files that the old package brought, and nothing else."""
    listed = target / MANIFEST
    if listed.exists():
        for name in listed.read_text(encoding="utf-8").splitlines():
            (target / name).unlink(missing_ok=True)


def _unpack(package: Path, target: Path) -> list[str]:
    state = package.stat()
    files = _contents(package, state.st_mtime_ns, state.st_size)
    for folder in {(target / name).parent for name in files}:
        folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (target / name).write_bytes(content)
    return [*files]


@functools.lru_cache(maxsize=4)
def _contents(package: Path, _changed: int, _size: int) -> dict[str, bytes]:
    """Read once: a run of the tests installs the same package thousands of times."""
    with zipfile.ZipFile(package) as archive:
        return {name: archive.read(name) for name in archive.namelist() if name[-1] != "/"}


def _copy(package: Path, target: Path) -> list[str]:
    files = []
    for path in sorted(package.rglob("*")):
        relative = path.relative_to(package)
        if path.is_file() and not any(part in SKIPPED for part in relative.parts):
            (target / relative).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, target / relative)
            files.append(relative.as_posix())
    return files
