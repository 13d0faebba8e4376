"""Tiny wheels and a plugin folder that requires them, for a real pip."""

from __future__ import annotations

import base64
import hashlib
import subprocess
import sys
import zipfile

import pytest

from app.packages import activate, install
from app.packages.requirements import parse_all
from errors import SetupError


def wheel(folder, name, version, needs=()):
    """Build a wheel that pip installs: one module that knows its version."""
    info = f"{name}-{version}.dist-info"
    needed = "".join(f"Requires-Dist: {one}\n" for one in needs)
    files = {
        f"{name}.py": f"VERSION = {version!r}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needed}",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    digests = {
        path: base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        for path, text in files.items()
    }
    record = "".join(f"{path},sha256={digest},\n" for path, digest in digests.items())
    files[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n"
    folder.mkdir(exist_ok=True)
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)


class Place:
    """A plugin folder whose requirements are tiny wheels, and a data dir beside it."""

    def __init__(self, tmp_path):
        self.wheels = tmp_path / "wheels"
        self.plugin = tmp_path / "plugin"
        self.data = tmp_path / "data dir"
        self.requirements = self.plugin / "requirements.txt"
        self.plugin.mkdir()
        self.wheels.mkdir()
        self.log = []

    def requires(self, *lines):
        self.requirements.write_text("\n".join(lines))

    def ensure(self, **more):
        activate.ensure(self.requirements, self.data, self.log.append, **more)
        activate.remember(self.data)

    @property
    def folder(self):
        wanted = parse_all(self.requirements.read_text())
        return self.data / "deps" / install.folder_name(wanted)

    def folders(self):
        return {path.name for path in (self.data / "deps").iterdir() if path.is_dir()}


@pytest.fixture
def place(tmp_path, monkeypatch):
    place = Place(tmp_path)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", place.wheels.as_uri())
    monkeypatch.setattr(sys, "path", list(sys.path))
    wheel(place.wheels, "s2p_base", "1.5")
    wheel(place.wheels, "s2p_tiny", "1.2", needs=["s2p-base>=1", "absent; extra == 'x'"])
    place.requires("s2p-tiny>=1,<2")
    return place


def version_of(name):
    """What a program would import now."""
    code = f"import sys; sys.path[:] = {sys.path!r}; import {name}; print({name}.VERSION)"
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.strip()


def refused(place, **more):
    """The sentence of the SetupError; nothing half may be left."""
    with pytest.raises(SetupError) as caught:
        place.ensure(**more)
    if (place.data / "deps").is_dir():
        assert place.folders() == set()
    return str(caught.value)
