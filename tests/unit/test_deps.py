"""The packages: found where they are, installed once where they are not. With a real pip."""

import os
import shlex
import shutil
import signal
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from app.packages import activate, install
from app.packages.requirements import Requirement, missing, parse, parse_all, satisfies
from disk.lock import FileLock
from errors import SetupError
from tests.support.packages import refused, version_of, wheel

ROOT = Path(__file__).parents[2]
LISTS = ("requirements.txt", "requirements-notify.txt")
posix = pytest.mark.skipif(os.name == "nt", reason="needs a shell script in place of Python")


# --- versions ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "version, ranges",
    [
        ("2.14.3", ">=2.8,<3"),
        ("2.8", ">=2.8.0"),
        ("2.10", ">2.9"),
        ("1.0", "==1.0.0"),
        ("1.4.9", "==1.4.*"),
        ("1.4.9", "~=1.4"),
        ("1.4.9", "~=1.4.2"),
        ("1.0", "!=1.1"),
        ("1.5", "!=1.4.*"),
        ("1.0.post1", ">=1.0"),
        ("1.0rc2", "<=1.0rc2"),
        ("1.0+local", "==1.0"),
        ("3.0", ""),
    ],
)
def test_a_version_lies_in_its_range(version, ranges):
    assert satisfies(version, ranges)


@pytest.mark.parametrize(
    "version, ranges",
    [
        ("2.7.9", ">=2.8,<3"),
        ("3.0", ">=2.8,<3"),
        ("3.0rc1", "<3"),
        ("2.8rc1", ">=2.8"),
        ("2.9", ">2.10"),
        ("1.40", "==1.4.*"),
        ("2.0", "~=1.4"),
        ("1.5", "~=1.4.2"),
        ("1.0.0", "!=1.0"),
        ("1.0.post1", ">1.0"),
        ("unknown", ">=0"),
        ("1.0", ">=x"),
        ("1.0", "nonsense"),
    ],
)
def test_a_version_lies_outside_its_range(version, ranges):
    assert not satisfies(version, ranges)


@pytest.mark.parametrize(
    "line, requirement",
    [
        ("pydantic>=2.8,<3", Requirement("pydantic", ">=2.8,<3")),
        ("requests (>=2.0)", Requirement("requests", ">=2.0")),
        ("foo[bar]~=1.0  # why", Requirement("foo", "~=1.0")),
        ("foo >= 1, < 2", Requirement("foo", ">=1,<2")),
        ("idna", Requirement("idna", "")),
        ("foo @ https://example.invalid/foo.whl", Requirement("foo", "")),
        ("pyjwt[crypto]; extra == 'jwt'", None),
        ("# a comment", None),
        ("--no-index", None),
        ("", None),
    ],
)
def test_a_line_of_requirements_is_read(line, requirement):
    assert parse(line) == requirement


# --- tiny packages -------------------------------------------------------------------------


def stand_in(path, script):
    """A program to be started in place of Python."""
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


# --- what is there is used -----------------------------------------------------------------


def test_packages_that_are_there_are_used_as_they_are(place):
    place.requires("pytest>=1", "pip>=1")
    place.ensure(python="/does/not/exist")
    assert not place.data.exists()
    assert place.log == []


def test_the_requirements_of_this_plugin_are_found_here():
    assert missing(parse_all((ROOT / "requirements.txt").read_text())) == []


def test_a_package_whose_own_needs_are_absent_is_not_enough(place):
    (place.wheels / "s2p_base-1.5-py3-none-any.whl").rename(place.wheels / "hidden")
    with zipfile.ZipFile(place.wheels / "s2p_tiny-1.2-py3-none-any.whl") as archive:
        archive.extractall(place.plugin)
    sys.path.append(str(place.plugin))
    assert missing([Requirement("s2p-tiny", "")]) == ["s2p-base>=1 is not there"]


# --- installing ----------------------------------------------------------------------------


def test_missing_packages_are_installed_and_importable(place, capfd):
    place.ensure()
    assert (version_of("s2p_tiny"), version_of("s2p_base")) == ("1.2", "1.5")
    assert place.folders() == {place.folder.name}
    assert "this happens once" in place.log[0]
    assert any("s2p-tiny" in line for line in place.log)
    assert "are installed" in place.log[-1]
    assert capfd.readouterr() == ("", "")


def test_the_second_run_needs_no_pip(place):
    place.ensure()
    sys.path.remove(str(place.folder))
    place.log.clear()
    place.ensure(python="/does/not/exist")
    assert version_of("s2p_tiny") == "1.2"
    assert place.log == []


