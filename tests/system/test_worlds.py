"""Random histories of whole worlds: two Plex servers, databases that are begun anew or replaced on either
side, undo, holds, decisions and brakes, in any order. No item ever says what belongs to another file,
every place that tells where a scene stands says what the servers say, and all of it comes to rest.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from devserver.box import Box
from devserver.plex import PlexServer
from devserver.stash.client import StashError
from reconciliation import brake
from tests.support.quick_box import quicken
from tests.support.scene_states import assert_places_agree
from tests.support.sizes import size

FILES = 4
RESTING = {"in_sync", "edited", "ambiguous", "held"}  # nothing is left to be done
file = st.integers(0, FILES - 1)
word = st.integers(0, 3)
texts = st.sampled_from(("title", "details"))


def just(name: str, *given_: Any) -> st.SearchStrategy[Any]:
    return st.tuples(st.just(name), *given_)


step = st.one_of(
    just("saves", file, texts, word),
    just("drifts", file, texts, word),
    just("tags", file, st.lists(st.sampled_from(("x", "y", "z")), unique=True, max_size=2)),
    just("loses_words"),
    just("edits_in_plex", file, st.sampled_from(("title", "summary")), word),
    just("names_in_plex", file, st.sampled_from(("x", "p"))),
    just("unmatches", file),
    just(
        "does", st.sampled_from(("process_queue", "all", "reconcile_all", "retry_dlq", "preview"))
    ),
    just("does", st.sampled_from(("process_queue", "all", "reconcile_all"))),
    just("does", st.sampled_from(("process_queue", "all", "reconcile_all"))),
    just("does", st.sampled_from(("undo", "resume"))),
    just("undoes", file, st.sampled_from(("scene", "item")), st.booleans()),
    just("holds", file),
    just("decides", file, st.sampled_from(("stash", "plex"))),
    just("looks_elsewhere"),
    just("begins_anew", st.sampled_from(("same", "shifted"))),
    just("replaces_stash"),
    just("doubles", file),
    just("removes", file),
)


class World:
    """Texts name the file that they are about, and who wrote them, so that a wrong one shows."""

    def __init__(self, box: Box, policy: str) -> None:
        self.box = box
        self.plexes = [box.plex, box.second_plex(files=False)]
        for number in range(FILES):
            box.add(f"{number}.mp4", title=said("S", number, 0), details=said("S", number, 0))
            self.plexes[1].add_file(f"/media/{number}.mp4", size=1000 + number)
        box.configure(on_edit_in_plex=policy)

    def scene(self, file: int) -> int:
        return next(n for n, path in self.box.paths.items() if path == f"/media/{file}.mp4")

    def key(self, file: int) -> int:
        return int(self.box.plex.item_by_file(f"/media/{file}.mp4")["ratingKey"])

    # -- in Stash

    def saves(self, file: int, field: str, word: int) -> None:
        self.box.stash.update_scene(self.scene(file), **{field: said("S", file, word)})

    def drifts(self, file: int, field: str, word: int) -> None:
        """No hook tells of it."""
        store = self.box.stash.library.store
        row = store.scenes[self.scene(file)]
        setattr(row, field, said("S", file, word))
        row.updated_at = store.now()

    def tags(self, file: int, names: list[str]) -> None:
        store = self.box.stash.library.store
        ids = [str(store.id_of("tag", name)) for name in names]
        self.box.stash.update_scene(self.scene(file), tag_ids=ids)

    def loses_words(self) -> None:
        store = self.box.stash.library.store
        for row in store.scenes.values():
            row.details, row.tags, row.updated_at = "", (), store.now()

    def replaces_stash(self) -> None:
        self.box.replace_stash_database()

    # -- in Plex

    def edits_in_plex(self, file: int, field: str, word: int) -> None:
        self.box.plex.edit_as_person(self.key(file), **{field: said("P", file, word)})

    def names_in_plex(self, file: int, name: str) -> None:
        self.box.plex.edit_as_person(self.key(file), add_genres=[name])

    def unmatches(self, file: int) -> None:
        self.box.plex.unmatch_as_person(self.key(file))

    def begins_anew(self, keys: str) -> None:
        self.box.plex.begin_anew(keys)
        for item in list(self.box.plex.library.items.values()):
            self.box.plex.agent_says(item.rk, summary=said("A", int(item.files[0][-5]), 0))
            self.box.plex.agent_refresh(item.rk)

    def doubles(self, file: int) -> None:
        """A second item with the same file, in a library of its own."""
        plex = self.box.plex
        if len(plex.library.sections) == 1:
            plex.add_section("Again", roots=["/media"])
        section = max(plex.library.sections)
        if not any(
            one.files[0][-5] == str(file) for one in plex.library.sections[section].items.values()
        ):
            plex.add_file(f"/media/{file}.mp4", section, size=1000 + file)

    def removes(self, file: int) -> None:
        plex = self.box.plex
        if len(plex.library.items) > 1:
            plex.library.forget(plex.library.item(self.key(file)))
            plex.add_file(f"/media/{file}.mp4", self.box.section, size=1000 + file)

    # -- with the plugin

    def does(self, mode: str, **args: Any) -> None:
        with suppress(StashError):
            self.box.operation(mode, **args)

    def undoes(self, file: int, what: str, original: bool) -> None:
        which = {"scene": self.scene(file)} if what == "scene" else {"item": self.key(file)}
        self.does("undo", **which, original=original)

    def holds(self, file: int) -> None:
        self.does("hold", scene=self.scene(file))

    def decides(self, file: int, side: str) -> None:
        self.does("decide", item=self.key(file), field="all", side=side)

    def looks_elsewhere(self) -> None:
        self.plexes.reverse()
        policy = self.box.settings()["on_edit_in_plex"]
        self.box.look_at(self.plexes[0], plex_token=token(self.plexes[0]), on_edit_in_plex=policy)

    # -- what holds

    def nothing_is_another_files(self) -> None:
        for plex in self.plexes:
            for item in plex.library.items.values():
                stems = {path[-5] for path in item.files}
                for name in ("title", "summary"):
                    value = item.attrs.get(name, "")
                    about = value.rpartition(" of ")[2] if " of " in value else value
                    assert about in {"", "all", *stems}, (plex.port, item.rk, name, value)

    def says_what_it_should(self, states: dict[int, str]) -> None:
        """Only a person's own words stand where Stash says something else."""
        for scene, path in self.box.paths.items():
            if states[scene] not in ("in_sync", "edited"):
                continue
            row, item = self.box.stash.scene(scene), self.box.plex.item_by_file(path)
            for ours, theirs in (("title", "title"), ("details", "summary")):
                shown, wanted = item[theirs] or "", row[ours]
                assert shown == wanted or shown[:1] == "P" or not wanted, (
                    path,
                    theirs,
                    shown,
                    wanted,
                )


