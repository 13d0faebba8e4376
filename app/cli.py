"""The command line: the same commands from a terminal or cron, against a Stash by its URL."""
import argparse
import os
from typing import Any
from urllib.parse import urlsplit

import errors
from app.commands import COMMANDS, RECONCILE
from stash import hook, wire

EPILOG = """The API key is read from the file, or from the variable STASH_API_KEY; it is never an
argument, since every user of the machine can see those. State is kept where the plugin keeps it,
in Stash's config folder; if that folder is not on this machine, name one with --data-dir."""


class Command:
    """A parsed command line."""

    def __init__(self, found: argparse.Namespace) -> None:
        self._found = found
        self.mode: str = found.command.replace("-", "_")
        self.data_dir: str = os.path.abspath(found.data_dir) if found.data_dir else ""

    def args(self) -> dict[str, Any]:
        return {"mode": self.mode}

    def connection(self) -> dict[str, Any]:
        """What Stash would have told the plugin about itself."""
        url = urlsplit(self._found.stash if "://" in self._found.stash else f"http://{self._found.stash}")
        try:
            port = url.port
        except ValueError:
            port = None
        if url.scheme not in ("http", "https") or not url.hostname:
            raise ValueError("--stash wants a URL such as http://localhost:9999")
        standard = 443 if url.scheme == "https" else 9999
        key = self._key()
        wire.hide(key)
        return {"Scheme": url.scheme, "Host": url.hostname, "Port": port or standard, "ApiKey": key}

    def _key(self) -> str:
        if not self._found.api_key_file:
            return os.environ.get("STASH_API_KEY", "").strip()
        try:
            with open(self._found.api_key_file, encoding="utf-8") as file:
                return file.read().strip()
        except (OSError, ValueError) as error:
            raise ValueError(f"the API key file cannot be read: {error}") from None

    def config_dir(self) -> str:
        """Stash's config folder, if it is on this machine."""
        query = "query ConfigPath { systemStatus { configPath } }"
        try:
            path = hook.ask(self.connection(), query, {})["systemStatus"]["configPath"] or ""
        except (OSError, ValueError, KeyError, TypeError, IndexError):
            raise errors.Unreachable(
                f"Stash does not answer at {self._found.stash}, or does not accept the API key"
            ) from None
        folder = os.path.dirname(path)
        if not path or not os.path.isdir(folder):
            raise errors.SetupError(
                f"Stash keeps its config in {folder or 'no folder'}, which is not on this machine: "
                "name a folder for Stash2Plex's state with --data-dir"
            )
        return folder


def parse(argv: "list[str]") -> Command:
    """The command line as a Command; exits by itself for --help and for wrong words."""
    parser = argparse.ArgumentParser(
        prog="Stash2Plex.py", description=__doc__, epilog=EPILOG
    )
    names = sorted([*COMMANDS, *RECONCILE, "queue_status"])
    parser.add_argument("command", choices=[n.replace("_", "-") for n in names] + names, metavar="command",
                        help=", ".join(n.replace("_", "-") for n in names))  # fmt: skip
    parser.add_argument("--stash", required=True, metavar="URL", help="such as http://localhost:9999")
    parser.add_argument("--api-key-file", metavar="F", help="a file that holds Stash's API key")
    parser.add_argument("--data-dir", metavar="D", help="where to keep state (default: as the plugin)")
    return Command(parser.parse_args(argv))
