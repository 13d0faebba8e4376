"""Preview: the plan of a sync, without the sync. The log gets a summary; two files get every change:
`preview.json` for programs, and `preview.sqlite` for the page in Stash, which asks for it in parts."""

import json
import os
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import errors
from app import drain_task
from app.arguments import text
from app.dashboard.read_only_db import PREVIEW, VERSIONS
from app.phrasing import many
from app.progress import PREVIEW as PREVIEW_WORK
from app.run import Run
from disk.lock import FileLock
from plex.state.journal import Row
from plex.sync.decide import works_of
from plex.sync.decision import Outcome
from plex.sync.pipeline import Pipeline
from plex.sync.work import Work, rows
from reconciliation.window import window
from stash import stdio
from stash.scene import Scene
from validation.scope import Scope, parse_scope

CHUNK = 20  # scenes that are compared at once
SHOWN = 200  # changes in the answer; the files have all of them
JSON, LOCK = "preview.json", "preview.lock"
_SCHEMA = f"""
CREATE TABLE change (
  number INTEGER PRIMARY KEY, scene INTEGER NOT NULL, title TEXT NOT NULL, item INTEGER NOT NULL,
  field TEXT NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL, why TEXT NOT NULL,
  writes INTEGER NOT NULL);
CREATE TABLE about (value TEXT NOT NULL);
PRAGMA user_version = {VERSIONS[PREVIEW]};
"""
# Each index also has the number of the row, as its last column.
_INDEXES = """
CREATE INDEX of_scene ON change (scene);
CREATE INDEX of_field ON change (field, scene);
CREATE INDEX of_why ON change (why, scene);
CREATE INDEX of_both ON change (field, why, scene);
"""


def preview(run: Run) -> dict[str, Any]:
    """The changes that a sync of a `scope` (all, 24h, 7days, a range) would make, and why. Writes nothing."""
    scope, folder = _scope(run), Path(run.home)
    lock = FileLock(folder / LOCK)
    if not lock.acquire():
        raise errors.SetupError(
            "another preview runs already: wait for its result, or start a new preview after it"
        )
    try:
        return _made(run, scope, folder)
    finally:
        lock.release()


def _made(run: Run, scope: Scope, folder: Path) -> dict[str, Any]:
    counts, about = Counts(), {"scope": scope.text, "at": run.clock()}
    with (
        plan_file(folder) as plan,
        _replaced(folder / JSON) as path,
        path.open("w", encoding="utf-8") as whole,
    ):
        whole.write('{"scope": ' + json.dumps(scope.text) + ', "changes": [')
        for number, row in enumerate(_rows(run, scope, counts)):
            whole.write(("," if number else "") + "\n" + json.dumps(row, ensure_ascii=False))
            plan.add(row)
        plan.about(counts.summary() | about)
        whole.write('\n], "summary": ' + json.dumps(counts.summary()) + "}\n")
    _log(counts, folder)
    shown = {"scope": scope.text, "changes": counts.shown, "file": str(folder / JSON)}
    return counts.summary() | shown


class Counts:
    """Counts changes by field and reason, and scenes by their result."""

    def __init__(self) -> None:
        self.reasons: Counter[tuple[str, str]] = Counter()
        self.scenes: Counter[str] = Counter()
        self.shown: list[dict[str, Any]] = []

    def add(self, row: dict[str, Any]) -> None:
        self.reasons[row["field"], row["why"]] += 1
        if len(self.shown) < SHOWN:
            self.shown.append(row)

    def summary(self) -> dict[str, Any]:
        by_reason: dict[str, dict[str, int]] = {}
        for (field, why), count in sorted(self.reasons.items()):
            by_reason.setdefault(why, {})[field] = count
        return {"scenes": dict(self.scenes), "by_reason": by_reason}


def _scope(run: Run) -> Scope:
    given = text(run, "scope") or "all"
    try:
        return parse_scope(given)
    except ValueError as error:
        raise errors.SetupError(f"scope {error}") from None


def _rows(run: Run, scope: Scope, counts: Counts) -> Iterator[dict[str, Any]]:
    from stash.queries import SceneFilter

    newest = None if scope.kind == "all" else run.stash.newest_timestamp()
    only = SceneFilter(*window(scope, run.clock(), newest))
    total, pipeline = run.stash.count(only), drain_task.pipeline_of(run)
    seen = 0
    for page in run.stash.walk(only, extras=pipeline.decider.extras):
        for at in range(0, len(page), CHUNK):
            chunk = page[at : at + CHUNK]
            run.progress.count(PREVIEW_WORK, seen, max(total, seen))
            run.progress.about(chunk[0].name)
            for row in _decided(pipeline, chunk, counts):
                counts.add(row)
                yield row
            seen += len(chunk)
    run.progress.count(PREVIEW_WORK, seen, seen)


