"""The lines of Test Plex in words: what was expected, what was seen, and what Stash2Plex does about it. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from app.phrasing import many, moment
from app.setup_check.finding import NOTE, OK, WARNING, Finding
from plex.state.self_tests import Result


class Answer(NamedTuple):
    """A word that was seen: how serious it is, a phrase for it, and what Stash2Plex does about it."""

    level: str
    said: str
    does: str = "nothing has to be done"


class Line(NamedTuple):
    """`expected` is a phrase, `answers` has the meaning of each word."""

    expected: str
    answers: Mapping[str, Answer]


_REFUSED = Answer(WARNING, "Plex refuses the request", "the sync reports the scenes that need it")
_UNTESTED = Answer(NOTE, "not tested")
_WHOLE = "Stash2Plex sends whole lists and removals together, which is right in both cases"
_CASE = "Stash2Plex compares names without regard to upper and lower case"
_READ = "Stash2Plex reads every item again after a write, and reports what Plex did not take"
_QUICK = "reconciliations compare whole lists instead of the latest changes"
LINES: Mapping[str, Line] = {
    "add": Line("names come to the end of a list", {
        "added": Answer(OK, "the names came to the end of the list"),
        "reordered": Answer(NOTE, "the list has another order", "Stash2Plex compares lists without their order"),
        "missing": Answer(WARNING, "a name is missing", _READ),
        "lost": Answer(WARNING, "other names are lost", _READ),
    }),
    "case": Line("a name in another case is the same name", {
        "first": Answer(OK, "the first spelling stays", _CASE),
        "last": Answer(OK, "the last spelling counts", _CASE),
        "two": Answer(WARNING, "both spellings are there", _CASE),
        "missing": Answer(WARNING, "the name is missing", _READ),
    }),
    "list": Line("a list without a name keeps the name, or takes it away", {
        "adds": Answer(OK, "the name stays: Plex adds", _WHOLE),
        "replaces": Answer(OK, "the name is gone: Plex replaces", _WHOLE),
        "lost": Answer(WARNING, "other names are lost", _READ),
    }),
    "special": Line("a name may have commas, ampersands and percent signs", {
        "kept": Answer(OK, "the name is as it was sent"),
        "cut": Answer(WARNING, "the name is another one", _READ),
    }),
    "special_off": Line("a name with them can be removed", {
        "removed": Answer(OK, "the name is removed"),
        "stays": Answer(WARNING, "the name stays", _READ),
    }),
    "removals": Line("one request removes several names", {
        "all": Answer(OK, "all names are removed"),
        "one": Answer(NOTE, "only one name is removed", "Stash2Plex removes the others by requests of their own"),
        "none": Answer(WARNING, "no name is removed", _READ),
    }),
    "label": Line("a label gets a capital first letter, or stays as it is", {
        "capital": Answer(OK, "it got a capital first letter", _CASE),
        "written": Answer(OK, "it stays as it is", _CASE),
        "other": Answer(NOTE, "it is spelled otherwise", _CASE),
        "missing": Answer(WARNING, "the label is missing", _READ),
    }),
    "text": Line("a text is kept and locked", {
        "kept": Answer(OK, "the text is kept and locked"),
        "open": Answer(WARNING, "the text is not locked", "a refresh in Plex may replace it"),
        "changed": Answer(WARNING, "the text is another one", _READ),
        "missing": Answer(WARNING, "the text is missing", _READ),
    }),
    "unlock": Line("a lock can be removed, and the text stays", {
        "unlocked": Answer(OK, "the lock is gone, and the text stays"),
        "locked": Answer(WARNING, "the lock stays", "an undo leaves the field locked"),
        "changed": Answer(WARNING, "the text has changed", _READ),
    }),
    "empty": Line("an empty text removes the text", {
        "empty": Answer(OK, "the text is gone"),
        "stays": Answer(WARNING, "the text stays", _READ),
    }),
    "rating": Line("an edit can have a rating", {
        "edit": Answer(OK, "the rating came with the edit"),
        "apart": Answer(NOTE, "only by a request of its own", "each rating has a request of its own"),
        "never": Answer(WARNING, "the rating does not show", _READ),
    }),
    "rating_off": Line("an edit can remove a rating", {
        "edit": Answer(OK, "the rating is gone"),
        "apart": Answer(NOTE, "only by a request of its own", "each rating has a request of its own"),
        "never": Answer(WARNING, "the rating stays", _READ),
    }),
    "poster": Line("an uploaded poster is shown, under its SHA-1", {
        "shown": Answer(OK, "the poster is shown"),
        "locks": Answer(OK, "the poster is shown, and locked", "Stash2Plex sets the lock by an edit in any case"),
        "other": Answer(WARNING, "another poster is shown", "Stash2Plex uploads a cover again when it looks at it"),
    }),
    "poster_back": Line("an earlier poster can be selected again", {
        "shown": Answer(OK, "the earlier poster is shown"),
        "other": Answer(WARNING, "another poster is shown", "an undo reports the poster"),
    }),
    "several": Line("an edit of two items adds a name to both", {
        "adds": Answer(OK, "both got the name", "equal edits of many items are one request"),
        "replaces": Answer(NOTE, "both got the name and lost others", "each item gets an edit of its own for names"),
        "some": Answer(NOTE, "only one item got the name", "each item gets an edit of its own"),
        "none": Answer(WARNING, "no item got the name", "each item gets an edit of its own"),
        "refused": Answer(NOTE, "Plex refuses the request", "each item gets an edit of its own"),
        "untested": Answer(OK, "not tested: it needs a second scene", "the first such edit shows it"),
    }),
    "updated": Line("the time of the last change moves with each edit", {
        "all": Answer(OK, "it moved with each edit"),
        "some": Answer(NOTE, "it moved with some edits", "the weekly deep pass sees the other changes"),
        "none": Answer(WARNING, "it never moved", "only the deep pass sees every edit in Plex (Deep Pass Interval)"),
    }),
    "newest": Line("a library can be read newest first", {
        "kept": Answer(OK, "the item was the first"),
        "elsewhere": Answer(NOTE, "the item was not the first", _QUICK),
        "mixed": Answer(NOTE, "the order is not kept", _QUICK),
        "untested": Answer(OK, "not tested: too few items"),
    }),
    "back": Line("everything is as it was before", {
        "back": Answer(OK, "everything is as it was"),
        "left": Answer(WARNING, "a field is not as it was", "an undo of the run tries again"),
    }),
}  # fmt: skip


def answer(line: str, word: str) -> Answer:
    """The meaning of a word. An earlier version may have had other words."""
    known = LINES[line].answers
    return known.get(word) or {"refused": _REFUSED}.get(word, _UNTESTED)


def rows(result: Result) -> list[dict[str, Any]]:
    """The lines of a result for the page, a terminal and the bug report."""
    return [
        {"line": name, "seen": word, "expected": LINES[name].expected}
        | {"moved": name not in result.still, **answer(name, word)._asdict()}
        for name, word in _words(result)
    ]


def facts(result: "Result | None") -> "dict[str, Any] | None":
    """The result in the answer of Check Setup, None if there is none."""
    if result is None:
        return None
    return {"at": result.at, "version": result.version, "lines": rows(result)}


def _words(result: Result) -> Iterator[tuple[str, str]]:
    """The lines in their order, as far as the test came to them."""
    return ((name, result.seen[name]) for name in LINES if name in result.seen)


def findings(result: Result, version: str) -> list[Finding]:
    """Each line that differs, or one finding if none does. `version` is the one of Plex now."""
    found = [
        Finding(
            "plex.test", told.level, f"Test Plex, {LINES[name].expected}: {told.said}", _do(told)
        )
        for name, word in _words(result)
        if (told := answer(name, word)).level != OK
    ]
    if not found:
        count = many(len(result.seen), "line")
        said = f"Test Plex of {moment(result.at)}: Plex does what is expected ({count})"
        found.append(Finding("plex.test", OK, said))
    if version and version != result.version:
        said = f"Test Plex was run with Plex {result.version}, and this is {version}"
        found.append(Finding("plex.test", NOTE, said, "Run Test Plex again"))
    return found


def _do(told: Answer) -> str:
    if told.level == NOTE:
        return f"Nothing: {told.does}"
    return f"Send the bug report if you can (docs/test-plex.md); meanwhile {told.does}"