def test_an_outdated_copy_elsewhere_does_not_win(place):
    wheel(place.plugin, "s2p_tiny", "0.9")
    with zipfile.ZipFile(place.plugin / "s2p_tiny-0.9-py3-none-any.whl") as archive:
        archive.extractall(place.plugin / "elsewhere")
    sys.path.insert(0, str(place.plugin / "elsewhere"))
    place.ensure()
    assert version_of("s2p_tiny") == "1.2"


def test_the_plugin_s_own_modules_come_before_the_packages(place):
    sys.path.insert(0, str(place.plugin))
    place.ensure()
    assert sys.path[:2] == [str(place.plugin), str(place.folder)]


def test_a_folder_without_its_marker_is_made_anew(place):
    place.folder.mkdir(parents=True)
    (place.folder / "s2p_tiny.py").write_text("VERSION = 'half'")
    place.ensure()
    assert version_of("s2p_tiny") == "1.2"


def test_a_folder_of_which_some_was_deleted_is_made_anew(place):
    place.ensure()
    for one in place.folder.glob("s2p_base*"):
        one.unlink() if one.is_file() else shutil.rmtree(one)
    place.log.clear()
    place.ensure()
    assert version_of("s2p_base") == "1.5" and "are installed" in place.log[-1]
    place.log.clear()
    place.ensure(python="/does/not/exist")
    assert place.log == []


def test_a_folder_that_was_filled_by_hand_is_used(place):
    command = [sys.executable, "-m", "pip", "install", "-q", "--target", str(place.folder)]
    subprocess.run([*command, "-r", str(place.requirements)], check=True)
    place.ensure(python="/does/not/exist")
    assert version_of("s2p_tiny") == "1.2"


def test_new_requirements_replace_the_older_folder_and_leave_those_of_other_pythons(place):
    place.ensure()
    sys.path.remove(str(place.folder))
    other = place.data / "deps" / "cp39-linux_x86_64-musl-0123456789ab"
    other.mkdir()
    wheel(place.wheels, "s2p_tiny", "2.0")
    place.requires("s2p-tiny>=2")
    place.ensure()
    assert version_of("s2p_tiny") == "2.0"
    assert place.folders() == {place.folder.name, other.name}


