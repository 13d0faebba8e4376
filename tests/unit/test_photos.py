"""Photos of actors: which address, and when it has to be sent."""

from __future__ import annotations

import pytest

from plex.fields import actor_photos
from plex.fields.actor_photos import Sent
from stash.scene import PHOTOS, Performer, Scene
from tests.support.settings import sync_settings
from validation.config import load

BASE = "https://photos.example.com"
URL, OTHER = f"{BASE}/performer/1/image", "https://elsewhere/1.jpg"


def test_an_address_is_the_setting_and_the_picture_s_path():
    people = (Performer(1, "Ann", "/performer/1/image"), Performer(2, "Bob"))
    one = Scene(1, performers=people)
    assert actor_photos.wanted(one, sync_settings(actor_photo_url=BASE)) == {"ann": URL}
    assert actor_photos.wanted(one, sync_settings()) == {}


def test_the_oldest_namesake_s_photo_counts():
    people = (Performer(3, "ann", "/performer/3/image"), Performer(1, "Ann", "/performer/1/image"))
    one, settings = Scene(1, performers=people), sync_settings(actor_photo_url=BASE)
    assert actor_photos.wanted(one, settings) == {"ann": URL}
    assert actor_photos.wanted(one, settings, {"ann": 3}) == {"ann": f"{BASE}/performer/3/image"}
    assert actor_photos.wanted(one, settings, {"ann": 2}) == {}
    assert [actor_photos.holder(Sent(url, "")) for url in (URL, OTHER)] == [1, 0]


@pytest.mark.parametrize(
    ("shown", "sent", "fill_only", "is_due"),
    [
        ({}, {}, False, True),
        ({"ann": ""}, {}, False, True),
        ({"ann": URL}, {}, False, False),
        ({"ann": OTHER}, {}, False, True),
        ({"ann": OTHER}, {}, True, False),
        ({"ann": ""}, {}, True, True),
        ({}, {"ann": Sent(URL, URL)}, False, False),
        ({"ann": ""}, {"ann": Sent(URL, URL)}, False, True),
        ({"ann": ""}, {"ann": Sent(URL, "")}, False, False),
        ({"ann": OTHER}, {"ann": Sent(URL, URL)}, False, False),
        ({"ann": "https://plex.tv/x"}, {"ann": Sent(URL, "https://plex.tv/x")}, False, False),
        ({"ann": OTHER}, {"ann": Sent(OTHER, OTHER)}, False, True),
        ({"ann": URL}, {"ann": Sent(OTHER, OTHER)}, False, False),
    ],
    ids=[
        "a new actor", "nothing there", "there already", "another one", "another one, preserved",
        "nothing there, preserved", "known to the server", "lost", "refused", "somebody's choice",
        "what plex made of it", "moved", "moved and there",
    ],
)  # fmt: skip
def test_a_photo_is_sent_once(shown, sent, fill_only, is_due):
    found = actor_photos.due({"ann": URL}, ["Ann", "Bob"], shown, sent, fill_only)
    assert found == ({"ann": URL} if is_due else {})


def test_who_is_not_on_the_item_gets_none_there():
    assert actor_photos.due({"ann": URL}, ["Bob"], {}, {}, False) == {}


@pytest.mark.parametrize(
    ("typed", "used"),
    [
        ("https://photos.example.com/", BASE),
        ("https://photos.example.com/stash/", f"{BASE}/stash"),
        ("http://192.168.1.5:9999", "http://192.168.1.5:9999"),
        ("HTTPS://photos.example.com", BASE),
    ],
)
def test_an_address_is_tidied(typed, used):
    assert load({"actor_photo_url": typed})[0].actor_photo_url == used


@pytest.mark.parametrize(
    "typed",
    [
        "https://u:s3cret@photos.example.com", "https://photos.example.com/?apikey=s3cret",
        "https://photos.example.com/#s3cret", "photos.example.com", "ftp://photos.example.com",
        "https://", "https://a b", "https://x:99999",
    ],
)  # fmt: skip
def test_an_address_with_a_key_in_it_is_refused_and_not_repeated(typed):
    config, (warning,) = load({"actor_photo_url": typed})
    assert config.actor_photo_url == ""
    assert "must be an address without password, key" in warning
    assert "s3cret" not in warning


def test_photos_are_asked_for_only_where_they_show():
    from plex.fields.registry import extras

    assert extras(sync_settings(actor_photo_url=BASE)) == {PHOTOS}
    assert extras(sync_settings(actor_photo_url=BASE, sync_fields="title")) == set()
