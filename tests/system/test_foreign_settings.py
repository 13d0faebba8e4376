"""plexapi has no configuration but ours, whatever another tool of this machine has set."""

from __future__ import annotations

from pathlib import Path

import pytest

from devserver.box import Box

HOSTILE = {
    "header": {
        "provides": "a", "platform": "b", "platform_version": "c", "product": "d", "version": "e",
        "device": "f", "device_name": "g", "identifier": "foreign", "language": "xx",
    },
    "log": {
        "level": "verbose", "format": "%(nothing", "path": "/does/not/exist/log",
        "backup_count": "x", "rotate_bytes": "x", "show_secrets": "true",
    },
    "plexapi": {
        "timeout": "0.000001", "timezone": "nowhere", "container_size": "1",
        "enable_fast_connect": "true", "autoreload": "false",
    },
    "auth": {
        "server_baseurl": "http://127.0.0.1:1", "server_token": "foreign", "client_token": "x",
        "client_baseurl": "http://127.0.0.1:1", "myplex_username": "u", "myplex_password": "p",
    },
}  # fmt: skip
NAMES = [(section, name) for section, values in HOSTILE.items() for name in values]


def must_work(box: Box) -> None:
    """It syncs under its own name, and no address holds the token."""
    scene = box.add("clips/one.mp4", title="One")
    run = box.task("Sync All Scenes to Plex")
    assert (run.exit_code, run.error) == (0, None)
    assert box.item(scene)["title"] == "One"
    assert box.operation("health_check")["healthy"]
    asked = [one for one in box.plex.requests if one.headers]
    assert asked
    for one in asked:
        assert "X-Plex-Token" not in one.raw_target
        assert one.headers.get("x-plex-client-identifier") == "stash2plex"


def variable(section: str, name: str) -> str:
    return f"PLEXAPI_{section}_{name}".upper()


def test_no_variable_of_plexapi_reaches_in(box: Box) -> None:
    theirs = {variable(section, name): HOSTILE[section][name] for section, name in NAMES}
    box.stash.env = box.stash.env | theirs
    must_work(box)


def test_the_log_level_of_another_tool_does_not_end_a_sync(box: Box) -> None:
    box.stash.env = box.stash.env | {"PLEXAPI_LOG_LEVEL": "verbose"}
    must_work(box)


@pytest.mark.parametrize("is_at_home", [False, True])
def test_no_configuration_file_of_plexapi_reaches_in(
    box: Box, tmp_path: Path, is_at_home: bool
) -> None:
    path = tmp_path / "home/.config/plexapi/config.ini"
    path.parent.mkdir(parents=True)
    parts = [f"[{section}]\n" + "".join(f"{n} = {v.replace('%', '%%')}\n" for n, v in one.items())
             for section, one in HOSTILE.items()]  # fmt: skip
    path.write_text("".join(parts))
    named = {"HOME": str(tmp_path / "home")} if is_at_home else {"PLEXAPI_CONFIG_PATH": str(path)}
    box.stash.env = box.stash.env | named
    must_work(box)
