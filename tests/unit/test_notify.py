"""What is told and in which words; and which texts are addresses of Apprise."""

from __future__ import annotations

from typing import Any

import pytest

from app.notify.causes import Facts, news, present
from app.notify.memory import MOST, Memory, Sent
from app.notify.message import BODY, LINE, message_of, plain
from sync_queue.circuit_breaker import Circuit, Outage
from sync_queue.schema import HALF_OPEN, OPEN
from validation.address import typed_secrets
from validation.notify_address import notify_addresses, notify_secrets

AWAY = Circuit(OPEN, since=1000.0, cause="refused", words="Plex does not answer.", held=3)


def facts(**given: Any) -> Facts:
    usual = {
        "circuit": Circuit(), "history": [], "waiting": 0, "failures": {}, "dead": {}, "decisions": 0,
    }  # fmt: skip
    return Facts(**{**usual, **given})


def headlines(told: list[str], **given: Any) -> list[str]:
    return [cause.headline for cause in news(told, facts(**given))]


FAILED = {"sync": {"at": 1500.0, "said": "the brake holds"}}


@pytest.mark.parametrize(
    ("told", "given", "said"),
    [
        ([], {}, []),
        ([], {"circuit": AWAY}, ["Plex is away"]),
        (["outage:1000"], {"circuit": AWAY}, []),
        (["outage:900"], {"circuit": AWAY}, ["Plex is away", "Plex is back"]),
        (["outage:1000"], {"history": [Outage(1000.0, 1065.0, "", 3)]}, ["Plex is back after 1 min 5 s"]),
        (["refusal:1000"], {}, ["Plex takes the token again"]),
        ([], {"failures": FAILED}, ["A sync failed"]),
        (["failed:sync"], {"failures": FAILED}, []),
        ([], {"failures": FAILED, "circuit": AWAY}, ["Plex is away"]),
        ([], {"failures": FAILED, "history": [Outage(1400.0, 1499.0, "", 0)]}, []),
        ([], {"failures": FAILED, "history": [Outage(1400.0, 1450.0, "", 0)]}, ["A sync failed"]),
        ([], {"failures": {"explain": FAILED["sync"]}}, []),
        ([], {"decisions": 2}, ["2 items wait for a decision"]),
        (["decisions"], {"decisions": 5}, []),
        (["decisions", "failed:sync"], {}, []),
        ([], {"dead": {"x": 1, "y": 2}}, ["1 scene gave up", "2 scenes gave up"]),
    ],
)  # fmt: skip
def test_a_cause_is_told_once_until_it_has_ended(
    told: list[str], given: dict[str, Any], said: list[str]
) -> None:
    assert headlines(told, **given) == said


def test_an_error_with_other_numbers_is_the_same_cause() -> None:
    (first,) = present(facts(dead={"item 12 is gone": 1}))
    assert news([first.key], facts(dead={"item 345 is gone": 7})) == []
    assert news([first.key], facts(dead={"item 345 is broken": 7})) != []


def test_a_plex_that_is_coming_back_is_not_called_away() -> None:
    assert "back" in headlines([], circuit=AWAY.__class__(HALF_OPEN, since=1000.0))[0]


def test_the_gravest_cause_is_the_title_of_the_message() -> None:
    told = message_of(present(facts(circuit=AWAY, waiting=3, decisions=1)))
    assert told.title == "Stash2Plex: Plex is away (and 1 more)" and told.level == "failure"
    first, second = told.body.splitlines()
    assert "Plex does not answer. 3 jobs wait." in first and second.startswith("1 item waits")


def test_many_long_causes_give_a_short_message() -> None:
    told = message_of(present(facts(dead={f"{word} " * 200: 1 for word in "abcdefgh"})))
    assert len(told.body) <= BODY and "more" in told.title and len(told.title) < LINE


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb\t c", "a b c"),
        ("@everyone", "@\u200beveryone"),
        ("<@1> <b>", "<\u200b@\u200b1> <\u200bb>"),
        ("[a](http://b)", "[a]\u200b(http://b)"),
        ("**a** `b`", "*\u200b*\u200ba*\u200b*\u200b `\u200bb`\u200b"),
        ("a\u202eb\u2066c", "a b c"),
        ("a_b 3 > 2", "a_b 3 > 2"),
    ],
)
def test_nothing_in_a_text_opens_markup(text: str, shown: str) -> None:
    assert plain(text) == shown


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (None, ()),
        ("", ()),
        ("ntfy://a", ("ntfy://a",)),
        (" ntfy://a\n discord://b/c, json://d ", ("ntfy://a", "discord://b/c", "json://d")),
        ("mailto://a:b@c?to=d,e;ntfy://f", ("mailto://a:b@c?to=d,e", "ntfy://f")),
        ('"ntfy://a", https://discord.com/api/webhooks/1/b', ("ntfy://a", "https://discord.com/api/webhooks/1/b")),
    ],
)  # fmt: skip
def test_addresses_are_separated_by_blanks_or_commas(
    text: str | None, found: tuple[str, ...]
) -> None:
    assert notify_addresses(text) == found


@pytest.mark.parametrize(
    "text", ["secret", "ntfy://a secret", "://secret", "ntfy://", "ntfy://sécret", 7, "a://secret " * 11, "a://" + "b" * 3000],
)  # fmt: skip
def test_a_text_that_is_no_address_is_refused_unseen(text: object) -> None:
    with pytest.raises(ValueError) as caught:
        notify_addresses(text)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("json://me:pass@host.example:8080/the-long-path", ["pass", "the-long-path"]),
        ("discord://123456789/token-of-mine", ["123456789", "token-of-mine"]),
        ("tgram://123456:abcdefghij/77", ["abcdefghij"]),
        ("pover://user-key-1@token-key-1?x=query-value", ["user-key-1", "token-key-1", "query-value"]),
        ("json://h?a=p%40ss%40word", ["p%40ss%40word", "p@ss@word"]),
        ("me:pass@nowhere", ["pass", "me:pass@nowhere"]),
    ],
)  # fmt: skip
def test_tokens_and_passwords_in_an_address_are_secrets(text: str, hidden: list[str]) -> None:
    found = typed_secrets({"notify": f"ntfy://other {text}"})
    assert {*hidden, text, "ntfy://other"} <= set(found)


@pytest.mark.parametrize(
    "text", ["json://192.168.1.10/x", "json://localhost", "mailto://a:b@example.com"]
)
def test_the_name_of_a_machine_is_no_secret(text: str) -> None:
    assert not {"192.168.1.10", "localhost", "example.com"} & set(notify_secrets(text))


def test_the_memory_is_small_and_survives_nonsense(tmp_path) -> None:
    memory = Memory(str(tmp_path), 1.0)
    memory.told, memory.sent = [f"dead:{n}" for n in range(1000)], [Sent(1, "JSON", "x")]
    memory.save()
    again = Memory(str(tmp_path), 1.0)
    assert len(again.told) == MOST and again.sent == memory.sent and again.run is None
    (tmp_path / "notified.json").write_text(
        '{"told": 7, "run": "x", "sent": [7, {}], "sent_at": true}'
    )
    odd = Memory(str(tmp_path), 1.0)
    assert (odd.told, odd.run, odd.sent, odd.sent_at, odd.no_packages) == ([], None, [], 0.0, 0.0)
    (tmp_path / "notified.json").write_text("{")
    assert "begun anew" in Memory(str(tmp_path), 1.0).notice
