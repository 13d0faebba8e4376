"""Random histories: whatever Stash, a person in Plex, syncs and kills do to one item, in any order,
nothing is removed that we did not write, what Stash says last is shown, and it comes to rest.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from inprocess import Bench

TAGS = ("s1", "S1", "s2", "s,3&%+", "s4")
TEXTS = ("", "s1", "s2")
LISTS = ("genres", "actors", "collections")
SCALARS = ("title", "summary", "studio", "userRating")
KILLS = (("put", 1), ("edit", 1), ("rate", 1), ("items", 2), ("put", 2))

tags = st.lists(st.sampled_from(TAGS), unique_by=str.casefold, max_size=3)
stash_edit = st.one_of(
    st.tuples(st.just("title"), st.sampled_from(TEXTS)),
    st.tuples(st.just("details"), st.sampled_from(TEXTS)),
    st.tuples(st.just("rating100"), st.sampled_from((None, 10, 20))),
    st.tuples(st.just("studio"), st.sampled_from(TEXTS)),
    st.tuples(st.just("tags"), tags),
    st.tuples(st.just("performers"), tags),
)
# A person's own names differ from those of Stash: who wrote `s1` after a kill nobody could tell.
person_edit = st.one_of(
    st.tuples(st.sampled_from(("title", "summary", "studio")), st.sampled_from(("p1", "p2"))),
    st.tuples(st.sampled_from(("summary", "studio")), st.just("")),
    st.tuples(st.just("userRating"), st.sampled_from((None, 9.0))),
    st.tuples(st.sampled_from([f"add_{kind}" for kind in LISTS]), st.just(["p1"])),
    st.tuples(
        st.sampled_from([f"remove_{kind}" for kind in LISTS]),
        st.sampled_from([["p1"], ["s1"], ["s2"]]),
    ),
)
step = st.one_of(
    st.tuples(st.just("stash"), stash_edit),
    st.tuples(st.just("stash"), stash_edit),
    st.tuples(st.just("person"), person_edit),
    st.tuples(st.just("sync"), st.none()),
    st.tuples(st.just("sync"), st.none()),
    st.tuples(
        st.just("kill"), st.tuples(st.sampled_from(KILLS), st.sampled_from(("before", "after")))
    ),
)


class History:
    """One item, and what an onlooker who saw every change knows about it."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        bench.data = Path(tempfile.mkdtemp(dir=bench.data.parent))
        self.scene, self.key = bench.add()
        self.ours: dict[str, Any] = {name: set() for name in LISTS} | dict.fromkeys(SCALARS)
        self.before = dict(self.ours)  # what was ours before the last sync
        self.ours["title"] = bench.plex.item(self.key)["title"]  # a file's name is nobody's edit
        self.said: dict[str, Any] | None = None  # what Stash said at the last whole sync

    def shows(self) -> dict[str, Any]:
        item = self.bench.plex.item(self.key)
        lists = {name: {tag.casefold() for tag in item[name]} for name in LISTS}
        return lists | {name: item[name] or "" for name in SCALARS}

    def wants(self) -> dict[str, Any]:
        row, stash = self.bench.stash.scene(self.scene), self.bench.stash
        studio = stash.named("studio", row["studio"])["name"] if row["studio"] else ""
        found = {
            kind: {stash.named(one, n)["name"].casefold() for n in row[f"{one}s"]}
            for kind, one in (("genres", "tag"), ("actors", "performer"))
        }
        rating = row["rating100"] / 10 if row["rating100"] else ""
        return found | {
            "collections": {studio} - {""},
            "studio": studio,
            "title": row["title"],
            "summary": row["details"],
            "userRating": rating,
        }

    # -- steps

    def stash(self, edit: tuple[str, Any]) -> None:
        name, value = edit
        store = self.bench.stash.library.store
        if name == "studio":
            name, value = "studio_id", str(store.id_of("studio", value)) if value else None
        elif name in ("tags", "performers"):
            kind = name.rstrip("s")
            name, value = f"{kind}_ids", [str(store.id_of(kind, one)) for one in value]
        self.bench.stash.update_scene(self.scene, **{name: value})

    def person(self, edit: tuple[str, Any]) -> None:
        before = self.shows()
        self.bench.plex.edit_as_person(self.key, **dict([edit]))
        for name, now in self.shows().items():
            if name in LISTS:
                self.ours[name] -= before[name] ^ now
            elif now != before[name]:
                self.ours[name] = None

    def kill(self, at: tuple[tuple[str, int], str]) -> None:
        self.sync((*at[0], at[1]))
        self.said = None  # how far it came is for the next sync to find out

    def sync(self, kill: Any = None) -> None:
        before, said = self.shows(), self.wants()
        self.before = dict(self.ours)
        self.bench.sync(self.scene, kill=kill)
        after = self.shows()
        for name in LISTS:
            assert before[name] - after[name] <= self.ours[name], f"{name}: removed another's"
            self.ours[name] = (self.ours[name] | (after[name] - before[name])) & after[name]
        for name in SCALARS:
            if after[name] != before[name]:
                emptied = after[name] == ""
                assert not emptied or before[name] == self.ours[name], f"{name}: cleared another's"
                self.ours[name] = after[name]
        if not kill:
            self.check(before, after, said)
            self.said = said

    def check(self, before: dict[str, Any], after: dict[str, Any], said: dict[str, Any]) -> None:
        preserve = self.bench.settings["preserve_plex_edits"]
        for name in () if self.said is None else (*LISTS, *SCALARS):
            if preserve and not before[name]:
                continue  # what is empty is filled
            if said[name] == self.said[name]:
                assert after[name] == before[name], f"{name}: a person's edit did not stand"
            elif preserve:
                others = before[name] != self.before[name]
                assert not others or name in LISTS or after[name] == before[name], name
            elif name in LISTS:
                assert said[name] <= after[name], f"{name}: not shown"
                assert not (self.ours[name] - said[name]), f"{name}: dropped, still there"
            elif said[name]:
                assert after[name] == said[name], f"{name}: not shown"


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with Bench(tmp_path_factory.mktemp("histories")) as found:
        yield found


@pytest.mark.parametrize("mode", ["add", "replace", "mixed"])
@given(
    steps=st.lists(step, min_size=3, max_size=14),
    theirs=st.lists(st.sampled_from(("s1", "p1")), unique=True),
    preserve=st.sampled_from((False, False, True)),
    first_only=st.booleans(),
)
@settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_history_comes_to_rest(bench, mode, steps, theirs, preserve, first_only):
    bench.plex.tag_mode = mode
    bench.plex.options.only_first_removal = first_only
    bench.settings = {"preserve_plex_edits": preserve, "sync_fields": "all"}
    history = History(bench)
    bench.plex.edit_as_person(history.key, genres=theirs, studio="s1" if theirs else None)
    for name, given_ in steps:
        getattr(history, name)(*[given_][: given_ is not None])
    history.sync()
    bench.plex.clear_requests()
    shown = history.shows()
    history.sync()
    assert bench.writes() == []
    assert history.shows() == shown
