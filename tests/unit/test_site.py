"""Started with -S, the full lane has what a usual start of Python has."""

from __future__ import annotations

import json
import os
import site
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# The measuring of coverage puts folders of its own into sys.path.
BARE = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
SEEN = """
import json, sys
sys.path[:1] = [sys.argv[1]]
from app.packages import activate
activate.bring_site_in()
activate.bring_site_in()
seen = {"path": sys.path, "prefixes": [sys.prefix, sys.exec_prefix, sys.base_prefix], "exit": repr(exit)}
print(json.dumps(seen))
"""


def seen(python: str, *options: str, **env: str) -> dict[str, object]:
    command = [python, *options, "-c", SEEN, str(ROOT)]
    done = subprocess.run(command, env={**BARE, **env}, capture_output=True, check=True)
    found: dict[str, object] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with a .pth file in it. Returns its interpreter."""
    home = tmp_path_factory.mktemp("env")
    venv.create(home, symlinks=os.name != "nt")
    named = home / "from a pth file"
    named.mkdir()
    [packages] = [Path(one) for one in site.getsitepackages([str(home)])][-1:]
    (packages / "one.pth").write_text(f"{named}\n", encoding="utf-8")
    return next(home.glob("bin/python")) if os.name != "nt" else home / "Scripts" / "python.exe"


def test_a_usual_python_finds_the_same_with_and_without_it() -> None:
    assert seen(sys.executable, "-S") == seen(sys.executable)


def test_a_virtual_environment_keeps_its_prefix_and_pth_files(environment: Path) -> None:
    found = seen(str(environment), "-S")
    assert found == seen(str(environment))
    assert any(str(one).endswith("from a pth file") for one in found["path"])  # type: ignore[attr-defined]


def test_the_packages_of_a_user_are_found(tmp_path: Path) -> None:
    base = getattr(sys, "_base_executable", sys.executable)
    env = {"PYTHONUSERBASE": str(tmp_path)}
    where = subprocess.check_output([base, "-m", "site", "--user-site"], env={**BARE, **env})
    Path(where.decode().strip()).mkdir(parents=True)
    found = seen(base, "-S", **env)
    assert found == seen(base, **env)
    assert where.decode().strip() in found["path"]  # type: ignore[operator]


def test_python_s_own_switches_still_count(tmp_path: Path) -> None:
    env = {"PYTHONUSERBASE": str(tmp_path), "PYTHONNOUSERSITE": "1"}
    assert seen(sys.executable, "-S", **env) == seen(sys.executable, **env)
