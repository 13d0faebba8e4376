"""Whatever the plugin wrote, searched for the secrets that it was given."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from devserver.box import Box

SHORTEST = 8  # what is shorter is found everywhere
STASHS_OWN = ("config.yml",)  # Stash itself keeps all settings there
PENDING = "sign_in.json"  # a sign-in that is not over, in a file that only its owner may read


def leaks(box: Box) -> list[str]:
    """Where a secret stands that should not: a line each. Empty when all is well."""
    found = []
    library, said, left = _library(box), list(spoken(box)), list(written(box))
    for name, secret in secrets(box).items():
        needles = forms(secret)
        # What Stash's library says is no secret: only the log has to hide it.
        public = any(needle in library for needle in needles)
        for where, text in said if public else said + left:
            if any(needle in text for needle in needles):
                found.append(f"{name} is in {where}")
    for server in (box.stash, *(plex._state.log for plex in box.plexes)):
        if server.foreign:
            found.append(f"{server.foreign} requests carried the credentials of another server")
    return found


def secrets(box: Box) -> dict[str, str]:
    """What each is called -> the secret."""
    tokens = enumerate(sorted(box.tokens), start=1)
    given = {f"Plex token {n} ({token[:3]}…)": token for n, token in tokens}
    given |= {
        "a session cookie": box.stash.library.sessions.mark,
        "the API key": box.stash.api_key,
    }
    if box.plex_tv:
        given |= {f"PIN {n}": str(n) for n in box.plex_tv.pins.known}
    return {name: secret for name, secret in given.items() if len(secret) >= SHORTEST}


def forms(secret: str) -> list[bytes]:
    """The secret as it stands in a text, in an address, in JSON, and in what Python shows."""
    address = quote(secret, safe="")
    texts = {secret, address, quote(secret), address.replace("%", "%25"), json.dumps(secret)[1:-1]}
    texts |= {repr(secret)[1:-1], json.dumps(json.dumps(secret)[1:-1])[1:-1]}
    return [text.encode() for text in texts | {_lower(text) for text in texts}]


def _lower(address: str) -> str:
    """With the hexadecimal digits of an address in small letters."""
    first, *rest = address.split("%")
    return "%".join([first, *(piece[:2].lower() + piece[2:] for piece in rest)])


def spoken(box: Box) -> Iterator[tuple[str, bytes]]:
    """(where, what): all that the processes said, and what Stash made of it."""
    host = box.stash.library.host
    yield "what a process said", _joined([*host.said, *box.said])
    lines = [*box.stash.logs, *box.stash.server_log]
    yield "Stash's log", _joined([line.text for line in lines])


def written(box: Box) -> Iterator[tuple[str, bytes]]:
    """(where, what): request lines, and every file that is left, with its name."""
    for plex in box.plexes:
        yield "a request line to Plex", _joined(plex._state.log.targets)
    if box.plex_tv:
        asked = [target for target in box.plex_tv.log.targets if "/pins/" not in target]
        yield "a request line to plex.tv", _joined(asked)
    yield "a request line to Stash", _joined(box.stash.targets)
    for path in _files(box):
        yield f"the name of {path.name}", str(path).encode()
        if path.is_file():
            yield f"the file {path.name}", path.read_bytes()


def _files(box: Box) -> Iterator[Path]:
    for folder in (box.stash.config_dir, box.temporary):
        for path in sorted(folder.rglob("*")):
            is_stashs = path.name in STASHS_OWN and path.parent == box.stash.config_dir
            if not is_stashs and path.name != PENDING:
                yield path


def _library(box: Box) -> bytes:
    """What a person typed into Stash."""
    store = box.stash.library.store
    rows = [
        *store.scenes.values(),
        *(row for rows in store.named.values() for row in rows.values()),
    ]
    return repr([row.as_dict() for row in rows]).encode()


def _joined(texts: list[str]) -> bytes:
    return "\n".join(texts).encode("utf-8", "replace")
