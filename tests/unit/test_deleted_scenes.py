"""Which scenes are known here and not met in a walk through all of Stash."""

from __future__ import annotations

import pytest

from plex.state.database import Store
from plex.state.ledger import SceneStates
from reconciliation.scan import DeletedScenes

PAGES = [(3, (1, 2, 3)), (6, (4, 6)), (9, (8, 9))]  # the last id, and all ids


@pytest.mark.parametrize(
    ("known", "others", "gone"),
    [
        ((1, 2, 4, 9), (), []),
        ((1, 5, 7), (), [5, 7]),
        ((10, 99), (), [10, 99]),
        ((), (2, 5, 10), [5, 10]),
        ((5,), (5,), [5]),
    ],
)
def test_a_known_scene_that_no_page_has_is_gone(
    store: Store, known: tuple[int, ...], others: tuple[int, ...], gone: list[int]
) -> None:
    SceneStates(store).put(dict.fromkeys(known, ("in_sync", "")))
    deleted = DeletedScenes(SceneStates(store), others)
    for last, ids in PAGES:
        deleted.page(last, ids)
    deleted.end()
    assert list(deleted.ids) == gone


def test_of_a_stash_without_pages_all_are_gone(store: Store) -> None:
    SceneStates(store).put({4: ("in_sync", "")})
    deleted = DeletedScenes(SceneStates(store))
    deleted.end()
    assert list(deleted.ids) == [4]
