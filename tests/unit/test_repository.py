"""What GitHub reads of the repository: the issue forms, dependabot's folders, the supported versions."""

from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("[!c]*.yml"))
FILES = {"pip": "requirements.txt", "npm": "package.json", "github-actions": ".github/workflows"}


def loaded(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_an_issue_form_has_what_github_requires(path: Path) -> None:
    form = loaded(path)
    fields = [part for part in form["body"] if part["type"] != "markdown"]

    assert {"name", "description", "body"} <= set(form)
    assert all(part["attributes"]["label"] for part in fields)
    assert len({part["id"] for part in fields}) == len(fields) > 0


def test_dependabot_looks_where_the_packages_are_named() -> None:
    updates = loaded(ROOT / ".github" / "dependabot.yml")["updates"]

    assert {update["package-ecosystem"] for update in updates} == set(FILES)
    for update in updates:
        for folder in update.get("directories") or [update["directory"]]:
            name = FILES[update["package-ecosystem"]]
            assert (ROOT / folder.strip("/") / name).exists(), (folder, name)


def test_the_version_of_the_plugin_gets_security_fixes() -> None:
    version = str(loaded(ROOT / "Stash2Plex.yml")["version"]).rsplit(".", 1)[0]

    assert f"| {version}.x " in (ROOT / "SECURITY.md").read_text(encoding="utf-8")
