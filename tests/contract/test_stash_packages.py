"""Manifests and packages: what loads, what does not, and what an update leaves behind (4, 10)."""

from __future__ import annotations

import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import pytest

from devserver.stash import StashServer
from tests.support.stash_contract import (
    fifo,
    get,
    hook,
    install,
    release,
    task,
    wait_for,
    write_plugin,
)

BAD = {
    "an unknown key at the top": "name: x\nrequires: [y]\n",
    "a default under a setting": "name: x\nsettings: {a: {type: STRING, default: 1}}\n",
    "an unknown key in a hook": "name: x\nhooks: [{name: h, trigger: [Scene.Update.Post]}]\n",
    "a setting of an unknown type": "name: x\nsettings: {a: {type: LIST}}\n",
    "an unknown interface": "name: x\ninterface: http\n",
    "a list where text belongs": "name: [x]\n",
    "text where a list belongs": "name: x\nexec: python x.py\n",
    "a key that is given twice": "name: x\nname: y\n",
    "a compose file": "services:\n  stash: {image: x}\n",
    "no YAML at all": "name: [x\n",
    "nothing": "",
}


@pytest.mark.parametrize("what", BAD)
def test_this_manifest_does_not_load(stash: StashServer, what: str) -> None:
    path = stash.plugins_dir / "Bad.yml"
    path.write_text(BAD[what])
    stash.gql("mutation { reloadPlugins }")
    assert list(stash.plugin_errors) == [str(path)]
    assert stash.gql("{ plugins { id } }")["plugins"] is None


def test_every_yml_below_the_plugins_folder_is_taken_for_a_plugin(stash: StashServer) -> None:
    install(stash, "")
    stray = stash.plugins_dir / "local/Fake/vendor/deep/ci.yml"
    stray.parent.mkdir(parents=True)
    stray.write_text("on: push\n")
    (stray.parent / "fine.yaml").write_text("on: push\n")
    stash.gql("mutation { reloadPlugins }")
    assert list(stash.plugin_errors) == [str(stray)]
    assert [p["id"] for p in stash.gql("{ plugins { id } }")["plugins"]] == ["Fake"]


def test_a_second_plugin_with_the_same_id_is_refused_whatever_its_case(stash: StashServer) -> None:
    install(stash, "", "Fake")
    install(stash, "", "FAKE")
    assert len(stash.plugin_errors) == 1 and len(stash.gql("{ plugins { id } }")["plugins"]) == 1


def test_the_id_of_a_plugin_is_its_file_name(stash: StashServer) -> None:
    setting = {"b": {"displayName": "B", "type": "NUMBER"}, "a": {"displayName": "A"}}
    install(stash, "", "My-Id", hooks=[hook("Tag.Merge.Post")], tasks=[task("T")], settings=setting)
    got = stash.gql(
        "{ plugins { id enabled tasks { name } hooks { hooks } settings { name type } } }"
    )["plugins"][0]
    assert (got["id"], got["enabled"]) == ("My-Id", True)
    assert got["hooks"] == [{"hooks": ["Tag.Merge.Post"]}] and got["tasks"] == [{"name": "T"}]
    assert got["settings"] == [{"name": "a", "type": "STRING"}, {"name": "b", "type": "NUMBER"}]


def zipped(folder: Path) -> Path:
    path = folder.with_suffix(".zip")
    with zipfile.ZipFile(path, "w") as archive:
        for file in folder.rglob("*"):
            archive.write(file, file.relative_to(folder))
    return path


def test_a_zip_is_unpacked_below_its_source_and_id(stash: StashServer, tmp_path: Path) -> None:
    package = zipped(write_plugin(tmp_path / "pkg", "answer(1)"))
    assert stash.install_plugin(package, source="community") == "Fake"
    assert (stash.plugins_dir / "community/Fake/fake.py").exists()
    assert stash.operation("Fake") == 1


def test_an_update_drops_old_files_and_keeps_foreign_ones(
    stash: StashServer, tmp_path: Path
) -> None:
    folder = write_plugin(tmp_path / "pkg", "answer(1)")
    (folder / "old.py").write_text("")
    stash.install_plugin(zipped(folder))
    home = stash.plugins_dir / "local/Fake"
    (home / "state.db").write_text("mine")
    (folder / "old.py").unlink()
    stash.install_plugin(zipped(write_plugin(folder, "answer(2)")))
    assert not (home / "old.py").exists() and (home / "state.db").read_text() == "mine"
    assert stash.operation("Fake") == 2


def test_a_running_plugin_survives_the_update_of_its_folder(
    stash: StashServer, tmp_path: Path
) -> None:
    ready, go = fifo(tmp_path / "ready"), fifo(tmp_path / "go")
    body = f"ready(); until({go!r}); answer(os.path.exists(__file__))"
    install(stash, body, hooks=[hook("Scene.Update.Post", ready=ready)])
    id_ = stash.add_scene(title="a")
    save = threading.Thread(target=lambda: stash.update_scene(id_, title="b"))
    save.start()
    wait_for(ready)
    stash.install_plugin(write_plugin(tmp_path / "new", "answer('new')"))
    release(go)
    save.join()
    assert (stash.runs[0].exit_code, stash.runs[0].output) == (0, True)


def test_sibling_packages_of_one_source_can_be_imported(stash: StashServer, tmp_path: Path) -> None:
    write_plugin(tmp_path / "lib", "", "lib")
    (tmp_path / "lib/__init__.py").write_text("VALUE = 7\n")
    stash.install_plugin(tmp_path / "lib")
    install(stash, "import lib; answer(lib.VALUE)")
    assert stash.operation("Fake") == 7


def test_the_box_runs_on_its_own_and_says_where(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "devserver.stash", "--root", str(tmp_path), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        here = type("Here", (), {"port": int(url.rsplit(":", 1)[1])})
        assert get(here, "/healthz")[0] == 200  # type: ignore[arg-type]
        process.terminate()
        assert process.wait(10) == 0
