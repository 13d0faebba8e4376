"""Builds the zip of the plugin and `index.yml`, from which Stash's plugin manager installs.

    python scripts/package.py [--out dist] [--date "2026-01-31 12:00:00"]

The zip contains only the files that run, with fixed times: the same sources give the same bytes.
"""

from __future__ import annotations

import argparse
import hashlib
import zipfile
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
ID = "Stash2Plex"
FILES = (
    "Stash2Plex.py",
    "Stash2Plex.yml",
    "errors.py",
    "requirements.txt",
    "requirements-notify.txt",
    "LICENSE",
)
FOLDERS = (
    "app",
    "disk",
    "net",
    "plex",
    "reconciliation",
    "stash",
    "sync_queue",
    "ui",
    "validation",
)
KINDS = {".py", ".js", ".css"}
_EPOCH = (2020, 1, 1, 0, 0, 0)


def contents(root: Path = ROOT) -> Iterator[Path]:
    """Yields the files of the plugin, relative to `root`, sorted."""
    yield from map(Path, FILES)
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in KINDS and path.is_file():
                yield path.relative_to(root)


def build(out: Path, date: datetime | None = None, root: Path = ROOT) -> Path:
    """Writes the zip and the index into `out`. Returns the zip. `date` is UTC, default now."""
    out.mkdir(parents=True, exist_ok=True)
    target = out / f"{ID}.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in contents(root):
            entry = zipfile.ZipInfo(path.as_posix(), _EPOCH)
            entry.create_system = 3  # Unix, wherever it is built
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, (root / path).read_bytes())
    listed = index_entry(target, date or datetime.now(timezone.utc), root)
    text = yaml.safe_dump([listed], sort_keys=False, allow_unicode=True)
    (out / "index.yml").write_text(text, encoding="utf-8")
    return target


def index_entry(archive: Path, date: datetime, root: Path = ROOT) -> dict[str, object]:
    """Returns the entry that Stash reads. A newer `date` makes an update; the version is only for
    people."""
    manifest = yaml.safe_load((root / f"{ID}.yml").read_text(encoding="utf-8"))
    return {
        "id": ID,
        "name": manifest["name"],
        "metadata": {"description": manifest["description"]},
        "version": str(manifest["version"]),
        "date": date.astimezone(timezone.utc).strftime("%Y-%m-%d %H:%M:%S"),
        "path": archive.name,
        "sha256": hashlib.sha256(archive.read_bytes()).hexdigest(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "dist")
    parser.add_argument("--date", help="UTC, as in `2026-01-31 12:00:00`; default: now")
    found = parser.parse_args()
    date = datetime.fromisoformat(found.date).replace(tzinfo=timezone.utc) if found.date else None
    archive = build(found.out, date)
    print(f"{archive} ({archive.stat().st_size} bytes) and {archive.with_name('index.yml')}")


if __name__ == "__main__":
    main()
