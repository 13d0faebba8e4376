"""The result of the check of the settings: kept, taken again, and made anew when anything changed."""

import sys
from pathlib import Path
from typing import Any

import pytest

import validation
from app.kept_settings import FILE, KeptConfig, checked
from app.setup_check import settings_report
from validation.config import Stash2PlexConfig, load, shown

TOKEN = "aB3-xY_9kLmNoPqRsTuV"
GIVEN: dict[str, Any] = {
    "plex_url": "plex-box/web", "plex_token": f" X-Plex-Token={TOKEN}", "path_map": "/data => /media",
    "exclude_tags": "a, b*", "sync_fields": "title, poster", "max_tags": 7, "paused": True, "odd": 1,
    "notify": "ntfy://topic-of-mine",
}  # fmt: skip


def test_what_is_kept_is_what_a_check_returns(tmp_path):
    first, second = checked(str(tmp_path), GIVEN), checked(str(tmp_path), GIVEN)
    assert isinstance(first.config, Stash2PlexConfig) and isinstance(second.config, KeptConfig)
    names = [*Stash2PlexConfig.model_fields, "token"]
    names.remove("plex_token")
    for name in names:
        assert getattr(second.config, name) == getattr(first.config, name), name
    assert second.config.sync_settings() == load(GIVEN)[0].sync_settings()
    assert list(second.unknown) == list(first.unknown) == ["odd"]


def test_neither_the_token_nor_the_address_is_kept(tmp_path):
    checked(str(tmp_path), GIVEN)
    text = (tmp_path / FILE).read_text()
    assert TOKEN not in text and "plex-box" not in text and "topic-of-mine" not in text
    assert (tmp_path / FILE).stat().st_mode & 0o077 == 0 or sys.platform == "win32"


@pytest.mark.parametrize(
    ("name", "value"), [("max_tags", 8), ("plex_url", "other"), ("plex_token", "another")]
)
def test_a_changed_setting_counts_at_once(tmp_path, name, value):
    checked(str(tmp_path), GIVEN)
    after = GIVEN | {name: value}
    found, right = checked(str(tmp_path), after).config, load(after)[0]
    assert (found.max_tags, found.plex_url, found.token) == (
        right.max_tags, right.plex_url, right.token,
    )  # fmt: skip


@pytest.mark.parametrize(
    "given",
    [
        None,
        [],
        {},
        GIVEN | {"max_tags": "many"},
        GIVEN | {"plex_token": None},
        GIVEN | {"notify": "nowhere"},
    ],
)
def test_settings_that_are_not_in_order_are_checked_each_time(tmp_path, given):
    assert checked(str(tmp_path), given)[1] == checked(str(tmp_path), given)[1] == load(given)[1]
    assert not (tmp_path / FILE).exists()


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"mark": 1}'])
def test_a_damaged_file_is_no_obstacle(tmp_path, text):
    (tmp_path / FILE).write_text(text)
    assert checked(str(tmp_path), GIVEN).config.max_tags == 7
    assert isinstance(checked(str(tmp_path), GIVEN).config, KeptConfig)


def test_an_update_of_the_rules_checks_again(tmp_path, monkeypatch):
    checked(str(tmp_path), GIVEN)
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "config.py").write_text("")
    monkeypatch.setattr(validation, "__path__", [str(rules)])
    assert isinstance(checked(str(tmp_path), GIVEN).config, Stash2PlexConfig)


def test_a_command_that_only_reads_leaves_nothing(tmp_path):
    checked(str(tmp_path), GIVEN, keeps=False)
    assert list(Path(tmp_path).iterdir()) == []


def test_settings_that_were_kept_are_shown_like_checked_ones(tmp_path):
    first, second = checked(str(tmp_path), GIVEN).config, checked(str(tmp_path), GIVEN).config
    rows = [settings_report.rows(config, (), shown()) for config in (first, second)]
    assert rows[0] == rows[1] and TOKEN not in str(rows)
