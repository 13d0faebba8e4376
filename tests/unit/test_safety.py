"""What the product never does, held by parsing every file; and rows that are data, never code."""

from __future__ import annotations

import ast
import json
import pickle
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from sync_queue.job import Job
from sync_queue.jobs import Jobs
from sync_queue.schema import FILE, FOLDER

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDERS = ("app", "disk", "net", "plex", "reconciliation", "stash", "sync_queue", "validation")
FILES = [ROOT / "Stash2Plex.py", ROOT / "errors.py",
         *(path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py")))]  # fmt: skip
# They read data as code, or code as data.
NEVER = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "ctypes", "code", "pty", "telnetlib"}
BUILTINS = {"eval", "exec", "compile", "__import__", "breakpoint", "input"}
SHELLS = {
    "system",
    "popen",
    "execv",
    "execve",
    "execvp",
    "execl",
    "spawnv",
    "spawnl",
    "posix_spawn",
}
# They start pip, and the sender of notifications, from a list of words.
STARTERS = {"app/packages/install.py", "app/notify/send.py"}


def nodes(path: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(path.read_text(encoding="utf-8")))


def modules(path: Path) -> Iterator[str]:
    for node in nodes(path):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").partition(".")[0]


def calls(path: Path) -> Iterator[ast.Call]:
    return (node for node in nodes(path) if isinstance(node, ast.Call))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_reads_data_as_code_or_starts_a_shell(path):
    called = [call.func for call in calls(path)]
    found = set(modules(path)) & NEVER
    # To write with marshal is no harm: the bytes are only compared.
    reads = {one.attr for one in called if isinstance(one, ast.Attribute)} & {"load", "loads"}
    assert found - ({"marshal"} if not reads else set()) == set()
    assert {one.id for one in called if isinstance(one, ast.Name)} & BUILTINS == set()
    assert {one.attr for one in called if isinstance(one, ast.Attribute)} & SHELLS == set()
    assert not [word for call in calls(path) for word in call.keywords if word.arg == "shell"]
    if path.relative_to(ROOT).as_posix() not in STARTERS:
        assert "subprocess" not in set(modules(path))


def test_the_list_of_folders_is_that_of_the_package():
    import package

    assert set(package.FOLDERS) == {*FOLDERS, "ui"}


@pytest.mark.parametrize("path", sorted((ROOT / "ui").glob("*.js")), ids=lambda path: path.name)
def test_no_script_of_the_page_makes_markup_or_code_of_text(path):
    source = path.read_text(encoding="utf-8")
    words = ("innerHTML", "outerHTML", "insertAdjacent", "dangerously", "eval(", "new Function",
             "document.write", "localStorage", "http://", "https://")  # fmt: skip
    # The tabs agree there on the time of the next look, and on nothing else.
    kept = {"localStorage"} if path.name == "clock.js" else set()
    assert [word for word in words if word in source and word not in kept] == []


def rows(folder: Path) -> list[tuple[bytes, str]]:
    with closing(sqlite3.connect(folder / FOLDER / FILE)) as db:
        [(table,)] = db.execute("SELECT name FROM sqlite_master WHERE name LIKE 'ack_queue%'")
        return db.execute(f"SELECT data, key FROM {table}").fetchall()


def test_a_row_of_the_queue_is_json(tmp_path):
    jobs = Jobs(tmp_path)
    jobs.put([Job(1), Job(2, "tag"), Job(3)], 1.0)
    jobs.bury(jobs.claim(1, 2.0)[0], "a reason", 2.0)
    jobs.give_back(jobs.claim(1, 2.0)[0], 9.0)
    jobs.close()
    assert len(rows(tmp_path)) == 3
    for data, key in rows(tmp_path):
        assert f"{json.loads(data)['kind']}:{json.loads(data)['thing']}" == key


class Bomb:
    """Unpickled, it leaves a trace."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.trace,)


@pytest.mark.parametrize("key", ["scene:1", "", "x"])
def test_a_row_that_somebody_planted_is_not_carried_out(tmp_path, key):
    trace = tmp_path / "trace"
    jobs = Jobs(tmp_path)
    jobs.put([Job(1)], 1.0)
    with closing(sqlite3.connect(tmp_path / FOLDER / FILE)) as db, db:
        [(table,)] = db.execute("SELECT name FROM sqlite_master WHERE name LIKE 'ack_queue%'")
        db.execute(f"UPDATE {table} SET data = ?, key = ?", (pickle.dumps(Bomb(trace)), key))
    [job] = jobs.claim(9, 2.0)
    jobs.bury(job, "a reason", 2.0)
    jobs.dead_letters()
    jobs.close()
    assert not trace.exists()
    pickle.loads(pickle.dumps(Bomb(trace)))
    assert trace.exists(), "it would have been seen"
