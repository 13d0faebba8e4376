"""Fixtures of all tests: the packaged plugin, and a box with both servers and the plugin in it."""

from __future__ import annotations

import compileall
import os
import py_compile
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from coverage import Coverage

ROOT = Path(__file__).resolve().parent.parent
for path in (ROOT, ROOT / "scripts"):
    if str(path) not in sys.path:
        sys.path.insert(0, str(path))

import package  # noqa: E402
from devserver.box import Box  # noqa: E402
from devserver.leaks import leaks  # noqa: E402
from tests.support.boxes import MakeBox, NewBox  # noqa: E402
from tests.support.warm_start import WarmStart  # noqa: E402

MEASURED = "COVERAGE_PROCESS_CONFIG"  # what makes a process measure itself


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Before any fixture of the test: what is measured. Many system tests run the product in this process,
    as unit tests do; what unit tests start is mostly pip. Contract tests run the simulators alone."""
    covered = not item.get_closest_marker("uncovered")
    folder = item.path.relative_to(ROOT / "tests").parts[0]
    processes = covered and folder in ("system", "fuzz")
    with measured(here=covered and folder != "contract", processes=processes):
        return (yield)


@contextmanager
def measured(here: bool, processes: bool) -> Iterator[None]:
    """Whether coverage counts this process, and those that it starts."""
    config, tracer = os.environ.get(MEASURED), None if here else Coverage.current()
    if tracer:
        tracer.stop()
    if not processes:
        os.environ.pop(MEASURED, None)
    try:
        yield
    finally:
        if tracer:
            tracer.start()  # which also sets the configuration of processes
        if config is not None:
            os.environ[MEASURED] = config


@pytest.fixture(scope="session")
def plugin_zip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The plugin as users install it."""
    return package.build(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="session")
def compiled(plugin_zip: Path) -> Path:
    """The plugin's folder with its modules compiled, as it is after its first run."""
    folder = plugin_zip.with_suffix("")
    with zipfile.ZipFile(plugin_zip) as archive:
        archive.extractall(folder)
    # Unchecked: a copy of the folder has other times of modification.
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    compileall.compile_dir(folder, quiet=2, invalidation_mode=mode)
    return folder


@pytest.fixture(scope="session")
def warm_start(compiled: Path) -> Iterator[WarmStart | None]:
    """Starts the plugin's processes as forks; None where there are none."""
    if not hasattr(os, "fork"):
        yield None
        return
    with closing(WarmStart(compiled)) as warm:
        yield warm


@pytest.fixture(scope="session")
def new_box(plugin_zip: Path, compiled: Path, warm_start: WarmStart | None) -> NewBox:
    """Gives a box in a folder, which the caller enters and leaves."""
    start = warm_start and warm_start.spawn
    return lambda root: Box(root, plugin_zip, compiled=compiled, spawn=start)


@pytest.fixture
def spawn(request: pytest.FixtureRequest) -> Callable[..., Any] | None:
    """How the processes of a test's boxes are started; None for the usual way."""
    if request.node.get_closest_marker("cold"):
        return None
    warm = request.getfixturevalue("warm_start")
    return warm and warm.spawn


@pytest.fixture
def make_box(
    plugin_zip: Path, compiled: Path, tmp_path: Path, spawn: Callable[..., Any] | None
) -> Iterator[MakeBox]:
    """Makes boxes (Stash options as keywords) that end with the test."""
    with ExitStack() as stack:
        boxes: list[Box] = []

        def make(**stash: Any) -> Box:
            root = tmp_path / f"box{len(os.listdir(tmp_path))}"
            made = Box(root, plugin_zip, stash, compiled=compiled, spawn=spawn)
            boxes.append(stack.enter_context(made))
            return boxes[-1]

        yield make
        for one in boxes:
            asked = [request.query or "" for request in one.stash.requests]
            assert not one.stash.queries_rejected, "every query fits Stash's schema"
            assert not [query for query in asked if "__schema" in query], "no introspection"
            errors = [error for plex in one.plexes for error in plex.errors]
            assert not errors, "no simulated Plex made a mistake of its own"
            assert not leaks(one)


@pytest.fixture
def box(make_box: MakeBox) -> Box:
    """A Stash and a Plex with the plugin, and an empty library."""
    return make_box()