def said(who: str, file: int, word: int) -> str:
    """What several files say in the same words is word 3."""
    return f"{who}{word} of {file if word < 3 else 'all'}"


def token(plex: PlexServer) -> str:
    return plex._state.token


def rests(world: World) -> None:
    """Brakes off: whatever is owed is written, and then nothing is."""
    world.box.configure(**world.box.settings() | {"brake_share": 100})
    for mode in ("process_queue", "reconcile_all", "all"):
        world.box.operation(mode)
    states = assert_places_agree(world.box)
    assert set(states.values()) <= RESTING
    world.says_what_it_should(states)
    world.box.plex.clear_requests()
    world.box.operation("all")
    assert world.box.plex.writes() == [], "a second sync writes nothing"
    world.nothing_is_another_files()


@pytest.fixture
def roots(tmp_path: Path) -> Iterator[Iterator[Path]]:
    yield (tmp_path / f"world{number}" for number in count())


@pytest.mark.parametrize("policy", ["newest", "plex", "ask", "stash"])
@given(steps=st.lists(step, min_size=8, max_size=20))
@settings(
    max_examples=size(5, 60),
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],  # each step is made of processes: to shrink takes hours
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_no_history_of_a_world_mixes_files_up(new_box, roots, monkeypatch, policy, steps):
    monkeypatch.setattr(brake, "FEW", 1)  # of four scenes
    root = next(roots)
    with new_box(root) as box:
        world = World(quicken(box), policy)
        box.operation("all")
        for name, *given_ in steps:
            getattr(world, name)(*given_)
            world.nothing_is_another_files()
        rests(world)
    shutil.rmtree(root)
