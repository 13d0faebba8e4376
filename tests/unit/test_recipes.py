"""What somebody forgets who follows a recipe of CONTRIBUTING's "How to add" is named here."""

from __future__ import annotations

import ast
import inspect
import re
from dataclasses import fields
from pathlib import Path

import yaml

from app.commands import bundle, registry
from app.modes import ARGUMENTS, READ_ONLY
from devserver import proof
from devserver.plex import kinds, query, views
from plex.fields import selection
from plex.fields.registry import FIELDS, FROM_FILE, IMAGES, Field
from validation.config import Stash2PlexConfig
from validation.rules import GROUPS, UNLISTED
from validation.settings import SyncSettings
from validation.values import FIELDS as OTHER_NAMES
from validation.values import ON_REQUEST

ROOT = Path(__file__).resolve().parent.parent.parent
SETTINGS = {name for name in Stash2PlexConfig.model_fields if name not in UNLISTED}
NAMES = {field.name for field in FIELDS}

# Settings with names, hosts, paths or texts of a person: a bug report never shows them.
PRIVATE = {
    "plex_url", "plex_token", "plex_library", "path_map", "include_tags", "exclude_tags",
    "include_paths", "exclude_paths", "title_template", "sort_title_template", "tagline_template",
    "content_rating", "genre_only", "genre_ignore", "actor_photo_url", "collection_tags",
    "collection_prefix", "labels", "label_tags", "label_organized", "notify",
}  # fmt: skip
# Settings that are handed on as they are: to requests, and to the journal.
ONLY_READ = {"plex_insecure_tls", "journal_days"}
# Fields that people call by one name only.
ONE_NAME = {"sort_title", "tagline"}
# Fields that no file can fill: they are a person's, or the plugin's.
NOT_OF_A_FILE = {"rating", "collections", "labels"}
# Fields by template: the proof would have to repeat the rules of templates.
WITHOUT_PROOF = {"sort_title", "tagline"}
# Settings of selection, of matching and of edits in Plex: the proof does not repeat these rules.
PROOF_IGNORES = {
    "path_map", "only_organized", "only_stash_id", "include_tags", "exclude_tags", "include_paths",
    "exclude_paths", "on_leave", "sort_title_template", "tagline_template", "actor_photo_url",
    "on_edit_in_plex", "preserve_plex_edits", "allow_ambiguous_match",
}  # fmt: skip
# Operations that neither work on the queue nor on the memory of one Plex server.
OF_NO_SERVER = {
    "clear_queue", "clear_dlq", "purge_dlq", "outage_summary", "health_check", "doctor", "journal",
    "bundle", "settings", "set_up", "sign_in", "sign_in_poll", "sign_in_servers", "sign_in_server",
    "sign_in_save", "sign_in_cancel", "connect", "save_settings", "check_setting", "libraries",
    "template_parts", "send_test", "remove_data",
}  # fmt: skip
# Values of a simulated item that no filter of Plex asks for.
WITHOUT_FILTER: set[str] = set()


# -- a setting


def test_a_bug_report_knows_whether_it_may_show_a_setting():
    assert bundle.SETTINGS | PRIVATE == SETTINGS, "bundle.SETTINGS, or PRIVATE here"
    assert set() == bundle.SETTINGS & PRIVATE


def test_every_setting_is_in_one_group_of_the_page():
    grouped = [name for group in GROUPS.values() for name in group]

    assert sorted(grouped) == sorted(SETTINGS)


def test_every_setting_is_read_somewhere():
    own = {"config.py", "settings.py", "rules.py", "bundle.py"}
    code = "".join(p.read_text("utf-8") for p in product() if p.name not in own) + ui()

    assert [name for name in SETTINGS if name not in code] == []


def test_a_setting_that_selects_scenes_has_a_row_and_a_case():
    nodes = ast.walk(ast.parse(inspect.getsource(selection)))
    read = {node.attr for node in nodes if isinstance(node, ast.Attribute)} & SETTINGS
    rows = text("docs/fields.md").split("\n## Scenes", 1)[1].split("\n## ", 1)[0]
    cases = text("tests/unit/test_selection.py"), text("tests/system/test_selection.py")

    settings = yaml.safe_load(text("Stash2Plex.yml"))["settings"]
    shown = {name: setting["displayName"] for name, setting in settings.items()}

    assert [name for name in read if f"| {shown[name]} |" not in rows] == []
    assert [name for name in read for case in cases if f'"{name}"' not in case] == []


