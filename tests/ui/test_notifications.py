"""The card of notifications: off, a test that arrives, and a test that fails at one address."""

from __future__ import annotations

import pytest

from devserver.box import Box
from tests.support.receivers import receivers
from tests.ui.conftest import Open, View

pytest.importorskip("apprise", reason="requirements-notify.txt is not installed")


def test_without_an_address_there_is_nothing_to_test(box: Box, tab: View) -> None:
    tab.go("setup").shows("Off: the setting Notify names no address.")
    assert tab.button("Send a Test").is_disabled()


def test_a_test_shows_how_it_went_at_each_address(box: Box, open_tab: Open) -> None:
    with receivers(200, 200) as (one, other):
        box.configure(notify=f"json://{one.place}/first-word json://{other.place}/second-word")
        tab = open_tab().go("setup")
        tab.shows("Nothing was sent yet.")
        tab.press("Send a Test")
        tab.says("Send Test Notification is done")
        assert [len(one.came), len(other.came)] == [1, 1]
        tab.card("Notifications").get_by_text("Address 2 (JSON): sent").wait_for()
        other.status = 500
        tab.press("Send a Test")
        tab.says("address 2 (JSON): the service answered 500")
        card = tab.card("Notifications")
        card.get_by_text("Address 2 (JSON): the service answered 500").wait_for()
        card.get_by_text("Address 1 (JSON): sent").wait_for()
        tab.shot("notifications")
        content = tab.page.content()
        assert "second-word" not in content and one.place not in content
