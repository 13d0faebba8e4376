"""Preview: the plan of a sync without the sync. A summary in the log, the whole as JSON and as a page."""

import json
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import errors
from app import drain_task
from app.arguments import text
from app.commands.preview_rows import Table
from app.phrasing import many
from app.run import Run
from disk.lock import FileLock
from stash import stdio

if TYPE_CHECKING:
    from plex.state.journal import Row
    from plex.sync.outcome import Outcome
    from plex.sync.pipeline import Pipeline
    from plex.sync.work import Work
    from stash.scene import Scene

CHUNK = 20  # scenes per look at Plex
SHOWN = 200  # changes in the answer; all of them are in the files
JSON, PAGE, LOCK = "preview.json", "preview.html", "preview.lock"


def preview(run: Run) -> dict[str, Any]:
    """What a sync of a `scope` (all, 24h, 7days, a range) would do, and why. Nothing is written."""
    scope = _scope(run)
    with _alone(Path(run.home)) as folder:
        return _made(run, scope, folder)


@contextmanager
def _alone(folder: Path) -> Iterator[Path]:
    """Two at once would write into the same files: the later one is refused at once."""
    lock = FileLock(folder / LOCK)
    if not lock.acquire():
        raise errors.SetupError(
            "another preview runs already, and keeps its result when it ends: look at that, or ask "
            "for a new one then"
        )
    try:
        yield folder
    finally:
        lock.release()


def _made(run: Run, scope: str, folder: Path) -> dict[str, Any]:
    found, table = Found(), Table(folder)
    with table, _replacing(folder / JSON) as whole, _replacing(folder / PAGE) as page:
        whole.write('{"scope": ' + json.dumps(scope) + ', "changes": [')
        page.write(HEAD)
        for number, row in enumerate(_rows(run, scope, found)):
            whole.write(("," if number else "") + "\n" + json.dumps(row, ensure_ascii=False))
            page.write(_script(row))
            table.add(row)
        table.about(found.summary() | {"scope": scope, "at": run.clock()})
        whole.write('\n], "summary": ' + json.dumps(found.summary()) + "}\n")
        page.write(FOOT)
    _tell(found, folder)
    return found.summary() | {"scope": scope, "changes": found.shown, "page": str(folder / PAGE)}


class Found:
    """What a preview counts: changes by field and reason, scenes by what becomes of them."""

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


def _scope(run: Run) -> str:
    from validation.scope import parse_scope

    given = text(run, "scope") or "all"
    try:
        return parse_scope(given).text
    except ValueError as error:
        raise errors.SetupError(f"scope {error}") from None


def _rows(run: Run, scope: str, found: Found) -> Iterator[dict[str, Any]]:
    from reconciliation.window import window
    from stash.api import SceneFilter
    from validation.scope import parse_scope

    parsed = parse_scope(scope)
    newest = None if parsed.kind == "all" else run.stash.newest_timestamp()
    only = SceneFilter(*window(parsed, run.clock(), newest))
    total, pipeline = max(1, run.stash.count(only)), drain_task.pipeline_of(run)
    seen = 0
    for page in run.stash.walk(only, extras=pipeline.decider.extras):
        for at in range(0, len(page), CHUNK):
            chunk = page[at : at + CHUNK]
            for row in _decided(pipeline, chunk, found):
                found.add(row)
                yield row
            seen += len(chunk)
            run.progress(min(1.0, seen / total))


def _decided(
    pipeline: "Pipeline", chunk: "Sequence[Scene]", found: Found
) -> Iterator[dict[str, Any]]:
    from plex.sync.decide import works_of

    decisions = pipeline.look(chunk)
    outcomes = {one.scene.id: one.outcome for one in decisions}
    works = works_of(decisions)
    taken = {work.item.rating_key for work in works}
    rows = [row for work in works for row in _of_work(work)]
    for scene in chunk:
        if keys := [key for key in outcomes[scene.id].leaves if key not in taken]:
            rows += [_of_row(scene, row) for row in pipeline.restorer.plan(keys)]
    writes = {row["scene"] for row in rows if row["writes"]}
    kept = {work.scene.id for work in works}
    for scene in chunk:
        found.scenes[_becomes(outcomes[scene.id], scene.id in writes, scene.id in kept)] += 1
    return iter(rows)


def _becomes(outcome: "Outcome", writes: bool, matched: bool) -> str:
    if writes:
        return "to be written"
    if matched:
        return "in agreement"
    if outcome.unsettled:
        return "still read by Plex"
    return outcome.skipped or ("not in Plex" if outcome.missing else "left alone")


