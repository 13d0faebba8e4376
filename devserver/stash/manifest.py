"""Plugin manifests: strict YAML, and every *.yml below the plugins folder counts as one."""

from __future__ import annotations

import copy
import os
import shutil
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

PYTHON = ("python", "python3")
SETTING_TYPES = ("", "STRING", "NUMBER", "BOOLEAN")
INTERFACES = ("", "raw", "rpc", "js")


class BadManifest(Exception):
    """Stash would log this and not load the plugin."""


@dataclass
class Operation:
    """A hook or a task of a manifest."""

    name: str = ""
    description: str = ""
    exec_args: list[str] = field(default_factory=list)
    default_args: dict[str, str] = field(default_factory=dict)
    triggered_by: list[str] = field(default_factory=list)


@dataclass
class Plugin:
    id: str
    path: Path
    name: str
    exec: list[str]
    interface: str = "raw"
    description: str | None = None
    url: str | None = None
    version: str | None = None
    err_log: str = ""
    hooks: list[Operation] = field(default_factory=list)
    tasks: list[Operation] = field(default_factory=list)
    settings: dict[str, dict[str, str]] = field(default_factory=dict)
    ui: dict[str, Any] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        return self.path.parent

    def task(self, name: str) -> Operation | None:
        return next((task for task in self.tasks if task.name == name), None)

    def hooks_for(self, trigger: str) -> list[Operation]:
        """A trigger that is listed twice runs twice."""
        return [hook for hook in self.hooks for t in hook.triggered_by if t == trigger]

    def command(self, operation: Operation | None, folder: str) -> list[str]:
        """argv before Python is resolved; `folder` is what {pluginDir} stands for."""
        command = [*self.exec, *(operation.exec_args if operation else [])]
        if command and command[0] not in PYTHON and not shutil.which(command[0]):
            command[0] = os.path.join(folder, command[0])
        return command[:1] + [part.replace("{pluginDir}", folder) for part in command[1:]]


# ---- strict reading ----------------------------------------------------------------------


class _Strict(yaml.SafeLoader):
    """Like yaml.v2 in strict mode: a key that is given twice is an error."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        twice = {str(key) for key in keys if keys.count(key) > 1}
        if twice:
            raise BadManifest(f"key {', '.join(sorted(twice))!r} already set in map")
        return super().construct_mapping(node, deep)


# Dates and other clever scalars stay text, because every field of a manifest is text.
_Strict.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in rules if not tag.endswith(":timestamp")]
    for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
}

Known = dict[str, type]  # the keys of a struct and what each of them holds

TOP: Known = {
    "name": str,
    "description": str,
    "url": str,
    "version": str,
    "interface": str,
    "exec": list,
    "errLog": str,
    "tasks": list,
    "hooks": list,
    "ui": dict,
    "settings": dict,
}
OPERATION: Known = {"name": str, "description": str, "execArgs": list, "defaultArgs": dict}
HOOK: Known = {**OPERATION, "triggeredBy": list}
SETTING: Known = {"type": str, "displayName": str, "description": str}
UI: Known = {"requires": list, "csp": dict, "javascript": list, "css": list, "assets": dict}
CSP: Known = {"script-src": list, "style-src": list, "connect-src": list}


def _checked(data: Any, known: Known, where: str) -> dict[str, Any]:
    """Refuses keys that Stash's struct lacks, and lists or maps where it wants text."""
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise BadManifest(f"cannot unmarshal {type(data).__name__} into {where}")
    clean: dict[str, Any] = {}
    for key, value in data.items():
        if key not in known:
            raise BadManifest(f"field {key} not found in type {where}")
        if value is None:
            continue
        if known[key] is str:
            clean[key] = _text(value, f"{where}.{key}")
        elif isinstance(value, known[key]):
            clean[key] = value
        else:
            raise BadManifest(f"cannot unmarshal {value!r} into {where}.{key}")
    return clean


def _text(value: Any, where: str) -> str:
    if isinstance(value, (dict, list)):
        raise BadManifest(f"cannot unmarshal {type(value).__name__} into string at {where}")
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _operation(data: Any, known: Known, where: str) -> Operation:
    clean = _checked(data, known, where)
    return Operation(
        name=clean.get("name", ""),
        description=clean.get("description", ""),
        exec_args=[_text(v, where) for v in clean.get("execArgs", [])],
        default_args={
            _text(k, where): _text(v, where) for k, v in clean.get("defaultArgs", {}).items()
        },
        triggered_by=[_text(v, where) for v in clean.get("triggeredBy", [])],
    )


def _ui(data: Any) -> dict[str, Any]:
    clean = _checked(data, UI, "plugin.UIConfig")
    _checked(clean.get("csp"), CSP, "plugin.PluginCSP")
    return clean


def _settings(data: dict[str, Any]) -> dict[str, dict[str, str]]:
    clean = {str(k): _checked(v, SETTING, "plugin.SettingConfig") for k, v in data.items()}
    for key, setting in clean.items():
        if setting.get("type", "") not in SETTING_TYPES:
            raise BadManifest(f"invalid type {key} for setting {setting['type']}")
    return clean


@lru_cache(maxsize=8)
def _document(text: str) -> Any:
    """The parsed text. Tests start hundreds of servers with the same plugin."""
    return yaml.load(text, Loader=_Strict)


def read(path: Path) -> Plugin:
    """One manifest, or BadManifest with the reason why Stash would not load it."""
    try:
        data = copy.deepcopy(_document(path.read_text(encoding="utf-8")))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadManifest(str(error)) from error
    if data is None:
        raise BadManifest("EOF")
    clean = _checked(data, TOP, "plugin.Config")
    if clean.get("interface", "") not in INTERFACES:
        raise BadManifest(f"invalid interface type {clean['interface']}")
    return Plugin(
        id=path.stem,
        path=path,
        name=clean.get("name", ""),
        exec=[_text(part, "exec") for part in clean.get("exec", [])],
        interface=clean.get("interface") or "raw",
        description=clean.get("description"),
        url=clean.get("url"),
        version=clean.get("version"),
        err_log=clean.get("errLog", ""),
        hooks=[_operation(h, HOOK, "plugin.HookConfig") for h in clean.get("hooks", [])],
        tasks=[_operation(t, OPERATION, "plugin.OperationConfig") for t in clean.get("tasks", [])],
        settings=_settings(clean.get("settings", {})),
        ui=_ui(clean.get("ui")),
    )


def read_all(folder: Path) -> tuple[list[Plugin], dict[str, str]]:
    """(plugins in lexical file order, path -> reason) for every *.yml below a folder."""
    plugins: list[Plugin] = []
    errors: dict[str, str] = {}
    for path in _manifests(folder):
        try:
            plugin = read(path)
        except BadManifest as error:
            errors[str(path)] = str(error)
            continue
        if any(other.id.lower() == plugin.id.lower() for other in plugins):
            errors[str(path)] = f"plugin ID {plugin.id} already exists"
        else:
            plugins.append(plugin)
    return plugins, errors


def _manifests(folder: Path) -> list[Path]:
    """Lexical walk; symbolic links are followed, as Stash does."""
    found: list[Path] = []
    if not folder.is_dir():
        return found
    for entry in sorted(folder.iterdir(), key=lambda p: p.name):
        if entry.is_dir():
            found += _manifests(entry)
        elif entry.suffix == ".yml":
            found.append(entry)
    return found
