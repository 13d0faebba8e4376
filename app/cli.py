"""The command line: every operation from a terminal or cron, against a Stash by its URL."""

import argparse
import os
import textwrap
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import errors
from app.arguments import objection
from app.commands.registry import MODES
from stash import stdio

EPILOG = """The API key comes from a file or from the variable STASH_API_KEY, and never from an argument,
since every user of the machine can see arguments. State is kept in Stash's config folder, as by the plugin.
If that folder is not on this machine, name another with --data-dir."""

NUMBERS = {
    "run": "undo, journal: the number of a run",
    "item": "undo, journal, decide: the rating key of an item",
    "scene": "sync, explain, undo, journal, hold, resume: the id of a scene",
}
TEXTS = {
    "scope": ("S", "preview: all, 24h, 7days or a range such as 30d"),
    "field": ("NAME", "undo, journal, decide: only this field"),
    "error": ("WORDS", "retry-dlq: only dead letters whose reason has these words; clear-dlq: with "
              "exactly this reason"),
}  # fmt: skip
SWITCHES = {
    "original": "undo: back to before the very first touch",
    "confirm": "remove-data: remove everything now",
    "deep": "reconcile-...: compare everything by value",
}


class CommandLine:
    """A parsed command line. `connection` has what Stash sends to the plugin."""

    def __init__(self, parsed: argparse.Namespace) -> None:
        self.mode: str = parsed.operation.replace("-", "_")
        given = {name: getattr(parsed, name) for name in (*NUMBERS, *TEXTS, *SWITCHES, "side")}
        given = {name: value for name, value in given.items() if value is not None}
        if problem := objection(self.mode, given):
            raise errors.SetupError(problem)
        self.args = {"mode": self.mode} | given
        self.as_json: bool = parsed.json
        self.data_dir: str = os.path.abspath(parsed.data_dir) if parsed.data_dir else ""
        self.connection = address(parsed.stash) | {"ApiKey": api_key(parsed.api_key_file)}
        stdio.hide(self.connection["ApiKey"])

    def show(self, answer: "dict[str, Any]") -> int:
        """Write the answer to stdout: a preview as a table, others as JSON. Returns the exit code."""
        if self.mode == "preview" and not self.as_json:
            from app.commands.preview import as_table

            stdio.answer_in_lines(as_table(answer))
        else:
            stdio.answer(answer)
        return 0

    def config_dir(self) -> str:
        """Stash's config folder. Raises SetupError if it is not on this machine."""
        from app.config_of_stash import config_path

        path = config_path(self.connection)
        folder = os.path.dirname(path)
        if not path or not os.path.isdir(folder):
            fault = f"{folder} is not on this machine" if path else "Stash does not name it"
            raise errors.SetupError(
                f"Stash's config folder cannot be used ({fault}): "
                "name a folder for Stash2Plex's state with --data-dir"
            )
        return folder


def address(text: str) -> dict[str, Any]:
    """Scheme, Host and Port of `--stash`. Raises SetupError if it is not an address."""
    has_scheme = "://" in text
    url = urlsplit(text if has_scheme else f"http://{text}")
    try:
        port = url.port
    except ValueError:
        port = 0
    if url.scheme not in ("http", "https") or not url.hostname or port == 0:
        raise errors.SetupError("--stash wants an address such as http://localhost:9999")
    if url.path.strip("/") or url.query or url.username:
        raise errors.SetupError("--stash wants scheme, host and port, and nothing else")
    usual = (443 if url.scheme == "https" else 80) if has_scheme else 9999
    return {"Scheme": url.scheme, "Host": url.hostname, "Port": port or usual}


def api_key(path: "str | None") -> str:
    """The key in the file or the environment, '' if there is none."""
    if not path:
        return os.environ.get("STASH_API_KEY", "").strip()
    try:
        with open(path, encoding="utf-8") as file:
            key = file.read(10_000).strip()
    except (OSError, ValueError) as error:
        raise errors.SetupError(f"the API key file cannot be read: {error}") from None
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        raise errors.SetupError(f"{path} does not hold an API key and nothing else")
    return key


class Whole(argparse.HelpFormatter):
    """Help that does not break words such as `purge-dlq`."""

    def _split_lines(self, text: str, width: int) -> "list[str]":
        return textwrap.wrap(text, width, break_on_hyphens=False)


def parse(argv: "list[str]") -> CommandLine:
    """Parse the command line. argparse exits after --help and after unknown words."""
    names = [mode.replace("_", "-") for mode in MODES]
    parser = argparse.ArgumentParser(
        prog="Stash2Plex.py",
        description="Runs an operation of Stash2Plex from a terminal or cron; docs/tasks.md lists them.",
        epilog=EPILOG,
        formatter_class=Whole,
    )
    say = parser.add_argument
    say("operation", choices=names, metavar="operation", help=", ".join(names))
    say("--stash", required=True, metavar="URL", help="such as http://localhost:9999")
    say("--api-key-file", metavar="F", help="a file that holds Stash's API key")
    for name, what in NUMBERS.items():
        say(f"--{name}", type=int, metavar="N", help=what)
    for name, (place, what) in TEXTS.items():
        say(f"--{name}", metavar=place, help=what)
    for name, what in SWITCHES.items():
        say(f"--{name}", action="store_true", default=None, help=what)
    say("--side", choices=("stash", "plex"), help="decide: whose value counts")
    in_json = "preview: answer in JSON, as all others do, not in a table"
    say("--json", action="store_true", help=in_json)
    say("--data-dir", metavar="D", help="folder for state (default: the plugin's)")
    return CommandLine(parser.parse_args([argv[0].replace("_", "-"), *argv[1:]]))


# -- the owner of the files: in a container a terminal may run as root, and Stash as another user


def become_owner(data_dir: str) -> None:
    """Turn root into the owner of the data dir for the rest of this process: new files, locks and SQLite's
    side files then belong to that user. Files that an earlier run of root made are given to the owner. If
    that fails, root stays root."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return
    with suppress(OSError):  # a network share may have no owners
        folders = _ours(data_dir)
        owner = os.stat(folders[-1])
        if owner.st_uid == 0:
            return
        for folder in folders[:-1]:
            os.chown(folder, owner.st_uid, owner.st_gid)
        _give_back(data_dir, owner.st_uid, owner.st_gid)
        os.setgroups([owner.st_gid])
        os.setgid(owner.st_gid)
        os.setuid(owner.st_uid)


def _ours(data_dir: str) -> list[str]:
    """Folders from the data dir up to the first whose owner should own them all. That is the data dir
    itself, unless root has just made it (and `plugin_data`) in another user's folder."""
    folders = [os.path.abspath(data_dir)]
    if not os.listdir(data_dir):
        while len(folders) < 3 and os.stat(folders[-1]).st_uid == 0:
            folders.append(os.path.dirname(folders[-1]))
    return folders


def _give_back(data_dir: str, user: int, group: int) -> None:
    for folder, folders, files in os.walk(data_dir):
        for name in (*folders, *files):
            path = os.path.join(folder, name)
            if os.lstat(path).st_uid == 0:
                os.lchown(path, user, group)
