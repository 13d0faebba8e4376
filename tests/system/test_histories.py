"""Random histories: whatever Stash, a person in Plex, its agent, syncs and kills do to one item, in
any order, Plex ends as the policy has it, nothing of another's is removed, and it comes to rest.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.in_process import Bench
from tests.support.sizes import size

TAGS = ("s1", "S1", "s2", "s,3&%+", "s4")
TEXTS = ("", "s1", "s2")
LISTS = {"genres": "genre", "actors": "actor", "collections": "collection"}
SCALARS = {"title": "title", "summary": "summary", "studio": "studio", "userRating": "userRating"}
UNLOCKED = "userRating"  # what we write without a lock
LOCKS = LISTS | SCALARS
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
    st.tuples(st.just("person"), person_edit),
    st.tuples(st.just("unlock"), st.sampled_from(list(LOCKS))),
    st.tuples(st.just("agent"), st.none()),
    st.tuples(st.just("sync"), st.none()),
    st.tuples(st.just("sync"), st.none()),
    st.tuples(
        st.just("kill"), st.tuples(st.sampled_from(KILLS), st.sampled_from(("before", "after")))
    ),
)


class History:
    """One item, and what an onlooker who saw every change knows about it.

    `ours`: what is there because we wrote it. `rest`: what was shown when both sides last agreed
    or we last wrote, so anything else is an edit. `mine`: fields whose lock is ours. `off`: names
    that were taken off a list since. `doubt`: fields of which a kill has left open what we know.
    """

    def __init__(self, bench: Bench, policy: str, preserve: bool) -> None:
        self.bench = bench
        bench.data = Path(tempfile.mkdtemp(dir=bench.data.parent))
        bench.settings = {"on_edit_in_plex": policy, "preserve_plex_edits": preserve}
        self.preserve = preserve
        self.policy = "newest" if preserve and policy == "stash" else policy
        self.scene, self.key = bench.add()
        self.ours: dict[str, Any] = {name: set() for name in LISTS} | dict.fromkeys(SCALARS)
        self.ours["title"] = bench.plex.item(self.key)["title"]  # a file's name is nobody's edit
        self.before = dict(self.ours)  # what was ours before the last sync
        self.said: dict[str, Any] | None = None  # what Stash said at the last whole sync
        self.rest: dict[str, Any] = {}
        self.mine: set[str] = set()
        self.off: dict[str, set[str]] = {name: set() for name in LISTS}
        self.doubt: set[str] = set()

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

    def is_locked(self, name: str) -> bool:
        return LOCKS[name] in self.bench.plex.item(self.key)["locks"]

    def is_held(self, name: str) -> bool:
        """Whether a lock that is not ours is on the field."""
        return self.is_locked(name) and name not in self.mine

    def is_edited(self, name: str, shown: Any) -> bool:
        if name not in self.rest:
            return name == "userRating" and bool(shown)
        return shown != self.rest[name]

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
        self.others(before)

    def unlock(self, name: str) -> None:
        self.bench.plex.edit_as_person(self.key, unlock=[LOCKS[name]])
        self.mine.discard(name)

    def agent(self) -> None:
        before, locks = self.shows(), self.bench.plex.item(self.key)["locks"]
        self.bench.plex.agent_refresh(self.key)
        after = self.shows()
        for name, wire in LOCKS.items():
            written = name in self.mine and wire in locks
            assert not written or after[name] == before[name], f"{name}: the agent undid it"
        self.others(before)

    def others(self, before: dict[str, Any]) -> None:
        """What changed was not us."""
        for name, now in self.shows().items():
            if name in LISTS:
                self.ours[name] -= before[name] ^ now
                self.off[name] = (self.off[name] | (before[name] - now)) - now
            elif now != before[name]:
                self.ours[name] = None

    def kill(self, at: tuple[tuple[str, int], str]) -> None:
        self.sync((*at[0], at[1]))

    def sync(self, kill: Any = None) -> None:
        before, said = self.shows(), self.wants()
        held = {name for name in LOCKS if self.is_held(name)}
        self.before = dict(self.ours)
        whole = bool(self.bench.sync(self.scene, kill=kill)) or kill == ("put", 2, "after")
        after = self.shows()
        for name in LOCKS:
            self.is_nobody_elses(name, before[name], after[name], said[name])
        if whole:
            for name in LOCKS:
                self.check(name, before[name], after[name], said[name], name in held)
            for name in LOCKS:
                self.remember(name, before[name], after[name], said[name])
            self.said = said
        else:
            self.said, self.doubt = None, set(LOCKS)
        self.mine |= {
            name for name in LOCKS if after[name] != before[name] and self.is_locked(name)
        }

    def is_nobody_elses(self, name: str, before: Any, after: Any, said: Any) -> None:
        """Only what is ours goes, unless Plex is to be a mirror."""
        exact = self.policy == "stash"
        if name in LISTS:
            assert exact or before - after <= self.ours[name], f"{name}: removed another's"
            self.ours[name] = (self.ours[name] | (after - before)) & after
        elif after != before:
            assert exact or after or before == self.ours[name], f"{name}: cleared another's"
            self.ours[name] = after

    def remember(self, name: str, before: Any, after: Any, said: Any) -> None:
        new = name not in self.rest
        agreed = after == said or (name in LISTS and said <= after)
        if after != before:
            self.doubt.discard(name)
        if new and agreed and said and name != UNLOCKED:
            self.mine.add(name)  # also if a person has locked just this
        if name in LISTS and not (said or self.ours[name]):
            self.rest.pop(name, None)  # nothing to remember
        elif after != before or (agreed and (said or not new)):
            self.rest[name] = after
        elif name == "userRating" and new and after:
            self.rest[name] = None  # only a person rates: whatever it becomes, it is an edit
        elif not said and not self.is_edited(name, after) and not self.ours[name]:
            self.rest.pop(name, None)  # found there, and of no interest any more
        if name in LISTS:
            self.off[name] &= said

    # -- what the policy has it

    def check(self, name: str, before: Any, after: Any, said: Any, held: bool) -> None:
        if self.policy == "stash":
            assert after == said or (name == "title" and not said), f"{name}: no mirror"
        elif self.said is None or name in self.doubt:
            return
        elif self.preserve and (not before or self.is_of_file(name, held)):
            return  # what is empty, or nobody's, is filled
        elif said == self.said[name]:
            assert after == before, f"{name}: a person's edit did not stand"
        elif self.preserve:
            others = before != self.before[name]
            assert not others or name in LISTS or after == before, name
        elif name in LISTS:
            self.check_list(name, before, after, said, held)
        else:
            self.check_scalar(name, before, after, said, held)

    def is_of_file(self, name: str, held: bool) -> bool:
        """Whether Plex itself may have filled a field that we have not written."""
        return name in SCALARS and name != UNLOCKED and not held and name not in self.rest

    def check_scalar(self, name: str, before: Any, after: Any, said: Any, held: bool) -> None:
        stands = self.policy != "newest" and self.is_edited(name, before)
        if held or stands:
            assert after == before, f"{name}: a person's edit did not stand"
        elif said:
            assert after == said, f"{name}: not shown"
        else:
            ours = before == self.before[name] and name != "title"
            assert after == ("" if ours else before), f"{name}: not cleared"

    def check_list(self, name: str, before: Any, after: Any, said: Any, held: bool) -> None:
        assert self.said is not None
        newest, off = self.policy == "newest", self.off[name]
        surely_off = off & said & self.said[name]
        if not newest and held:
            assert after == before, f"{name}: a person's lock did not keep it"
        elif self.policy == "ask" and off & said:
            assert not surely_off or after == before, f"{name}: it was not asked"
        else:
            assert said - after <= (set() if newest else off), f"{name}: not shown"
            assert newest or not (surely_off & after), f"{name}: it did not stay off"
            assert not (self.ours[name] - said), f"{name}: dropped, still there"


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with Bench(tmp_path_factory.mktemp("histories")) as found:
        yield found


ANEW: tuple[tuple[str, Any], ...] = (
    ("title", "t9"), ("details", "d9"), ("rating100", 90), ("studio", "o9"),
    ("tags", ["s1", "g9"]), ("performers", ["s2", "a9"]),
)  # fmt: skip


@pytest.mark.parametrize("policy", ["newest", "stash", "plex", "ask"])
@pytest.mark.parametrize("mode", ["add", "replace", "mixed"])
@given(
    steps=st.lists(step, min_size=3, max_size=14),
    theirs=st.lists(st.sampled_from(("s1", "p1")), unique=True),
    preserve=st.sampled_from((False, False, False, True)),
    first_only=st.booleans(),
    side=st.sampled_from(("stash", "plex")),
)
@settings(
    max_examples=size(12, 80),
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_history_ends_as_the_policy_has_it(
    bench, mode, policy, steps, theirs, preserve, first_only, side
):
    bench.plex.tag_mode = mode
    bench.plex.options.only_first_removal = first_only
    history = History(bench, policy, preserve)
    bench.plex.edit_as_person(history.key, genres=theirs, studio="s1" if theirs else None)
    for name, given_ in steps:
        getattr(history, name)(*[given_][: given_ is not None])
    rests(history)
    for edit in ANEW:
        history.stash(edit)
    rests(history)
    kept = bench.decide(history.key, side)
    shown, said = history.shows(), history.wants()
    bench.sync(history.key and history.scene)
    if side == "stash":
        for name in LOCKS:
            right = said[name] <= history.shows()[name] if name in LISTS else None
            assert history.shows()[name] == said[name] if right is None else right, name
    elif policy == "ask":
        lists = {name for name in kept if name in LISTS}
        assert {n: v for n, v in history.shows().items() if n not in lists} == {
            n: v for n, v in shown.items() if n not in lists
        }
    at_rest(history)


def rests(history: History) -> None:
    history.sync()
    at_rest(history)


def at_rest(history: History) -> None:
    """A second sync writes nothing and changes nothing."""
    bench, shown = history.bench, history.shows()
    bench.plex.clear_requests()
    bench.sync(history.scene)
    assert bench.writes() == []
    assert history.shows() == shown