def test_the_proof_knows_every_setting_that_decides_what_plex_says():
    decides = {field.name for field in fields(SyncSettings)}
    known = {name for name in decides if f'"{name}"' in text("devserver/proof.py")}

    assert known | PROOF_IGNORES == decides, "devserver/proof.py, or PROOF_IGNORES here"


def test_every_setting_has_a_test_of_its_own():
    tests = "".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py")
                    if path.name not in ("test_recipes.py", "test_config.py"))  # fmt: skip

    untested = {name for name in SETTINGS if not re.search(rf"\b{name}\b", tests)}
    assert untested == ONLY_READ, "a test of what the setting does, or ONLY_READ here"


# -- a field


def test_every_field_has_a_rule():
    without = Field("none", "text", "none").rule

    assert [field.name for field in FIELDS if field.rule is without] == []


def test_every_field_has_another_name_or_needs_none():
    only_one = {name for name, others in OTHER_NAMES.items() if not others}

    assert only_one == ONE_NAME, "FIELDS in validation/values.py, or ONE_NAME here"


def test_the_manifest_says_which_fields_are_synced_only_by_name():
    description = text("Stash2Plex.yml").split("\n  sync_fields:", 1)[1].split("type:", 1)[0]

    assert [name for name in ON_REQUEST if name not in description] == []


def test_it_is_known_whether_a_file_can_fill_a_field():
    assert {*FROM_FILE} | NOT_OF_A_FILE == NAMES, "from_file in FIELDS, or NOT_OF_A_FILE here"


def test_the_proof_expects_every_field():
    assert {*proof.NAMES.values()} | WITHOUT_PROOF == {*NAMES, *IMAGES}
    source = inspect.getsource(proof.expected) + str(proof.IMAGES)
    assert [name for name in proof.NAMES if f'"{name}"' not in source.replace("'", '"')] == []


def test_the_page_has_a_name_for_every_field():
    assert [name for name in (*NAMES, *IMAGES) if f'"field.{name}"' not in ui()] == []


def test_a_test_of_the_whole_plugin_names_every_field():
    tests = "".join(path.read_text("utf-8") for path in (ROOT / "tests/system").glob("test_*.py"))
    names = [kinds.TAG_BY_WIRE[field.plex_name].plural if field.kind == "tags" else field.plex_name
             for field in FIELDS]  # fmt: skip

    assert [name for name in names if not re.search(rf"\b{name}\b", tests)] == []


# -- a property of the simulated Plex


def test_the_simulated_plex_has_every_field():
    assert {field.plex_name for field in FIELDS} <= {*kinds.SCALARS, *kinds.TAG_BY_WIRE}


def test_a_property_of_the_simulated_item_is_in_all_its_places():
    filters = {*query.STRINGS, *query.NUMBERS, *query.DATES}
    shown = inspect.getsource(views.attributes)

    assert {*kinds.SCALARS} - filters == WITHOUT_FILTER, "query.STRINGS, NUMBERS or DATES"
    assert {*query.STRINGS} - {*kinds.SCALARS} == {"guid"}, "kinds.SCALARS"
    assert [name for name in kinds.SCALARS if f'"{name}"' not in shown] == []


# -- a command, and an operation of the page


def test_it_is_known_whether_a_command_needs_its_server():
    modes = {*registry.OPERATIONS, "queue_status"}
    known = {*registry.NEEDS_SERVER, *registry.WORKING} - {*registry.RECONCILE}

    assert known | OF_NO_SERVER == modes, "registry.NEEDS_SERVER or WORKING, or OF_NO_SERVER here"
    assert {*READ_ONLY} <= OF_NO_SERVER


def test_the_commands_without_a_button_are_in_the_document():
    document = text("docs/tasks.md")

    assert [n for n in registry.WITHOUT_TASK if n.replace("_", "-") not in document] == []


def test_every_operation_is_called_by_a_test_of_the_whole_plugin():
    folders = (ROOT / "tests/system", ROOT / "tests/ui", ROOT / "tests/fuzz")
    tests = "".join(p.read_text("utf-8") for folder in folders for p in folder.glob("*.py"))

    assert [mode for mode in ARGUMENTS if f'"{mode}"' not in tests] == []


# -- what these tests read


def product() -> list[Path]:
    folders = ("app", "disk", "net", "plex", "reconciliation", "stash", "sync_queue", "validation")
    return [path for folder in folders for path in (ROOT / folder).rglob("*.py")]


def ui() -> str:
    return "".join(path.read_text("utf-8") for path in sorted((ROOT / "ui").glob("*.js")))


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")
