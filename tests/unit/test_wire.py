"""The process interface: one JSON document in, one out, lines on stderr that Stash can read."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from stash import light, stdio

posix = pytest.mark.skipif(os.name == "nt", reason="Windows has other rules for who may read")
ROOT = Path(__file__).resolve().parent.parent.parent


def process(code: str, stdin: bytes = b"", **options: Any) -> subprocess.CompletedProcess[bytes]:
    """`code` in a fresh process that has `wire` and `light` at hand."""
    head = f"import os, sys; sys.path.insert(0, {str(ROOT)!r}); from stash import light, stdio\n"
    given = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    return subprocess.run([sys.executable, "-c", head + code], input=stdin, check=False, **given)


def lines(done: subprocess.CompletedProcess[bytes]) -> list[tuple[str, str]]:
    """(level, text) of each line on stderr; everything must be such a line."""
    found = []
    for line in done.stderr.decode().split("\n")[:-1]:
        assert line[0] == "\x01" and line[2] == "\x02", line
        found.append((line[1], line[3:]))
    return found


def answered(code: str, **options: Any) -> Any:
    done = process(code, **options)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


# -- JSON without the module json


DOCUMENTS = [
    "{}", "[]", '"x"', "1", "null", "true", ' \n{"a": [1, 2.5, -3e5, "\\u00e9\\ud83d\\ude00"]}\n',
    '{"a":{"b":[{}]}}', '"caf\u00e9 \u2028"', "[1,", '{"a":1}{}', "", "   ", '{"a" 1}', "nul",
    '{"a":1,}', "[" * 100_000, '"\x00"', "1" * 5000, "\ufeff{}", "{'a': 1}", '"\\ud800"', "-",
    '{"a": 1e999}', "[]]",
]  # fmt: skip


def read_by(loads: Any, text: str) -> Any:
    try:
        return loads(text.encode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError):
        return "refused"


@pytest.mark.parametrize("text", DOCUMENTS, ids=range(len(DOCUMENTS)))
def test_the_light_reader_reads_what_json_reads(text: str) -> None:
    assert read_by(light.loads, text) == read_by(json.loads, text)


def test_it_does_so_where_json_was_never_imported() -> None:
    code = (
        "documents = eval(sys.stdin.read())\n"
        "assert 'json' not in sys.modules\n"
        "found = []\n"
        "for text in documents:\n"
        "    for name in [name for name in sys.modules if name.startswith('json')]:\n"
        "        del sys.modules[name]\n"
        "    try: found.append(light.loads(text.encode('utf-8', 'surrogatepass')))\n"
        "    except (ValueError, RecursionError): found.append('refused')\n"
        "stdio.answer(repr(found))"
    )
    # The measuring of coverage imports json before anything else.
    bare = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    said = answered(code, stdin=repr(DOCUMENTS).encode(), env=bare)["output"]
    assert said == repr([read_by(json.loads, text) for text in DOCUMENTS])


@pytest.mark.parametrize("data", [b"\xff\xfe", b'"\xe9"', b"\x80"])
def test_bytes_that_are_no_text_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError):
        light.loads(data)


@pytest.mark.parametrize(
    "value",
    ["", 'a "b" \\ \n \x01 \u2603 \U0001f600', None, {"a": {"b": "c", "d": None}}, {"a": 1}, [1, "x"],
     {"a": [True, 1.5, {"b": []}]}, "\ud800"],
)  # fmt: skip
def test_the_light_writer_writes_what_json_reads(value: object) -> None:
    assert json.loads(light.dumps(value)) == value


def test_json_has_null_for_unknown_values() -> None:
    value = {"a": float("inf"), "b": [float("nan"), 1], "c": Path("/x")}
    assert json.loads(light.dumps(value)) == {"a": None, "b": [None, 1], "c": "/x"}


def test_without_the_core_json_does_the_work() -> None:
    code = (
        "import sys; sys.modules['_json'] = None\n"
        f"sys.path.insert(0, {str(ROOT)!r})\n"
        "from stash import light\n"
        "assert light.loads(b'{\"a\": [1]}') == {'a': [1]}\n"
        "print(light.dumps({'a': 'b'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert json.loads(done.stdout) == {"a": "b"}


# -- stdin


READ = "stdio.answer(list(stdio.read()))"


def test_stdin_is_read_to_its_end() -> None:
    """A cover in a save makes it tens of megabytes long."""
    big = json.dumps({"args": "x" * 20_000_000}).encode()
    assert answered(READ, stdin=big) == {"output": ["args"]}


@pytest.mark.parametrize("stdin", [b"", b"   ", b"hello", b"{", b"[1]", b"null", b"1", b"\xff\xfe{}",
                                   b'{"a": 1}{"b": 2}', b"[" * 500_000])  # fmt: skip
def test_what_is_no_document_is_refused_in_one_sentence(stdin: bytes) -> None:
    code = "try: stdio.read()\nexcept ValueError as error: stdio.answer(error=str(error))"
    said = answered(code, stdin=stdin)
    assert said["error"].startswith("stdin held") and "\n" not in said["error"]


def test_a_closed_stdin_is_refused_too() -> None:
    code = "os.close(0)\ntry: stdio.read()\nexcept ValueError as error: stdio.answer('refused')"
    assert answered(code) == {"output": "refused"}


# -- stdout


def test_only_the_first_answer_counts() -> None:
    assert answered("stdio.answer(1); stdio.answer(2); stdio.answer(error='x')") == {"output": 1}


def test_an_error_comes_with_what_was_done() -> None:
    said = answered("stdio.answer({'done': 3}, error='no disk')")
    assert said == {"error": "no disk", "output": {"done": 3}}


def test_an_answer_that_could_not_be_written_down_leaves_room_for_another() -> None:
    code = (
        "loop = []; loop.append(loop)\n"
        "try: stdio.answer(loop)\nexcept RecursionError: stdio.answer(error='x')"
    )
    assert answered(code)["error"] == "x"


def test_what_libraries_print_does_not_reach_stdout() -> None:
    code = "stdio.claim_stdout(); print('noise'); os.system('echo noise'); stdio.answer('x')"
    done = process(code)
    assert json.loads(done.stdout) == {"output": "x"}
    assert done.stderr.count(b"noise") == 2


def test_a_child_process_does_not_hold_stdout_open() -> None:
    """Stash waits for the end of stdout, not for the end of the process."""
    code = (
        "import subprocess; stdio.claim_stdout()\n"
        "held = os.readlink(f'/proc/self/fd/{stdio._state[\"stdout\"]}')\n"
        'look = \'import os; print([os.readlink(f"/proc/self/fd/{n}") for n in range(20)'
        ' if os.path.exists(f"/proc/self/fd/{n}")])\'\n'
        "seen = subprocess.run([sys.executable, '-c', look], capture_output=True).stdout.decode()\n"
        "stdio.answer([held in seen, 'pipe' in held])"
    )
    if not os.path.exists("/proc/self/fd"):
        pytest.skip("needs /proc")
    assert answered(code) == {"output": [False, True]}


def test_a_stash_that_is_gone_is_no_reason_to_fail() -> None:
    read, write = os.pipe()
    os.close(read)
    done = process("stdio.answer('x' * 100000); stdio.info('y')", stdout=write)
    os.close(write)
    assert done.returncode == 0


def test_a_long_answer_arrives_whole() -> None:
    assert len(answered("stdio.answer('x' * 5_000_000)")["output"]) == 5_000_000


# -- lines


def test_each_line_of_a_text_has_its_level() -> None:
    done = process("stdio.info('a\\nb'); stdio.warning('c'); stdio.error('d'); stdio.progress(0.5)")
    assert lines(done) == [("i", "a"), ("i", "b"), ("w", "c"), ("e", "d"), ("p", "0.5000")]


def test_debug_lines_are_written_only_when_asked_for() -> None:
    done = process("stdio.debug('a'); stdio.set_debug(True); stdio.debug('b')")
    assert lines(done) == [("d", "b")]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("\x01e\x02fake", "e fake"),
        ("a\x00b\x1bc\x7fd\x85e", "a b c d"),
        ("tab\there", "tab here"),
        ("abc\u202ecba\u2066x\u2069", "abc cba x"),
    ],
)
def test_a_title_cannot_pass_for_a_prefix(text: str, line: str) -> None:
    assert lines(process(f"stdio.info({text!r})"))[0] == ("i", line)


@pytest.mark.parametrize("text", ["", " ", "\n\n", "\x01\x02", "\u2028"])
def test_an_empty_line_is_left_out(text: str) -> None:
    assert lines(process(f"stdio.info({text!r})")) == []


def test_a_line_stays_below_the_length_at_which_stash_hangs_up() -> None:
    done = process("stdio.info('\u2603' * 100_000); stdio.info('after'); stdio.info('\\ud800')")
    long, after, odd = done.stderr.split(b"\n")[:3]
    assert 59_000 < len(long) < 64 * 1024 and long.decode().endswith("\u2603…")
    assert after == b"\x01i\x02after" and odd == b"\x01i\x02?"


def test_progress_stays_between_0_and_1() -> None:
    done = process("for x in (-1, 0, 0.123456, 2, float('nan')): stdio.progress(x)")
    assert [text for _, text in lines(done)] == ["0.0000", "0.0000", "0.1235", "1.0000", "0.0000"]


def test_the_work_goes_on_when_nobody_reads_the_log() -> None:
    read, write = os.pipe()
    os.close(read)
    done = process("for _ in range(3): stdio.info('x')\nstdio.answer('done')", stderr=write)
    os.close(write)
    assert (done.returncode, json.loads(done.stdout)) == (0, {"output": "done"})


def test_in_a_terminal_words_stand_for_the_codes() -> None:
    done = process("stdio.set_terminal(True); stdio.info('a'); stdio.error('b'); stdio.progress(1)")
    assert done.stderr == b"a\nerror: b\n"


# -- secrets


def test_a_secret_is_masked_everywhere() -> None:
    code = (
        "stdio.hide('s3cret\"x'); stdio.info('token s3cret\"x!')\n"
        "stdio.answer({'a': ['url?t=s3cret\"x', {'b': 's3cret\"x'}], 'n': 1}, error='is s3cret\"x')"
    )
    done = process(code)
    assert b"s3cret" not in done.stdout + done.stderr
    said = json.loads(done.stdout)
    assert said["output"] == {"a": ["url?t=***", {"b": "***"}], "n": 1}
    assert said["error"] == "is ***"


def test_a_secret_that_is_part_of_another_does_not_uncover_it() -> None:
    done = process("stdio.hide('abcd'); stdio.hide('abcdefgh'); stdio.info('abcdefgh abcd')")
    assert lines(done) == [("i", "*** ***")]


ODD = "A+b/c=\"d'e\\f%g&"


@pytest.mark.parametrize(
    "spelt",
    [ODD, repr(ODD), json.dumps(ODD), json.dumps({"a": [ODD]}), quote(ODD), quote(ODD, safe=""),
     re.sub("%..", lambda found: found[0].lower(), quote(ODD, safe="")),
     f"http://x/?X-Plex-Token={quote(ODD, safe='')}&y=1"],
)  # fmt: skip
def test_a_secret_is_masked_however_it_is_spelt(spelt: str) -> None:
    done = process(f"stdio.hide({ODD!r}); stdio.info({spelt!r}); stdio.answer({spelt!r})")
    said = (done.stdout + done.stderr).decode()
    assert said.count("***") == 2 and "%2B" not in said.upper() and "A+b" not in said


def test_a_secret_that_is_renewed_takes_the_place_of_the_last_one() -> None:
    code = (
        "stdio.hide('first-one'); stdio.hide('second-one', instead_of='first-one')\n"
        "stdio.info('first-one second-one'); stdio.hide('third-one', instead_of='')\n"
        "stdio.info('second-one third-one')"
    )
    assert [text for _, text in lines(process(code))] == ["first-one ***", "*** ***"]


@pytest.mark.parametrize("secret", [None, "", "abc", 12345, ["long enough"], {"a": 1}])
def test_what_is_no_secret_masks_nothing(secret: object) -> None:
    done = process(f"stdio.hide({secret!r}); stdio.answer('output 12345 abc')")
    assert json.loads(done.stdout) == {"output": "output 12345 abc"}


def test_a_secret_cannot_break_the_answer() -> None:
    done = process("stdio.hide('output'); stdio.answer('output')")
    assert json.loads(done.stdout) == {"output": "***"}


# -- which Stash is this?


@posix
def test_the_parent_process_has_a_lasting_name() -> None:
    code = "stdio.answer(stdio.server_identity())"
    first, second = answered(code)["output"], answered(code)["output"]
    assert first == second and first.startswith(f"{os.getpid()}:")
    assert stdio.server_identity() != first
