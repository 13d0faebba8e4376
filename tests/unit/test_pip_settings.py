"""pip's settings on this machine: how packages are fetched is respected, nothing else gets in."""

import os
import shlex
import subprocess
import sys

import pytest

from app.packages import install, pip_settings
from tests.support.packages import refused, version_of

# What each option that is not kept would do here, at its worst. Without a value: `1`.
VALUES = {
    "abi": "none", "build-constraint": "/does/not/exist", "config-settings": "a=b",
    "config-setting": "a=b", "constraint": "/does/not/exist", "editable": "/does/not/exist",
    "exists-action": "a", "global-option": "--nothing", "group": "nothing",
    "implementation": "zz", "log": "/does/not/exist/log", "log-file": "/does/not/exist/log",
    "local-log": "/does/not/exist/log", "no-binary": ":all:", "platform": "win_arm64",
    "prefix": "/does/not/exist", "progress-bar": "off", "python": "/does/not/exist",
    "python-version": "2.7", "report": "/does/not/exist/report", "requirement": "/does/not/exist",
    "requirements-from-script": "/does/not/exist", "root": "/does/not/exist",
    "root-user-action": "ignore", "src": "/does/not/exist", "source": "/does/not/exist",
    "source-dir": "/does/not/exist", "source-directory": "/does/not/exist",
    "target": "/does/not/exist", "upgrade-strategy": "eager", "all-releases": ":none:",
    "only-final": ":all:",
}  # fmt: skip
FLAGS = {
    "break-system-packages", "check-build-dependencies", "compile", "debug",
    "disable-pip-version-check", "dry-run", "force-reinstall", "help", "ignore-installed",
    "ignore-requires-python", "isolated", "no-build-isolation", "no-clean", "no-color",
    "no-compile", "no-dependencies", "no-deps", "no-input", "no-python-version-warning",
    "no-use-pep517", "no-user", "no-warn-conflicts", "no-warn-script-location", "pre",
    "prefer-binary", "quiet", "require-hashes", "require-venv", "require-virtualenv", "upgrade",
    "use-pep517", "user", "verbose", "version",
}  # fmt: skip
LISTING = """
from pip._internal.commands import create_command
for option in create_command("install").parser.option_list_all:
    print(*(name[2:] for name in option._long_opts))
"""


@pytest.fixture(scope="module")
def options():
    """Every option of the pip that is here, by all of its names."""
    run = [sys.executable, "-c", LISTING]
    return subprocess.run(run, capture_output=True, text=True, check=True).stdout.split()


def conf(tmp_path, monkeypatch, text):
    path = tmp_path / "pip.conf"
    path.write_text(text)
    monkeypatch.setenv("PIP_CONFIG_FILE", str(path))


def test_each_option_of_pip_is_kept_or_known_to_be_overruled(options):
    assert set(options) - pip_settings.KEPT - set(VALUES) - FLAGS == set()


def clashing(options):
    """All that is not kept; those that would end pip at once are its own business."""
    others = (set(options) | set(VALUES) | FLAGS) - pip_settings.KEPT
    return {name: VALUES.get(name, "1") for name in sorted(others - {"help", "version"})}


def test_no_variable_of_pip_keeps_the_packages_out(place, options, monkeypatch):
    for name, value in clashing(options).items():
        monkeypatch.setenv(f"PIP_{name.upper().replace('-', '_')}", value)
    place.ensure()
    assert version_of("s2p_tiny") == "1.2"


@pytest.mark.parametrize("section", ["global", "install"])
def test_no_configuration_of_pip_keeps_the_packages_out(
    place,
    options,
    tmp_path,
    monkeypatch,
    section,
):
    lines = [f"{name} = {value}" for name, value in clashing(options).items()]
    conf(tmp_path, monkeypatch, "\n".join([f"[{section}]", *lines]))
    place.ensure()
    assert version_of("s2p_tiny") == "1.2"


def test_the_index_of_a_configuration_stays_in_force(place, tmp_path, monkeypatch):
    wheels = os.environ["PIP_FIND_LINKS"]
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.delenv("PIP_FIND_LINKS")
    said = f"[global]\nrequire-virtualenv = 1\nquiet = 3\nlog = {tmp_path / 'a/log'}\nno_index = 1\n[install]\nfind-links =\n {wheels}\n"
    conf(tmp_path, monkeypatch, said)
    place.ensure()
    assert version_of("s2p_tiny") == "1.2"
    assert not (tmp_path / "a").exists()


def by_hand(sentence):
    """What a person does with the command of the message."""
    command = shlex.split(sentence.partition("access to the network: ")[2])
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.skipif(os.name == "nt", reason="the command is for a POSIX shell")
@pytest.mark.parametrize("is_in_a_file", [False, True])
def test_the_command_of_the_message_works_as_well(
    place,
    tmp_path,
    monkeypatch,
    is_in_a_file,
):
    if is_in_a_file:
        conf(tmp_path, monkeypatch, f"[global]\nrequire-virtualenv = 1\nprefix = {tmp_path}\n")
    monkeypatch.setenv("PIP_REQUIRE_VIRTUALENV", "" if is_in_a_file else "1")
    monkeypatch.setenv("PIP_REQUIRE_HASHES", "1")
    away = place.wheels / "s2p_tiny-1.2-py3-none-any.whl"
    kept = away.rename(place.plugin / away.name)
    sentence = refused(place)
    kept.rename(away)
    done = by_hand(sentence)
    assert done.returncode == 0, done.stderr
    assert install.ready(place.requirements, place.data)


@pytest.mark.parametrize(
    "files, around, told",
    [
        ({}, {"PIP_INDEX_URL": "https://me:pw@a.example/"}, {}),
        ({"index-url": "https://a.example/"}, {}, {}),
        ({}, {"PIP_USER": "1", "PIP_PROXY": "x"}, {"PIP_USER": ""}),
        (
            {"user": "1", "index-url": "https://me:pw@a.example/simple", "proxy": "http://p"},
            {"PIP_PROXY": "http://q"},
            {"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": "https://***@a.example/simple"},
        ),
    ],
)
def test_the_command_sets_only_what_clashes_and_no_password(files, around, told):
    assert pip_settings.overruling(around, files) == told


def test_the_word_of_install_counts_more_and_that_of_other_commands_nothing():
    listed = ":env:.proxy='e'\ndownload.proxy='d'\ninstall.proxy='i'\nglobal.proxy='g'\n"
    assert pip_settings.of_files(listed) == {"proxy": "i"}