def _decided(
    pipeline: Pipeline, chunk: Sequence[Scene], counts: Counts
) -> Iterator[dict[str, Any]]:
    decisions = pipeline.look(chunk)
    outcomes = {decision.scene.id: decision.outcome for decision in decisions}
    works = works_of(decisions)
    taken = {work.item.rating_key for work in works}
    rows = [row for work in works for row in rows_of(work)]
    for scene in chunk:
        if keys := [key for key in outcomes[scene.id].leaves if key not in taken]:
            rows += [_of_row(scene, row) for row in pipeline.restorer.plan(keys)]
    writes = {row["scene"] for row in rows if row["writes"]}
    kept = {work.scene.id for work in works}
    for scene in chunk:
        counts.scenes[_becomes(outcomes[scene.id], scene.id in writes, scene.id in kept)] += 1
    return iter(rows)


def _becomes(outcome: Outcome, writes: bool, matched: bool) -> str:
    if writes:
        return "to be written"
    if matched:
        return "in agreement"
    if outcome.unsettled:
        return "still read by Plex"
    return outcome.skipped or ("not in Plex" if outcome.missing else "left alone")


def rows_of(work: Work) -> list[dict[str, Any]]:
    common = {"scene": work.scene.id, "title": work.scene.label(), "item": work.item.rating_key}
    written = [_of_row(work.scene, row) for row in rows(work)]
    others = [
        {"field": change.field, "before": change.before, "after": work.stash_says(change.field),
         "why": change.why, "writes": False}
        for change in work.changes if not change.writes
    ]  # fmt: skip
    others += [
        {"field": "photos", "before": work.item.photos.get(name, ""), "after": url, "why": "write",
         "writes": True}
        for name, url in work.photos.items()
    ]  # fmt: skip
    return written + [common | other for other in others]


def _of_row(scene: Scene, row: Row) -> dict[str, Any]:
    return {
        "scene": scene.id, "title": scene.label(), "item": row.rating_key, "field": row.field,
        "before": row.before, "after": row.after, "why": row.why, "writes": True,
    }  # fmt: skip


def _log(counts: Counts, folder: Path) -> None:
    results = ", ".join(f"{count} {what}" for what, count in sorted(counts.scenes.items()))
    scenes = many(counts.scenes.total(), "scene")
    stdio.info(f"preview: {scenes}: {results}" if results else f"preview: {scenes}")
    for why, fields in counts.summary()["by_reason"].items():
        changes = ", ".join(f"{count} {field}" for field, count in fields.items())
        stdio.info(f"preview: {why}: {changes}")
    stdio.info(f"preview: every change is in {folder / JSON}")


@contextmanager
def _replaced(path: Path) -> Iterator[Path]:
    """A new file, which is moved to `path` when it is whole."""
    fresh = path.with_name(f"{path.name}.tmp")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    try:
        yield fresh
        os.replace(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)


@contextmanager
def plan_file(folder: Path) -> "Iterator[PlanFile]":
    """The changes in an SQLite file, which replaces the one before when it is whole."""
    with _replaced(folder / PREVIEW) as fresh, closing(sqlite3.connect(fresh)) as db:
        db.isolation_level = None  # no transaction but ours
        # A preview that is cut off is made anew, so nothing in it is worth a wait for the disk.
        db.executescript(f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; {_SCHEMA}")
        db.execute("BEGIN")
        yield PlanFile(db)
        db.execute("COMMIT")
        db.executescript(_INDEXES)


class PlanFile:
    """Writes changes into the open file."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def add(self, row: dict[str, Any]) -> None:
        before, after = (
            json.dumps(row[name], ensure_ascii=False, default=str) for name in ("before", "after")
        )
        self._db.execute(
            "INSERT INTO change (scene, title, item, field, before, after, why, writes)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (row["scene"], _plain(row["title"]), row["item"], row["field"], _plain(before),
             _plain(after), row["why"], int(row["writes"])),
        )  # fmt: skip

    def about(self, summary: dict[str, Any]) -> None:
        """Keep the summary."""
        self._db.execute("INSERT INTO about VALUES (?)", (json.dumps(summary),))


def _plain(text: str) -> str:
    """Replaces halves of surrogate pairs, which SQLite refuses."""
    return text.encode("utf-8", "replace").decode()


# -- in a terminal

COLUMNS = ("Scene", "Field", "Plex says", "Stash says", "Reason")
WIDTHS = (28, 14, 32, 32, 24)  # characters; a longer text is cut


def as_table(answer: "Mapping[str, Any]") -> str:
    """The changes of an answer as lines for a terminal."""
    rows = [
        (row["title"], row["field"], _plain_value(row["before"]), _plain_value(row["after"]), row["why"])
        for row in answer["changes"]
    ]  # fmt: skip
    cells = [[_cut(cell, width) for cell, width in zip(row, WIDTHS, strict=True)]
             for row in (COLUMNS, *rows)]  # fmt: skip
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in cells]
    count = sum(sum(fields.values()) for fields in answer["by_reason"].values())
    more = f"; the first {len(rows)} are shown" if count > len(rows) else ""
    return "\n".join([*lines, f"{many(count, 'change')}{more}. All of them: {answer['file']}"])


def _plain_value(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_plain_value, value))
    return "" if value is None else str(value)


def _cut(text: str, width: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= width else f"{line[: width - 1]}…"
