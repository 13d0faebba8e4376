"""The search for secrets, which every test with a box ends with, finds what is planted."""

from __future__ import annotations

from pathlib import Path

import pytest

from devserver.box import TOKEN, Box
from devserver.leaks import forms, leaks
from devserver.plex.message import Call
from devserver.stash.logs import LogLine

ODD = 'a+b/c="d\\e%f&'


@pytest.fixture
def box(tmp_path: Path) -> Box:
    """With all that a box keeps, and without its servers."""
    found = Box(tmp_path, tmp_path / "none.zip")
    found.data_dir.mkdir(parents=True)
    found.stash.api_key = "the-api-key-of-this-stash"
    return found


def in_file(box: Box, text: str) -> None:
    (box.data_dir / "queue.sqlite.20260101.aside").write_bytes(
        b"\x00\x01" + text.encode() + b"\xff"
    )


def ask_plex(box: Box, text: str) -> None:
    box.plex._state.log.begin(Call("GET", f"/identity?X-Plex-Token={text}"), 0.0, False)


PLACES = {
    "what a process said": lambda box, text: box.stash.library.host.said.append(f"x{text}x"),
    "what a process said in a terminal": lambda box, text: box.said.append(text),
    "Stash's log": lambda box, text: box.stash.logs.append(LogLine("info", text, "")),
    "Stash's own log": lambda box, text: box.stash.server_log.append(LogLine("error", text, "")),
    "a request line to Plex": ask_plex,
    "a request line to Stash": lambda box, text: box.stash.targets.append(f"/x?apikey={text}"),
    "a file": in_file,
    "a file's name": lambda box, text: (box.data_dir / f"x-{text}").touch(),
    "a temporary file": lambda box, text: (box.temporary / "tmpx").write_text(text),
}


def secret(box: Box, kind: str) -> str:
    cookie = box.stash.cookie().partition("=")[2]
    return {"token": TOKEN, "cookie": cookie, "key": box.stash.api_key}[kind]


@pytest.mark.parametrize("kind", ["token", "cookie", "key"])
@pytest.mark.parametrize("place", PLACES)
def test_a_planted_secret_is_found(box, place, kind):
    assert leaks(box) == []
    PLACES[place](box, secret(box, kind))
    [found] = leaks(box)
    assert " is in " in found


def test_a_token_of_earlier_settings_is_one_as_well(box, monkeypatch):
    monkeypatch.setattr(box.stash, "configure", lambda plugin, **settings: None)
    box.configure(plex_token="an-outdated-plex-token")
    box.configure()
    in_file(box, "an-outdated-plex-token")
    assert len(leaks(box)) == 1


def test_a_second_server_is_searched_and_so_is_its_token(box):
    second = box.second_plex(token="plex-token-of-another")
    second._state.log.begin(Call("GET", "/", {"cookie": "session=x"}), 0.0, False)
    second._state.log.begin(Call("GET", f"/?x={TOKEN}"), 0.0, False)
    in_file(box, "plex-token-of-another")
    box.__exit__()
    assert len(leaks(box)) == 3


@pytest.mark.parametrize("form", sorted(forms(ODD)))
def test_a_secret_in_any_spelling_is_found(box, form):
    box.tokens.add(ODD)
    in_file(box, form.decode())
    assert len(leaks(box)) == 1


def test_the_spellings_are_those_of_addresses_json_and_python():
    found = {form.decode() for form in forms(ODD)}
    for text in (ODD, "a%2Bb%2Fc%3D%22d%5Ce%25f%26", "a%2bb%2fc%3d%22d%5ce%25f%26"):
        assert text in found
    assert 'a+b/c=\\"d\\\\e%f&' in found and "a%252Bb%252Fc%253D%2522d%255Ce%2525f%2526" in found


def test_the_credentials_of_one_server_at_the_other_are_found(box):
    box.plex._state.log.begin(Call("GET", "/", {"cookie": "session=x"}), 0.0, False)
    assert leaks(box) == ["1 requests carried the credentials of another server"]


def test_what_stash_keeps_itself_is_no_leak(box):
    (box.stash.config_dir / "config.yml").write_text(TOKEN)
    assert leaks(box) == []


def test_a_secret_in_a_title_is_stored_but_not_shown(box):
    box.stash.add_scene(path="/data/a.mp4", title=f"my {TOKEN}")
    in_file(box, TOKEN)
    assert leaks(box) == []
    PLACES["what a process said"](box, TOKEN)
    assert len(leaks(box)) == 1