def test_nothing_is_written_outside_the_data_dir(place, tmp_path, monkeypatch):
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    # pip asks `rustc` for its version if there is one, and that may write on its own account.
    monkeypatch.setenv("PATH", str(home))
    monkeypatch.delenv("PIP_CACHE_DIR", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    place.ensure()
    assert list(home.iterdir()) == []
    assert {path.name for path in place.plugin.iterdir()} == {"requirements.txt"}


def test_the_layout_of_the_file_does_not_change_the_folder():
    one = parse_all("# why\na>=1\nB<2\n")
    other = parse_all("b < 2\nA >= 1")
    assert install.folder_name(one) == install.folder_name(other)
    assert install.folder_name(one) != install.folder_name(parse_all("a>=1"))


def test_the_folder_names_python_platform_and_c_library():
    tag = install.python_tag()
    assert tag.startswith(f"cp{sys.version_info[0]}{sys.version_info[1]}-")
    if sys.platform == "linux":
        assert tag.endswith(("-glibc", "-musl"))
    assert not set(tag) & set("/\\: .")


# --- what goes wrong -----------------------------------------------------------------------


@pytest.mark.skipif(os.name == "nt", reason="pip is played by a shell script")
def test_pip_is_told_no_secret(place, tmp_path, monkeypatch):
    monkeypatch.setenv("STASH_API_KEY", "the-key-of-a-stash")
    script, told = tmp_path / "python", tmp_path / "told"
    script.write_text(f'#!/bin/sh\n(echo "$@"; env) > {told}\nexit 1\n')
    script.chmod(0o755)
    refused(place, python=str(script))
    assert "-m pip install" in told.read_text()
    assert "the-key-of-a-stash" not in told.read_text()


def test_a_failing_pip_gives_one_sentence_with_the_command(place):
    place.requires("s2p-nowhere>=1")
    sentence = refused(place)
    command = [sys.executable, "-m", "pip", "install", "--target", str(place.folder)]
    assert "No matching distribution found for s2p-nowhere>=1" in sentence
    assert sentence.endswith(shlex.join([*command, "-r", str(place.requirements)]))
    assert "\n" not in sentence


@posix
def test_a_python_without_pip_is_told(place, tmp_path):
    bare = stand_in(tmp_path / "bare", f'exec {shlex.quote(sys.executable)} -S "$@"')
    assert "(pip is missing)" in refused(place, python=bare)


@posix
def test_a_silent_failure_is_told(place, tmp_path):
    assert "exit status 3" in refused(place, python=stand_in(tmp_path / "broken", "exit 3"))


def test_a_python_that_cannot_be_started_is_told(place):
    assert "No such file" in refused(place, python="/does/not/exist")
    assert "does not know its own name" in refused(place, python="")


def test_a_data_dir_that_cannot_be_written_is_told(place):
    place.data.write_text("a file")
    assert "cannot be written" in refused(place)


def test_requirements_that_cannot_be_read_are_told(place):
    place.requirements.unlink()
    with pytest.raises(SetupError, match="reinstall the plugin"):
        activate.ensure(place.requirements, place.data, place.log.append)


@posix
def test_packages_that_pip_did_not_deliver_are_told(place, tmp_path):
    liar = stand_in(tmp_path / "liar", 'mkdir -p "$5"')
    with pytest.raises(SetupError, match="s2p-tiny>=1,<2 is not there"):
        place.ensure(python=liar)


def test_the_sentence_quotes_for_the_platform(place, monkeypatch):
    place.requires("s2p-nowhere>=1")
    monkeypatch.setattr(install.os, "name", "nt")
    arguments = ("C:\\Program Files\\python.exe", place.requirements, place.folder)
    assert '"C:\\Program Files\\python.exe" -m pip' in install._by_hand(*arguments, {})


# --- what was found is not searched for again ----------------------------------------------

SEARCHED = """
import sys
from pathlib import Path
from app.packages import activate
requirements, data = map(Path, sys.argv[1:])
activate.ensure(requirements, data, lambda line: None)
import s2p_tiny
print("app.packages.install" in sys.modules, s2p_tiny.VERSION)
activate.remember(data)
"""


@pytest.fixture
def settled(place):
    """Installed a while ago, and found by a process since."""
    place.ensure()
    rest(place)
    searched(place)
    return place


def rest(place):
    for path in (place.data / "deps", place.folder):
        os.utime(path, (1e9, path.stat().st_mtime - 3600))


def modules_of_ours(tmp_path):
    """Where they are nothing else comes and goes, as it does beside the tests."""
    folder = tmp_path / "modules"
    if not folder.exists():
        folder.mkdir()
        for name in ("app", "disk", "errors.py", "sync_queue"):
            (folder / name).symlink_to(ROOT / name)
        os.utime(folder, (1e9, 1e9))
    return folder


def searched(place):
    """Whether another process has to look for the packages; and the version that it imports."""
    command = [sys.executable, "-c", SEARCHED, str(place.requirements), str(place.data)]
    environment = {**os.environ, "PYTHONPATH": str(modules_of_ours(place.plugin.parent))}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    told, version = done.stdout.split()
    return told == "True", version


def test_packages_that_were_found_are_not_searched_for_again(settled):
    assert searched(settled) == (False, "1.2")
    assert searched(settled) == (False, "1.2")


def test_what_was_found_a_moment_after_it_changed_is_searched_for_again(place):
    place.ensure()
    assert [searched(place)[0] for _ in range(2)] == [True, True]


def test_packages_of_which_some_went_are_searched_for_again(settled):
    for one in settled.folder.glob("s2p_base*"):
        one.unlink() if one.is_file() else shutil.rmtree(one)
    assert searched(settled) == (True, "1.2")
    assert list(settled.folder.glob("s2p_base*"))


def test_other_requirements_are_searched_for(settled):
    wheel(settled.wheels, "s2p_tiny", "2.0")
    settled.requires("s2p-tiny>=2")
    assert searched(settled) == (True, "2.0")


def test_a_package_that_came_elsewhere_is_searched_for(settled, tmp_path):
    """One that comes first on Python's path would be imported, whatever its version."""
    (modules_of_ours(tmp_path) / "s2p_tiny-0.9.dist-info").mkdir()
    assert searched(settled) == (True, "1.2")


@pytest.mark.parametrize("said", ["", "x", "../../elsewhere\n", "\udcff"])
def test_a_note_that_makes_no_sense_is_none(settled, said):
    note = settled.data / activate.SEEN
    note.write_text(said, errors="surrogateescape")
    assert searched(settled) == (True, "1.2")
    assert searched(settled) == (False, "1.2")


def test_packages_are_found_without_a_note(settled):
    (settled.data / activate.SEEN).unlink()
    (settled.data / activate.SEEN).mkdir()
    assert searched(settled) == (True, "1.2")


# --- several processes ---------------------------------------------------------------------

ENSURE = """
import sys
from pathlib import Path
from app.packages import activate, install
requirements, data, python = sys.argv[1:]
log = lambda line: print(line, file=sys.stderr, flush=True)
activate.ensure(Path(requirements), Path(data), log, python=python)
import s2p_tiny
"""


def another(place, python=sys.executable, before=""):
    """A process of its own that makes the packages importable and imports one."""
    arguments = [str(place.requirements), str(place.data), python]
    command = [sys.executable, "-c", before + ENSURE, *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    pipe = subprocess.PIPE
    return subprocess.Popen(command, env=environment, stdout=pipe, stderr=pipe, text=True)


@posix
def test_of_several_processes_one_installs_and_all_can_import(place, tmp_path):
    count = tmp_path / "count"
    counting = stand_in(
        tmp_path / "counting",
        f'[ "$3" != install ] || echo x >> {shlex.quote(str(count))}\n'
        f'exec {shlex.quote(sys.executable)} "$@"',
    )
    processes = [another(place, counting) for _ in range(4)]
    said = [process.communicate() for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0, 0], said
    assert count.read_text() == "x\n"
    assert all(out == "" for out, _ in said)


@posix
def test_a_kill_in_the_middle_leaves_nothing_half_in_use(place, tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    slow = stand_in(
        tmp_path / "slow",
        f'[ "$3" = install ] || exec {shlex.quote(sys.executable)} "$@"\n'
        f'mkdir -p "$5"; echo half > "$5/s2p_tiny.py"; echo "Collecting half"; '
        f"read line < {shlex.quote(str(fifo))}",
    )
    victim = another(place, slow)
    while "Collecting half" not in victim.stderr.readline():
        pass
    victim.send_signal(signal.SIGKILL)
    victim.communicate()
    assert not place.folder.exists()
    assert len(place.folders()) == 1
    place.ensure()
    assert version_of("s2p_tiny") == "1.2"
    assert place.folders() == {place.folder.name}
    fifo.open("w").close()


def test_what_a_kill_left_beside_the_packages_goes_with_the_next_run(place):
    """Killed right after the packages were in place: the rest was still to be tidied up."""
    place.ensure()
    sys.path.remove(str(place.folder))
    tag = place.folder.name.rpartition("-")[0]
    for name in ("tmp-4711", f"{tag}-0123456789ab", "cp39-linux_x86_64-musl-0123456789ab"):
        (place.folder.parent / name / "site").mkdir(parents=True)
    place.ensure(python="/does/not/exist")
    assert place.folders() == {place.folder.name, "cp39-linux_x86_64-musl-0123456789ab"}


def test_while_another_process_installs_its_folder_is_left_alone(place):
    place.ensure()
    sys.path.remove(str(place.folder))
    with FileLock(place.folder.parent / install.LOCK):
        (place.folder.parent / "tmp-4711").mkdir()
        place.ensure(python="/does/not/exist")
    assert "tmp-4711" in place.folders()


KILLED_WHILE_REMOVING = """
import os, signal, sys
def heard(event, given):
    if event == "os.remove" and sys._getframe(1).f_globals["__name__"] == "shutil":
        if os.path.basename(given[0]) == "s2p_tiny.py":
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(heard)
"""


def test_a_half_removed_folder_is_not_taken_for_whole(place):
    """An update removes what the version before needed; then somebody goes back to that one."""
    place.ensure()
    sys.path.remove(str(place.folder))
    wheel(place.wheels, "s2p_tiny", "2.0")
    place.requires("s2p-tiny>=2")
    victim = another(place, before=KILLED_WHILE_REMOVING)
    victim.communicate()
    assert victim.returncode == -signal.SIGKILL
    place.requires("s2p-tiny>=1,<2")
    healed = another(place)
    assert healed.communicate()[1].count("this happens once") == 1
    assert healed.returncode == 0 and place.folders() == {place.folder.name}


# --- the list itself -----------------------------------------------------------------------


@pytest.mark.parametrize("listed", LISTS)
def test_every_requirement_has_a_lower_and_an_upper_bound(listed):
    for name, ranges in parse_all((ROOT / listed).read_text()):
        assert ranges.startswith(">="), name
        assert ",<" in ranges, name


@pytest.mark.parametrize("listed", LISTS)
def test_every_requirement_is_explained(listed):
    text = (ROOT / "docs" / "dependencies.md").read_text()
    for name, ranges in parse_all((ROOT / listed).read_text()):
        assert f"`{name}{ranges}`" in text