def _of_work(work: "Work") -> list[dict[str, Any]]:
    from plex.sync.work import rows

    common = {"scene": work.scene.id, "title": work.scene.label(), "item": work.item.rating_key}
    written = [_of_row(work.scene, one) for one in rows(work)]
    found = [
        {"field": one.field, "before": one.before, "after": work.stash_says(one.field),
         "why": one.why, "writes": False}
        for one in work.changes if not one.writes
    ]  # fmt: skip
    found += [
        {"field": "photos", "before": work.item.photos.get(name, ""), "after": url, "why": "write",
         "writes": True}
        for name, url in work.photos.items()
    ]  # fmt: skip
    return written + [common | one for one in found]


def _of_row(scene: "Scene", row: "Row") -> dict[str, Any]:
    return {
        "scene": scene.id, "title": scene.label(), "item": row.rating_key, "field": row.field,
        "before": row.before, "after": row.after, "why": row.why, "writes": True,
    }  # fmt: skip


def _tell(found: Found, folder: Path) -> None:
    told = ", ".join(f"{count} {what}" for what, count in sorted(found.scenes.items()))
    stdio.info(f"preview: {many(found.scenes.total(), 'scene')}" + (f": {told}" if told else ""))
    for why, fields in found.summary()["by_reason"].items():
        counts = ", ".join(f"{count} {field}" for field, count in fields.items())
        stdio.info(f"preview: {why}: {counts}")
    stdio.info(f"preview: all of it is in {folder / PAGE} and {folder / JSON}")


class _replacing:
    """A file that takes its place when it is whole."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._temporary = path.with_name(f"{path.name}.tmp")

    def __enter__(self) -> TextIO:
        handle = os.open(self._temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        self._file = os.fdopen(handle, "w", encoding="utf-8")
        return self._file

    def __exit__(self, kind: Any, *rest: object) -> None:
        self._file.close()
        if kind is None:
            os.replace(self._temporary, self._path)
        else:
            self._temporary.unlink(missing_ok=True)


def _script(row: dict[str, Any]) -> str:
    """One row of the page's data. `<` is escaped: a title cannot end the script it stands in."""
    return json.dumps(row, ensure_ascii=True).replace("<", "\\u003c") + ",\n"


HEAD = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Stash2Plex: preview</title>
<style>
 body { font: 15px/1.4 system-ui, sans-serif; margin: 1.5rem; color-scheme: light dark; }
 table { border-collapse: collapse; width: 100%; }
 th, td { text-align: left; vertical-align: top; padding: .3rem .6rem; border-bottom: 1px solid #8884; }
 td.text { white-space: pre-wrap; overflow-wrap: anywhere; max-width: 28rem; }
 select, input { font: inherit; margin-right: 1rem; } .kept { opacity: .65; }
</style>
<h1>What a sync would do</h1>
<p><label>Field <select id="field"><option value="">all</option></select></label>
<label>Reason <select id="why"><option value="">all</option></select></label>
<label>Contains <input id="words"></label> <span id="count" role="status"></span></p>
<table><thead><tr><th>Scene<th>Field<th>Plex says<th>Stash says<th>Reason</thead><tbody id="rows"></tbody></table>
<p><button id="more">More</button></p>
<script>
"use strict";
const all = [
"""
FOOT = """];
const page = 500; let shown = page;
const by = id => document.getElementById(id);
const said = value => Array.isArray(value) ? value.join(", ") : value === null ? "" : String(value);
for (const name of ["field", "why"])
  for (const value of [...new Set(all.map(row => row[name]))].sort()) by(name).add(new Option(value));
const fits = row => (!by("field").value || row.field === by("field").value)
  && (!by("why").value || row.why === by("why").value)
  && JSON.stringify(row).toLowerCase().includes(by("words").value.toLowerCase());
function show() {
  const found = all.filter(fits);
  by("count").textContent = found.length + " of " + all.length + " changes";
  by("rows").replaceChildren(...found.slice(0, shown).map(row => {
    const line = document.createElement("tr");
    if (!row.writes) line.className = "kept";
    for (const text of [row.title, row.field, said(row.before), said(row.after), row.why])
      Object.assign(line.insertCell(), {className: "text", textContent: text});
    return line;
  }));
  by("more").hidden = found.length <= shown;
}
for (const name of ["field", "why", "words"]) by(name).addEventListener("input", () => { shown = page; show(); });
by("more").addEventListener("click", () => { shown += page; show(); });
show();
</script></html>
"""
