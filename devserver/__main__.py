"""`make play`: keeps a Stash and a Plex up, with the plugin and a library, until Ctrl-C."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from pathlib import Path

from devserver import seed_library
from devserver.box import PLUGIN, TOKEN, Box
from devserver.stage import BOLD, ROOT, log_line, open_box, say

POLL_SECONDS = 0.3
SYNC = "Sync All Scenes to Plex"


def arguments(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m devserver", description=__doc__)
    parser.add_argument("--scenes", type=int, default=200, help="how many (default: 200)")
    parser.add_argument("--stash-port", type=int, default=0, help="default: a free one")
    parser.add_argument("--plex-port", type=int, default=0, help="default: a free one")
    parser.add_argument("--page", action="store_true", help="with a page to look at; needs npm")
    parser.add_argument("--dir", type=Path, help="an empty folder to keep; default: one that goes")
    found = parser.parse_args(argv)
    if found.dir and found.dir.exists() and any(found.dir.iterdir()):
        # The box begins with a new Plex, which what is remembered there would not fit.
        parser.error(f"{found.dir} is not empty")
    return found


def introduce(box: Box, count: int) -> None:
    stash, plex = box.stash, box.plex
    python = os.path.relpath(sys.executable, ROOT)
    item = box.item(next(iter(box.paths)))["ratingKey"] if box.paths else 0
    say(f"Stash   {stash.url}/graphql   {count} scenes, no password", BOLD)
    say(f"Plex    {plex.url}   token {TOKEN}, library “Scenes”", BOLD)
    say(f"Plugin  {stash.plugins_dir / 'local' / PLUGIN}")
    say(f"State   {box.data_dir}")
    say()
    say("To try, in another terminal in this folder:")
    _show(_graphql(stash.url, f'runPluginTask(plugin_id: "{PLUGIN}", task_name: "{SYNC}")'))
    _show(_graphql(stash.url, 'sceneUpdate(input: {id: 1, title: "A new title"}) { id }'))
    _show(f"curl -s '{plex.url}/library/metadata/{item}?X-Plex-Token={TOKEN}'")
    _show(f"{python} Stash2Plex.py queue-status --stash {stash.url}")
    _show(f"{python} Stash2Plex.py reconcile-all --stash {stash.url}")
    say()
    say("What the plugin logs stands below. Ctrl-C ends it.")


def show_page(box: Box) -> None:
    """The places of Stash's page that the plugin is seen in, with the libraries of the real one."""
    from tests.ui.libraries import libraries

    box.stash.libraries = libraries()
    if box.stash.libraries is None:
        say("There is no npm here, which brings the libraries of the page: the box is without one.")
    else:
        say(f"Page    {box.stash.url}/plugins/stash2plex", BOLD)


def _graphql(url: str, mutation: str) -> str:
    body = json.dumps({"query": f"mutation {{ {mutation} }}"})
    return f"curl -s {url}/graphql -H 'Content-Type: application/json' -d '{body}'"


def _show(command: str) -> None:
    say(f"  {command}")


def follow(box: Box, ended: threading.Event) -> None:
    """Show log lines as they come, until it is over."""
    told = 0
    while not ended.wait(POLL_SECONDS):
        lines = box.stash.logs[told:]
        told += len(lines)
        for line in lines:
            log_line(line)


def main(argv: list[str] | None = None) -> int:
    chosen = arguments(argv)
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    try:
        with open_box(chosen.dir, chosen.stash_port, chosen.plex_port) as box:
            seed_library.fill(box, chosen.scenes)
            if chosen.page:
                show_page(box)
            introduce(box, chosen.scenes)
            follow(box, ended)
    except OSError as error:
        say(f"The box could not be opened: {error}")
        return 1
    say("Ended.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
