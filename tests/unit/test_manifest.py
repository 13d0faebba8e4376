"""Stash2Plex.yml: loadable under Stash's strict rules, and equal to the config."""

from pathlib import Path
from typing import get_args

import pytest
import yaml

from validation.config import SYNC_FIELDS, Stash2PlexConfig
from validation.rules import UNLISTED

PATH = Path(__file__).parents[2] / "Stash2Plex.yml"
MANIFEST = yaml.safe_load(PATH.read_text(encoding="utf-8"))
LISTED = {n: f for n, f in Stash2PlexConfig.model_fields.items() if n not in UNLISTED}

# What Stash's loader knows; any other key prevents loading.
TOP = {"name", "description", "version", "url", "exec", "interface", "errLog"}
TOP |= {"hooks", "tasks", "settings", "ui"}
HOOK = {"name", "description", "triggeredBy", "defaultArgs"}
TASK = {"name", "description", "defaultArgs"}
SETTING = {"displayName", "description", "type"}
KINDS = ["Scene", "SceneMarker", "Image", "Gallery", "GalleryChapter", "Movie", "Group"]
KINDS += ["Performer", "Studio", "Tag"]
TRIGGERS = {f"{k}.{o}.Post" for k in KINDS for o in ("Create", "Update", "Destroy")}
TRIGGERS |= {"Tag.Merge.Post"}

TASKS = {
    "Set Up": "set_up",
    "Sync All Scenes to Plex": "all",
    "Sync Recent Scenes to Plex": "recent",
    "Process Queue": "process_queue",
    "View Queue Status": "queue_status",
    "Reconcile Library (All)": "reconcile_all",
    "Reconcile Library (Recent)": "reconcile_recent",
    "Reconcile Library (Last 7 Days)": "reconcile_7days",
    "Reconcile Library (Custom Range)": "reconcile_custom",
    "Clear Pending Queue": "clear_queue",
    "Clear Dead Letter Queue": "clear_dlq",
    "Purge Old DLQ Entries": "purge_dlq",
    "Retry Dead Letters": "retry_dlq",
    "Recover Outage Jobs": "recover_outage_jobs",
    "Outage Summary Report": "outage_summary",
    "Open Decisions": "decide",
    "Health Check": "health_check",
    "Check Setup": "doctor",
    "Send Test Notification": "send_test",
    "Test Plex": "test_plex",
    "Preview": "preview",
    "Undo Last Run": "undo",
    "Resume Held Scenes": "resume",
    "View Journal": "journal",
    "Remove Data": "remove_data",
}


def test_the_manifest_has_only_keys_that_stash_knows():
    assert set(MANIFEST) <= TOP
    assert all(set(hook) <= HOOK for hook in MANIFEST["hooks"])
    assert all(set(task) <= TASK for task in MANIFEST["tasks"])
    assert all(set(setting) == SETTING for setting in MANIFEST["settings"].values())


def test_stash_starts_the_entry_script_over_the_raw_interface():
    assert MANIFEST["interface"] == "raw"
    assert MANIFEST["exec"] == ["python3", "-S", "{pluginDir}/Stash2Plex.py"]
    assert MANIFEST["errLog"] in ("none", "trace", "debug", "info", "warning", "error")
    assert MANIFEST["version"].count(".") == 2


def test_every_trigger_is_known_to_stash_and_named_once():
    triggers = [one for hook in MANIFEST["hooks"] for one in hook["triggeredBy"]]
    assert len(TRIGGERS) == 31
    assert set(triggers) <= TRIGGERS
    assert len(triggers) == len(set(triggers))


def test_the_hooks_are_those_that_change_plex():
    triggers = {one for hook in MANIFEST["hooks"] for one in hook["triggeredBy"]}
    related = {f"{k}.{o}.Post" for k in ("Performer", "Studio", "Tag", "Group")
               for o in ("Update", "Destroy")}  # fmt: skip
    scene = {f"Scene.{o}.Post" for o in ("Create", "Update", "Destroy")}
    assert triggers == scene | related | {"Tag.Merge.Post"}
    assert all(hook["defaultArgs"] == {"mode": "hook"} for hook in MANIFEST["hooks"])


def test_the_tasks_have_the_promised_names_and_modes():
    modes = [task["defaultArgs"]["mode"] for task in MANIFEST["tasks"]]
    assert {t["name"]: t["defaultArgs"]["mode"] for t in MANIFEST["tasks"]} == TASKS
    assert len(modes) == len(set(modes))


def test_default_arguments_are_texts_as_stash_wants_them():
    for one in MANIFEST["hooks"] + MANIFEST["tasks"]:
        assert all(isinstance(value, str) for value in one["defaultArgs"].values())


def test_the_settings_are_those_of_the_config():
    assert set(MANIFEST["settings"]) == set(LISTED)


@pytest.mark.parametrize("name", LISTED)
def test_a_setting_has_the_type_of_its_field(name):
    kinds = {bool: "BOOLEAN", int: "NUMBER"}
    field = LISTED[name]
    kind = (get_args(field.annotation) or (field.annotation,))[0]
    assert MANIFEST["settings"][name]["type"] == kinds.get(kind, "STRING")


@pytest.mark.parametrize("name", LISTED)
def test_off_zero_and_blank_are_the_defaults(name):
    field, text = LISTED[name], MANIFEST["settings"][name]["description"]
    if field.annotation is bool:
        assert field.default is False
    elif field.annotation is int:
        assert f" 0 means {field.default}." in text
    elif name not in ("plex_url", "plex_token"):
        assert "Blank: " in text
        shown = field.default if isinstance(field.default, str) else ""
        assert not shown or f"Blank: {shown}." in text


def test_the_fields_are_listed_where_they_are_chosen():
    assert ", ".join(SYNC_FIELDS) in MANIFEST["settings"]["sync_fields"]["description"]


def test_no_setting_key_nests():
    assert not any("." in name for name in MANIFEST["settings"])


def test_the_page_contains_each_file_once():
    ui = MANIFEST["ui"]
    files = [*ui["javascript"], *ui["css"]]
    assert sorted(files) == sorted(f"ui/{one.name}" for one in (PATH.parent / "ui").iterdir())
    assert ui["javascript"][0] == "ui/base.js" and ui["javascript"][-1] == "ui/entry.js"
    assert set(ui) <= {"javascript", "css"}, "no asset: the folder would be published"
