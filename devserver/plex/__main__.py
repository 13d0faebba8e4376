"""`python -m devserver.plex --port 32400 --token T --section Scenes=/data`: a server by itself."""

from __future__ import annotations

import argparse
import signal
import sys
import threading

from .server import PlexServer


def arguments(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m devserver.plex", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 = a free one")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--token", default="sim-token")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds per request")
    parser.add_argument("--tag-mode", choices=("add", "replace", "mixed"), default="add")
    parser.add_argument(
        "--section", action="append", default=[], metavar="TITLE=ROOT", help="may be repeated"
    )
    return parser.parse_args(argv)


def main() -> int:
    chosen = arguments()
    plex = PlexServer(
        port=chosen.port, token=chosen.token, latency=chosen.latency, host=chosen.host
    )
    plex.tag_mode = chosen.tag_mode
    for section in chosen.section:
        title, _, root = section.partition("=")
        plex.add_section(title, roots=[root or "/data"])
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with plex:
        sys.stdout.write(plex.url + "\n")
        sys.stdout.flush()
        stopped.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
