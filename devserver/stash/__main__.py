"""python -m devserver.stash --root DIR --port N: a stand-alone simulator, driven over GraphQL."""

from __future__ import annotations

import argparse
import signal
import threading
from pathlib import Path

from .server import StashServer


def main() -> None:
    parser = argparse.ArgumentParser(prog="devserver.stash", description=__doc__)
    parser.add_argument("--root", type=Path, required=True, help="config folder of the server")
    parser.add_argument("--port", type=int, default=9999, help="0 picks a free one")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--stash-version", default="v0.31.1", metavar="VERSION")
    parser.add_argument("--password", help="the user is called stash; without it there is none")
    options = parser.parse_args()
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    server = StashServer(
        options.root,
        options.port,
        options.stash_version,
        options.password,
        host=options.host,
    )
    with server:
        print(server.url, flush=True)
        ended.wait()


if __name__ == "__main__":
    main()
