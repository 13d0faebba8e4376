"""Whatever is on stdin and in the settings: one JSON answer, plain lines, and nothing is damaged."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.commands import registry
from app.dashboard import routes
from devserver.plex import PlexServer
from devserver.stash import StashServer
from sync_queue import inbox
from sync_queue.job import Job
from sync_queue.jobs import Jobs
from tests.support.fuzz import checks, odd
from tests.support.fuzz.zygote import ENTRY, Ended, Zygote
from tests.support.sizes import size
from validation.config import Stash2PlexConfig

pytestmark = pytest.mark.uncovered

TOKEN = "token-of-the-fuzz"
KEPT, DEAD = ("scene", 2), "scene:999"
MODES = registry.MODES
# These only look, or touch nothing but dead letters; after others what was owed may be done.
LOOKING = ("queue_status", "health_check", "doctor", "purge_dlq", "clear_dlq", "outage_summary", "journal",
           "preview", "explain", "undo", "hold", "bundle", "settings")  # fmt: skip
ARGUMENTS = ("only", "trigger", "run", "item", "scene", "scenes", "field", "original", "error",
             "scope", "after", "ids", "later", "why", "limit", "state", "side")  # fmt: skip
# Between them they read every setting.
TELLING = ("process_queue", "queue_status", "health_check", "doctor", "reconcile_custom")
TRIGGERS = ("Scene.Update.Post", "Scene.Create.Post", "Scene.Destroy.Post", "Tag.Update.Post",
            "Studio.Merge.Post", "Performer.Destroy.Post", "Gallery.Update.Post", "Scene.Update.Pre",
            "Group.Update.Post", "Scene", "")  # fmt: skip


class Field:
    """Both servers, and one data dir that is as new for each case."""

    def __init__(self, root: Path) -> None:
        self.stash = StashServer(root / "stash").start()
        self.plex = PlexServer(token=TOKEN).start()
        self.plex.add_section("Scenes", roots=["/data"])
        for number in range(1, 4):
            self.stash.add_scene(path=f"/data/{number}.mp4", title=f"T{number}", tags=["a"])
            self.plex.add_file(f"/data/{number}.mp4")
        self.folder, self.fresh = root / "config", root / "fresh"
        self.data = self.folder / "plugin_data" / "Stash2Plex"
        self._owe()
        self.closed = 1
        ports = (self.stash.port, self.plex.port, self.closed)
        self.light, self.whole = Zygote(root, ports, light=True), Zygote(root, ports)
        self.cases: Counter[str] = Counter()

    def _owe(self) -> None:
        """What the fresh data dir has: a flag, a job that waits, and a dead letter."""
        self.fresh.mkdir(mode=0o700)
        inbox.mark(str(self.fresh), *KEPT)
        jobs = Jobs(self.fresh)
        jobs.put([Job(999)], 1.0)
        jobs.bury(jobs.claim(1, 2.0)[0], "a reason", 3e9)
        jobs.put([Job(3)], 4e9)
        jobs.close()

    def renewed(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(self.fresh, self.data)

    def connection(self) -> dict[str, Any]:
        return {
            "Scheme": "http", "Host": "0.0.0.0", "Port": self.stash.port, "Dir": str(self.folder),
            "PluginDir": "plugins/x", "SessionCookie": {"Name": "session", "Value": "c" * 40},
        }  # fmt: skip

    def settings(self) -> dict[str, Any]:
        quick = {"connect_timeout": 1, "read_timeout": 1, "debug_logging": True}
        return {"plex_url": self.plex.url, "plex_token": TOKEN, **quick}

    def hook(self, trigger: str, number: Any = 1) -> dict[str, Any]:
        said = {"id": str(number), "title": "new", "tag_ids": None, "rating100": 80}
        context = {"id": number, "type": trigger, "input": said, "inputFields": ["id", "name"]}
        return self.document({"mode": "hook", "hookContext": context})

    def document(self, args: Any, **settings: Any) -> dict[str, Any]:
        given = self.settings() | settings
        return {"server_connection": self.connection(), "args": args, "settings": given}

    def run(self, kind: str, stdin: bytes) -> dict[str, Any]:
        """One case: the process, and all that has to hold after it."""
        self.renewed()
        zygote = self.whole if mode_of(stdin) in MODES else self.light
        found = checks.answer(zygote.run(stdin))
        self.cases[kind] += 1
        checks.whole(self.data)
        self.nothing_lost(stdin)
        return found

    def nothing_lost(self, stdin: bytes) -> None:
        mode = mode_of(stdin)
        if mode in LOOKING or mode not in MODES:
            assert {"scene:2", "scene:3"} <= checks.owed(self.data), "what was owed is owed"
        if mode not in ("clear_dlq", "retry_dlq", "recover_outage_jobs"):
            assert checks.dead(self.data) == {DEAD: "a reason"}, "nothing is buried"

    def close(self) -> None:
        self.light.close()
        self.whole.close()
        self.stash.stop()
        self.plex.stop()


def mode_of(stdin: bytes) -> str:
    """What the document asks for, as far as it is one."""
    try:
        args = json.loads(stdin.decode("utf-8", "surrogatepass").removeprefix("\ufeff"))["args"]
        return "hook" if "hookContext" in args else str(args.get("mode"))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return ""


@pytest.fixture(scope="module")
def field(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Field]:
    found = Field(tmp_path_factory.mktemp("stdin"))
    yield found
    found.close()
    print(f"\nstdin and settings: {sum(found.cases.values())} cases: {dict(found.cases)}")


# -- bytes


# The last: an object it was, by chance, but not one of Stash's.
NO_INPUT = ("no JSON document", "not an object", "Stash did not name its")


@settings(odd.FUZZ, max_examples=size(28, 220))
@given(stdin=st.binary(max_size=200) | st.text(max_size=60).map(str.encode))
def test_any_bytes(field: Field, stdin: bytes) -> None:
    found = field.run("any bytes", stdin)
    assert any(words in found["error"] for words in NO_INPUT)


@settings(odd.FUZZ, max_examples=size(65, 520))
@given(data=st.data())
def test_real_input_that_is_torn(field: Field, data: st.DataObject) -> None:
    document = data.draw(st.sampled_from(real(field)))
    field.run("torn", data.draw(odd.torn(odd.packed(document))))


def real(field: Field) -> list[dict[str, Any]]:
    hooks = [field.hook(trigger) for trigger in TRIGGERS[:5]]
    return [*hooks, *(field.document({"mode": mode}) for mode in ("queue_status", "process_queue"))]


@pytest.mark.parametrize("kind", ["list", "dict"])
@pytest.mark.parametrize("depth", [100, 999, 1001, 5_000, 100_000, 1_000_000])
def test_nesting_without_end(field: Field, depth: int, kind: str) -> None:
    text = odd.nested(depth, kind)
    field.run("nested", text.encode())
    document = odd.packed(field.document("HERE")).decode()
    for holder in (document, odd.packed(field.document({"hookContext": "HERE"})).decode()):
        field.run("nested", holder.replace('"HERE"', text).encode())
    settings = odd.packed(field.document({"mode": "queue_status"}, sync_fields="HERE")).decode()
    field.run("nested", settings.replace('"HERE"', text).encode())


# -- documents


@settings(odd.FUZZ, max_examples=size(69, 550))
@given(data=st.data())
def test_wrong_types_anywhere(field: Field, data: st.DataObject) -> None:
    document = data.draw(st.sampled_from(real(field)))
    changed = data.draw(odd.altered(document))
    field.run("wrong types", odd.packed(changed, data.draw(st.booleans())))


@settings(odd.FUZZ, max_examples=size(31, 250))
@given(
    trigger=odd.mostly(st.sampled_from(TRIGGERS)),
    number=odd.mostly(st.integers(-1, 5)),
    fields=odd.mostly(st.none() | st.lists(st.sampled_from(["name", "title", "id"]))),
    said=st.none() | odd.things,
)
def test_any_event(field: Field, trigger: Any, number: Any, fields: Any, said: Any) -> None:
    context = {"id": number, "type": trigger, "input": said, "inputFields": fields}
    found = field.run("event", odd.packed(field.document({"hookContext": context})))
    assert "error" not in found, "an event never fails a Save"


@settings(odd.FUZZ, max_examples=size(31, 250))
@given(
    mode=odd.mostly(st.sampled_from((*MODES, *routes.PAGE_OPERATIONS))),
    more=st.dictionaries(st.sampled_from(ARGUMENTS), st.integers(0, 3) | odd.things, max_size=4),
)
def test_any_mode_and_arguments(field: Field, mode: Any, more: dict[str, Any]) -> None:
    field.run("mode", odd.packed(field.document({**more, "mode": mode})))


# -- settings


def a_setting(field: Field, name: str) -> st.SearchStrategy[Any]:
    """Mostly wrong, now and then something that is meant."""
    urls = [
        field.plex.url,
        field.plex.url + "/web",
        f"http://127.0.0.1:{field.closed}",
        "localhost",
    ]
    meant: dict[str, list[Any]] = {
        "plex_url": [*urls, f"https://127.0.0.1:{field.closed}", field.stash.url],
        "plex_token": [TOKEN, "wrong", "a b"],
        "plex_library": ["Scenes", "scenes, ,", "Nowhere"],
        "path_map": ["/data => /data", "/data=>C:\\x; ;/a", "/=>/", "a=>b=>c", {"/data": "/x"}],
        "sync_fields": ["all", "none", "title, tags", ["genres", 5], "title,nonsense"],
        "reconcile_scope": [
            "all",
            "30d",
            "2026-01-01..2026-02-01",
            "999999d",
            "0001-01-01..9999-12-31",
        ],
        "reconcile_interval": ["hourly", "weekly"],
        "hook_mode": ["inline", "background"],
        "on_edit_in_plex": ["stash", "plex", "ask", "newest"],
        "on_leave": ["keep", "restore"],
        "title_template": ["{title} ({year})", "{nonsense}", "{", "{title", "}{"],
        "collections_from": ["studio, group", "none", "nobody"],
        "genre_only": ["a*, [b", "*", "re:("],
    }
    flags = [True, False, "on", "off", 1, 0, 5]
    return odd.mostly(st.sampled_from(meant.get(name, flags)))


@settings(odd.FUZZ, max_examples=size(41, 330))
@given(data=st.data())
def test_any_settings(field: Field, data: st.DataObject) -> None:
    names = data.draw(st.lists(st.sampled_from(sorted(Stash2PlexConfig.model_fields)), max_size=6))
    chosen: dict[str, Any] = {name: data.draw(a_setting(field, name)) for name in names}
    chosen |= data.draw(st.dictionaries(st.text(max_size=6), odd.things, max_size=2))
    mode = data.draw(st.sampled_from(TELLING))
    document = field.document({"mode": mode})
    document["settings"] |= chosen
    field.run("settings", odd.packed(document, data.draw(st.booleans())))


# -- and now and then a start of its own


@pytest.mark.parametrize("seed", range(6))
def test_a_whole_start_of_the_interpreter_does_the_same(field: Field, seed: int) -> None:
    events = [field.hook("Scene.Update.Post", "4\x002"), field.document({"mode": "queue_status"})]
    whole = odd.packed(events[seed % 2])
    stdin = (whole, whole[: len(whole) // (seed + 2)], b"\xff" * seed)[seed % 3]
    field.renewed()
    done = subprocess.run(
        [sys.executable, str(ENTRY)], input=stdin, capture_output=True, check=False, timeout=60,
        cwd=field.folder,
    )  # fmt: skip
    checks.answer(Ended(done.stdout, done.stderr, done.returncode))
    field.cases["new process"] += 1
    checks.whole(field.data)
    field.nothing_lost(stdin)
