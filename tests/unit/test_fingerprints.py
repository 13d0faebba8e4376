"""What agreed is told by a number: by what it is kept, how it is asked for, and what it costs."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest

from plex.client.listing import Page
from plex.library.index import Index
from plex.library.section_listing import SETTLED, SectionListing
from plex.state.database import Store
from plex.state.entry import Entry
from plex.state.ledger import Ledger
from reconciliation.fingerprints import Fingerprints, code
from stash import scene
from tests.support.settings import sync_settings

NOW = 1_700_000_000.0
LISTED = (
    '<MediaContainer size="1" librarySectionID="1"><Video ratingKey="5" title="T" updatedAt="1600000000"'
    ' viewCount="3"><Media><Part file="/m/a" size="7"/></Media><Genre tag="G"/></Video>'
    "</MediaContainer>"
)


def listed(store: Store, xml: str = LISTED, now: float = NOW) -> Index:
    SectionListing(store).add(Page(xml.encode(), ElementTree.fromstring).parts(), 1, now)
    return Index(store)


def row(**other: Any) -> dict[str, Any]:
    paths = {"screenshot": "http://stash:9999/scene/1/screenshot?t=1"}
    return {"id": "1", "title": "T", "files": [{"path": "/m/a", "size": 7}], "paths": paths} | other


def number(
    store: Store, one: dict[str, Any] | None = None, xml: str = LISTED, now: float = NOW,
    **settings: Any,
) -> int | None:  # fmt: skip
    """The number of scene 1, as things are; None if it has none."""
    chosen = sync_settings(**settings)
    index = listed(store, xml, now)
    fingerprints = Fingerprints(store, index, Ledger(store), chosen, chosen.path_map)
    return fingerprints.compute({1: one or row()}).get(1)


def test_the_same_things_have_the_same_number(store):
    assert number(store) == number(store) is not None


@pytest.mark.parametrize(
    "change",
    [
        ('title="T"', 'title="U"'),
        ('updatedAt="1600000000"', 'updatedAt="1600000001"'),
        ('title="T"', 'title="T" userRating="5.0"'),
        ('title="T"', 'title="T" art="/a"'),
        ('size="7"', 'size="8"'),
        ('tag="G"', 'tag="H"'),
        ("<Genre", "<Director"),
    ],
)
def test_whatever_the_listing_tells_of_an_item_counts(store, change):
    before = number(store)
    assert number(store, xml=LISTED.replace(*change)) not in (None, before)


def test_who_watched_it_does_not_count(store):
    assert number(store) == number(store, xml=LISTED.replace('viewCount="3"', 'viewCount="4"'))


def test_what_stash_says_counts_and_its_address_does_not(store):
    before = number(store)
    assert number(store, row(title="U")) not in (None, before)
    cover = {"screenshot": "https://other/scene/1/screenshot?t=1"}
    assert number(store, row(paths=cover)) == before
    assert number(store, row(paths={"screenshot": "/scene/1/screenshot?t=2"})) != before


def test_what_the_ledger_knows_counts(store):
    before = number(store)
    Ledger(store).put([Entry(5, 1)])
    known = number(store)
    Ledger(store).put([Entry(5, 1, asked=("title",))])
    assert len({before, known, number(store)}) == 3
    Ledger(store).put([Entry(5, 1, synced=NOW)])
    assert number(store) == known, "only when it was synced is another matter"


def test_a_row_is_compared_by_value():
    tag = {"id": "2", "name": "".join(["a", " tag"])}
    assert scene.as_bytes({"tags": [tag, tag]}) == scene.as_bytes({"tags": [dict(tag), {**tag}]})
    assert scene.as_bytes({"id": "1"}) != scene.as_bytes({"id": 1})
    assert scene.as_bytes({"title": "\udc80"}) != scene.as_bytes({"title": "?"})


def test_settings_that_decide_count(store):
    before = number(store)
    assert number(store, max_tags=7) != before
    assert number(store, read_timeout=7, brake_share=50, deep_interval="never") == before


def test_each_module_of_the_rules_counts(tmp_path):
    module = tmp_path / "plex" / "sync" / "decide.py"
    module.parent.mkdir(parents=True)
    module.write_text("RULE = 1")
    before = code(tmp_path)
    module.write_text("RULE = 2")
    assert code(tmp_path) != before


def test_of_some_items_nothing_can_be_told(store):
    assert number(store, xml=LISTED.replace('updatedAt="1600000000"', "")) is None
    assert number(store, now=1_600_000_000 + SETTLED) is None
    assert number(store, row(files=[])) is number(store, row(files=[{"path": "/m/x"}])) is None


@pytest.mark.parametrize("odd", [{}, {"files": 3}, {"files": [{"path": None}]}, {"paths": "x"}])
def test_a_row_of_another_shape_is_told_by_whoever_reads_it(store, odd):
    number(store, {"id": "1", **odd})
    with pytest.raises(ValueError, match=r"shape|path"):
        scene.from_row({"id": "1", **odd})


def test_what_agreed_is_kept_until_it_is_forgotten(store):
    fingerprints = Fingerprints(store, Index(store), Ledger(store), sync_settings(), ())
    fingerprints.put({1: -5, 2: 6})
    assert fingerprints.agreed([1, 2, 3]) == {1: -5, 2: 6}
    fingerprints.forget()
    assert fingerprints.agreed([1]) == {}


# --- what a page asks of the disk ----------------------------------------------------------------


def test_no_statement_of_a_page_reads_a_whole_table(store):
    """Each page of 1,000 scenes asks these: a scan would make a run quadratic."""
    asked: list[str] = []
    store.db.set_trace_callback(asked.append)
    listed(store)
    number(store)
    ledger = Ledger(store)
    ledger.put([Entry(5, 1)], {1: [("tag", 3)]})
    ledger.entries([5])
    ledger.items_of(1)
    ledger.scenes_showing("tag", 3)
    fingerprints = Fingerprints(store, Index(store), ledger, sync_settings(), ())
    fingerprints.put({1: 2})
    fingerprints.agreed([1, 2])
    Index(store).find(["/m/a"])
    store.db.set_trace_callback(None)
    plans = {
        f"{sql}: {step[3]}"
        for sql in asked
        if sql.startswith(("SELECT", "INSERT", "UPDATE", "DELETE"))
        for step in store.db.execute(f"EXPLAIN QUERY PLAN {sql}")
    }
    assert len(plans) > 8
    assert not [plan for plan in plans if ": SCAN" in plan]
