"""The package: exactly what runs, the same bytes every time, and an index that Stash reads."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import zipfile
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
import yaml

import package

NOON = datetime(2026, 1, 31, 12, 0, 0, tzinfo=timezone.utc)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return package.build(tmp_path_factory.mktemp("dist"), NOON)


@pytest.fixture(scope="module")
def names(archive: Path) -> list[str]:
    with zipfile.ZipFile(archive) as opened:
        return opened.namelist()


def _entry(archive: Path) -> dict[str, object]:
    (entry,) = yaml.safe_load(archive.with_name("index.yml").read_text(encoding="utf-8"))
    return entry


def test_the_manifest_and_the_entry_lie_at_the_root(names: list[str]) -> None:
    assert {"Stash2Plex.py", "Stash2Plex.yml", "requirements.txt", "LICENSE"} <= set(names)


def test_there_is_one_yml_since_stash_takes_every_other_for_a_plugin(names: list[str]) -> None:
    assert [name for name in names if name.endswith((".yml", ".yaml"))] == ["Stash2Plex.yml"]


def test_nothing_comes_along_that_does_not_run(names: list[str]) -> None:
    folders = {name.split("/")[0] for name in names if "/" in name}

    assert folders <= set(package.FOLDERS)
    assert not [name for name in names if "__pycache__" in name or name.endswith(".pyc")]
    assert len(names) == len(set(names))


def test_every_module_of_the_product_comes_along(names: list[str]) -> None:
    apart = {"tests", "devserver", "scripts", "dist", "build", ".venv"}
    sources = [path.relative_to(package.ROOT) for path in package.ROOT.rglob("*.py")]
    product = {p.as_posix() for p in sources if p.parts[0] not in apart and p.parts[0][0] != "."}

    assert {name for name in names if name.endswith(".py")} == product


def test_the_plugin_starts_from_the_package_alone(archive: Path, tmp_path: Path) -> None:
    folder = tmp_path / "Stash2Plex"
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(folder)

    said = subprocess.run(
        [sys.executable, str(folder / "Stash2Plex.py"), "--help"],
        cwd="/", capture_output=True, text=True, timeout=60, check=True,
    ).stdout  # fmt: skip

    assert "queue-status" in said


def test_the_same_sources_give_the_same_bytes(archive: Path, tmp_path: Path) -> None:
    again = package.build(tmp_path / "again", NOON + timedelta(days=1))

    assert again.read_bytes() == archive.read_bytes()


def test_times_of_files_do_not_matter_but_their_content_does(archive: Path, tmp_path: Path) -> None:
    root = tmp_path / "copy"
    for path in package.contents():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(package.ROOT / path, root / path)
    assert package.build(tmp_path / "one", NOON, root).read_bytes() == archive.read_bytes()

    (root / "errors.py").write_text("# changed\n", encoding="utf-8")
    assert package.build(tmp_path / "two", NOON, root).read_bytes() != archive.read_bytes()


def test_the_index_names_the_zip_and_its_checksum(archive: Path) -> None:
    entry = _entry(archive)

    assert (entry["id"], entry["path"]) == ("Stash2Plex", archive.name)
    assert entry["sha256"] == hashlib.sha256(archive.read_bytes()).hexdigest()


def test_the_index_says_what_the_manifest_says(archive: Path) -> None:
    entry = _entry(archive)
    manifest = yaml.safe_load((package.ROOT / "Stash2Plex.yml").read_text(encoding="utf-8"))

    assert (entry["name"], entry["version"]) == (manifest["name"], str(manifest["version"]))
    assert entry["metadata"] == {"description": manifest["description"]}


def test_the_date_is_utc_in_the_form_that_stash_compares(archive: Path) -> None:
    text = archive.with_name("index.yml").read_text(encoding="utf-8")

    assert _entry(archive)["date"] == "2026-01-31 12:00:00"
    # Quoted: a bare date would reach Stash's parser as a timestamp of another form.
    assert re.search(r"date: '2026-01-31 12:00:00'", text)


def test_a_date_of_another_zone_is_turned_into_utc(tmp_path: Path) -> None:
    zone = timezone(timedelta(hours=2))

    archive = package.build(tmp_path, NOON.astimezone(zone))

    assert _entry(archive)["date"] == "2026-01-31 12:00:00"


def test_the_date_is_now_if_none_is_given(tmp_path: Path) -> None:
    said = _entry(package.build(tmp_path))["date"]

    moment = datetime.strptime(str(said), "%Y-%m-%d %H:%M:%S").replace(tzinfo=timezone.utc)
    assert abs(datetime.now(timezone.utc) - moment) < timedelta(minutes=2)


def test_the_command_line_builds_the_same(archive: Path, tmp_path: Path) -> None:
    script = str(package.ROOT / "scripts" / "package.py")
    given = ["--out", str(tmp_path), "--date", "2026-01-31 12:00:00"]

    subprocess.run([sys.executable, script, *given], check=True, capture_output=True, timeout=60)

    for name in (archive.name, "index.yml"):
        assert (tmp_path / name).read_bytes() == archive.with_name(name).read_bytes()
