"""Forty mistakes that somebody could make in the product, and the tests that catch them.

`old` is found by its text, in whatever file of the product it is, and occurs there once. Keep it as
short as that allows: a mutation whose text is gone has to be written anew.
"""

from __future__ import annotations

from typing import NamedTuple


class Mutation(NamedTuple):
    """`tests` are files, or files with `::` and a test; relative to tests/."""

    what: str
    old: str
    new: str
    tests: tuple[str, ...]


MUTATIONS = (
    # -- matching by path
    Mutation(
        "Windows paths are compared with their case",
        r'return _caseless(_composed(path.replace("\\", "/")))',
        r'return _composed(path.replace("\\", "/"))',
        ("unit/test_paths.py",),
    ),
    Mutation(
        "the shortest prefix of the path map wins",
        "key=lambda pair: -len(pair[0]",
        "key=lambda pair: len(pair[0]",
        ("unit/test_paths.py",),
    ),
    Mutation(
        "a prefix ends in the middle of a folder's name",
        'if same and (not rest or rest.startswith("/")):',
        "if same:",
        ("unit/test_paths.py",),
    ),
    Mutation(
        "an item counts as found without its file",
        "elif item and _holds(item, hints.wanted[number]):",
        "elif item:",
        ("system/test_matching.py",),
    ),
    Mutation(
        "a guessed path map needs no equal size",
        "any(known == size or 0 in (known, size) for",
        "any(True for",
        ("unit/test_mapping.py", "unit/test_match.py"),
    ),
    Mutation(
        "only one item of several with the same file is found",
        "SELECT rating_key FROM part WHERE path_key IN",
        "SELECT min(rating_key) FROM part WHERE path_key IN",
        ("unit/test_index.py",),
    ),
    Mutation(
        "a Plex without any library is no reason to stop",
        "if known and not sections:",
        "if False:",
        ("unit/test_index.py",),
    ),
    # -- locks
    Mutation(
        "this process takes a lock twice",
        "_mine.add(self.path)",
        "pass",
        ("unit/test_lock.py",),
    ),
    Mutation(
        "a lock of another process is not seen",
        "return error.errno in _BUSY",
        "return False",
        ("unit/test_lock.py",),
    ),
    # -- decisions
    Mutation(
        "names of others are removed from a list",
        "set(have if rules.policy == STASH else ours) - set(wish)",
        "set(have) - set(wish)",
        ("unit/test_plan_table.py", "unit/test_plan.py"),
    ),
    Mutation(
        "an edit in Plex is overwritten at once",
        "if edited and (stays or rules.policy != NEWEST):",
        "if edited and rules.policy != NEWEST:",
        ("unit/test_plan_table.py", "unit/test_plan.py"),
    ),
    Mutation(
        "an empty title empties Plex's title",
        'if same(field, cur, want) or (not want and field.name == "title"):',
        "if same(field, cur, want):",
        ("unit/test_plan.py",),
    ),
    Mutation(
        "a write whose answer is unknown counts as done",
        "return base is not None and not base.begun and same(field, want, base.sent)",
        "return base is not None and same(field, want, base.sent)",
        ("unit/test_plan_table.py", "unit/test_plan.py"),
    ),
    Mutation(
        "a refused value is sent for ever",
        "if stays and base and same(field, cur, base.got) and not base.theirs:",
        "if False:",
        ("unit/test_plan_table.py", "unit/test_plan.py"),
    ),
    Mutation(
        "Reconcile counts the mildest gap of a scene",
        "{EMPTY: 0, STALE: 1, MISSING: 2, DRIFTED: 3}",
        "{EMPTY: 3, STALE: 2, MISSING: 1, DRIFTED: 0}",
        ("unit/test_detector.py",),
    ),
    Mutation(
        "a scene that changed does not count as waiting",
        "if flagged or job == DUE:",
        "if job == DUE:",
        ("unit/test_states.py",),
    ),
    # -- brake
    Mutation(
        "a few scenes that lose something stop a run",
        "if losing * whole <= FEW or losing * 100 <= compared * share:",
        "if losing * 100 <= compared * share:",
        ("unit/test_brake.py",),
    ),
    Mutation(
        "the brake takes a gain for a loss",
        "_size(change.after) < _size(change.before)",
        "_size(change.after) > _size(change.before)",
        ("unit/test_brake.py",),
    ),
    Mutation(
        "an automatic run may touch any number of scenes",
        "touching > most:",
        "touching > 10**9:",
        ("unit/test_brake.py",),
    ),
    # -- undo and journal
    Mutation(
        "undo overwrites what a person edited since",
        'return "" if ours or self._is_back(back, item) else SINCE',
        'return ""',
        ("system/test_undo.py",),
    ),
    Mutation(
        "undo restores an item that has another file now",
        "of_now = [row for row in rows if is_same_file(row.files, ids)]",
        "of_now = list(rows)",
        ("system/test_replaced.py",),
    ),
    Mutation(
        "undo goes back to the last value before, not to the first",
        "Back(key, name, of[0].before, of[0].locked,",
        "Back(key, name, of[-1].before, of[-1].locked,",
        ("system/test_undo_steps.py::test_a_second_undo_of_a_scene_is_no_redo",),
    ),
    Mutation(
        "each write counts as the first touch of a field",
        "is_known = origin is not None and is_same_file",
        "is_known = False and is_same_file",
        ("system/test_undo.py",),
    ),
    Mutation(
        "the journal forgets young runs",
        "now - self._days * 86400",
        "now",
        ("unit/test_journal.py",),
    ),
    # -- loss in the queue
    Mutation(
        "jobs of a process that died are lost",
        "UPDATE OR REPLACE {TABLE} SET status = {READY} WHERE",
        "DELETE FROM {TABLE} WHERE",
        ("unit/test_jobs.py",),
    ),
    Mutation(
        "looks for a missing file are not counted",
        "waits=job.waits + 1, look_at=",
        "waits=job.waits, look_at=",
        ("unit/test_drain.py",),
    ),
    Mutation(
        "a flag is not set",
        "inbox.mark(data_dir, *dirty)",
        "pass",
        ("unit/test_hook.py",),
    ),
    Mutation(
        "a folder in the inbox counts as a flag",
        "or int(number) > HIGHEST or not entry.is_file():",
        "or int(number) > HIGHEST:",
        ("unit/test_inbox.py",),
    ),
    # -- fingerprints
    Mutation(
        "a file that was moved is another file",
        "digests or (file.size and file.size in sizes)",
        "digests",
        ("system/test_replaced.py",),
    ),
    Mutation(
        "a changed size counts as the same fingerprint",
        "FileId(int(path, 16), int(size, 16))",
        "FileId(int(path, 16), 0)",
        ("system/test_replaced.py",),
    ),
    # -- secrets and the log
    Mutation(
        "a secret is shown in the log",
        'text = text.replace(mask, "***")',
        "pass",
        ("unit/test_secrets.py", "unit/test_wire.py"),
    ),
    Mutation(
        "a log line is longer than Stash reads",
        "if len(data) > LINE_BYTES:",
        "if False:",
        ("unit/test_wire.py",),
    ),
    Mutation(
        "a task gives two answers",
        '_state["answered"] = True',
        "pass",
        ("unit/test_wire.py",),
    ),
    # -- hook
    Mutation(
        "a hook marks what Plex does not show",
        "return any(name in shown for name in fields)",
        "return True",
        ("unit/test_hook.py",),
    ),
    Mutation(
        "a wake is trusted for ever",
        'return "" if age < TRUST_SECONDS else job',
        'return ""',
        ("unit/test_hook.py", "unit/test_inbox.py"),
    ),
    # -- retry policy and outages
    Mutation(
        "a job is tried once more than the setting allows",
        "if action == RETRY and attempts >= max_retries:",
        "if action == RETRY and attempts > max_retries:",
        ("unit/test_verdict.py",),
    ),
    Mutation(
        "a busy Plex buries a job",
        "(errors.Busy, RETRY),",
        "(errors.Busy, BURY),",
        ("unit/test_verdict.py",),
    ),
    Mutation(
        "a server that is down is asked as often as at first",
        "looks = began.looks + goes_on",
        "looks = began.looks",
        ("unit/test_circuit.py",),
    ),
    Mutation(
        "a lost write is sent again without a look",
        "turned_away = error.cause in",
        "turned_away = True or error.cause in",
        ("unit/test_retry.py", "unit/test_session.py"),
    ),
    # -- schedule and settings
    Mutation(
        "a clock that was set back stops the interval runs",
        "if 0 < counted <= now else 0.0",
        "if 0 < counted else 0.0",
        ("unit/test_scheduler.py",),
    ),
    Mutation(
        "the end of a custom range is exact to the second",
        "_text(until + SPARE, zone)",
        "_text(until, zone)",
        ("unit/test_window.py",),
    ),
    Mutation(
        "a state file of a later version is overwritten",
        "if at > version:",
        "if False:",
        ("unit/test_disk.py",),
    ),
    Mutation(
        "a template keeps the separator of a missing part",
        'waiting, missed = "", True',
        "missed = False",
        ("unit/test_template.py",),
    ),
    # -- what goes to Plex
    Mutation(
        "a name with a comma is removed as two names",
        '",".join(quote(name, safe="") for name in names)',
        '",".join(names)',
        ("unit/test_plex_wire.py",),
    ),
    Mutation(
        "a list that is too long for an address is sent whole",
        "if size(edit) <= URL_BYTES:",
        "if size(edit) <= 10**9:",
        ("unit/test_plex_wire.py",),
    ),
)
