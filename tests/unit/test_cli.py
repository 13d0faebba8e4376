"""The words of the command line, and what they say about Stash."""

import ssl

import pytest

import errors
from app import cli
from app.config_of_stash import trust


@pytest.mark.parametrize(
    ("text", "scheme", "host", "port"),
    [
        ("http://localhost:9999", "http", "localhost", 9999),
        ("http://stash.lan", "http", "stash.lan", 80),
        ("https://stash.lan/", "https", "stash.lan", 443),
        ("stash.lan", "http", "stash.lan", 9999),
        ("192.168.1.5:9998", "http", "192.168.1.5", 9998),
        ("http://[::1]:9999", "http", "::1", 9999),
    ],
)
def test_an_address_is_understood(text, scheme, host, port):
    assert cli.address(text) == {"Scheme": scheme, "Host": host, "Port": port}


@pytest.mark.parametrize(
    "text",
    ["", "http://", "ftp://stash", "http://stash:99999999", "http://stash:x", "http://stash:0"],
)
def test_what_is_no_address_is_told(text):
    with pytest.raises(errors.SetupError, match="--stash wants an address such as"):
        cli.address(text)


@pytest.mark.parametrize("text", ["http://h/stash", "http://u:p@h", "http://h?apikey=x"])
def test_what_would_be_ignored_is_refused(text):
    with pytest.raises(errors.SetupError, match="and nothing else"):
        cli.address(text)


def test_a_key_is_read_without_its_newline(tmp_path, monkeypatch):
    (tmp_path / "key").write_text(" the.key-1\r\n")
    assert cli.api_key(str(tmp_path / "key")) == "the.key-1"
    monkeypatch.setenv("STASH_API_KEY", " other ")
    assert cli.api_key(None) == "other"
    monkeypatch.delenv("STASH_API_KEY")
    assert cli.api_key(None) == ""


@pytest.mark.parametrize("command", ["reconcile-all", "reconcile_all"])
def test_a_command_is_understood_with_either_sign(command, tmp_path, monkeypatch):
    monkeypatch.setenv("STASH_API_KEY", "the-key")
    found = cli.parse([command, "--stash", "localhost", "--data-dir", str(tmp_path)])
    assert (found.mode, found.data_dir) == ("reconcile_all", str(tmp_path))
    assert found.connection == {
        "Scheme": "http",
        "Host": "localhost",
        "Port": 9999,
        "ApiKey": "the-key",
    }


def test_a_relative_data_dir_is_that_of_the_terminal(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = cli.parse(["all", "--stash", "localhost", "--data-dir", "own"])
    assert found.data_dir == str(tmp_path / "own")


def test_a_certificate_is_checked_unless_stash_is_on_this_machine():
    assert trust("localhost").verify_mode == trust("::1").verify_mode == ssl.CERT_NONE
    assert trust("stash.example").verify_mode == ssl.CERT_REQUIRED
