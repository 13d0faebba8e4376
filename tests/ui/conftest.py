"""Opens the page of a box in Chromium. A console error or a failed request fails the test.

With STASH_URL (and STASH_API_KEY) in the environment, the tests use the page of that Stash. They fill and
empty its library, so it must have no scenes.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from devserver.box import Box
from disk.lock import FileLock
from tests.ui import libraries
from tests.ui.real_box import RealBox, one_frame
from tests.ui.real_stash import RealStash

SHOTS = Path(os.environ.get("STASH2PLEX_SHOTS") or libraries.CACHE / "shots")
PAGE = "/plugins/stash2plex"
PATIENCE = 60_000  # milliseconds: the machine may be busy
# A real Stash's own page asks for these in vain: previews that a scan does not make, Google's casts, and
# the events of jobs, which a test that plays the proxy does not pass on.
OF_STASH = (
    "/interactive_heatmap",
    "_thumbs.vtt",
    "://www.gstatic.com/",
    "WebSocket connection to",
    "Unable to make websocket connection",
)
REPEATED = "Failed to load resource"  # another event names the same fault with its address


@pytest.fixture(scope="session")
def node_modules() -> Path:
    folder = libraries.libraries()
    if folder is None:
        pytest.skip("npm is not installed: the libraries of Stash's page cannot be had")
    return folder


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = libraries.browser()
    if path is None:
        pytest.skip("no Chromium on this machine (apt-get install chromium)")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=path, args=[*libraries.FLAGS])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def real_stash() -> RealStash | None:
    return RealStash.named_by(dict(os.environ))


@pytest.fixture(scope="session")
def frame(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return one_frame(tmp_path_factory.mktemp("film"))


@pytest.fixture
def box(real_stash: RealStash | None, request: pytest.FixtureRequest) -> Iterator[Box]:
    """The simulated Stash or the real one, with the plugin and an empty library."""
    if real_stash is None:
        yield request.getfixturevalue("make_box")()
        return
    given = [request.getfixturevalue(name) for name in ("plugin_zip", "compiled", "frame")]
    # All workers share one real Stash.
    with (
        held(FileLock(libraries.CACHE / f"real-{real_stash.port}.lock")),
        RealBox(real_stash, *given) as real,
    ):
        yield real
        assert not real.plex.errors, "the simulated Plex made no mistake of its own"
        assert not real.leaks()


@contextmanager
def held(lock: FileLock) -> Iterator[None]:
    lock.acquire(blocking=True)
    try:
        yield
    finally:
        lock.release()


class View:
    """One tab. `page` is Playwright's, and `faults` lists the errors of the page."""

    def __init__(self, page: Any, box: Box, allowed: list[str]) -> None:
        self.page, self.box, self.allowed = page, box, allowed
        self.faults: list[str] = []
        self.asked: list[str] = []  # the modes of the operations, in order
        self.answered = 0  # of these
        page.on("request", self._request)
        page.on("requestfinished", self._answer)
        page.on("requestfailed", self._answer)
        page.on("console", lambda entry: entry.type == "error" and self._fault(entry.text))
        page.on("pageerror", lambda error: self._fault(f"error: {error}"))
        page.on("requestfailed", self._failed)
        page.on(
            "response",
            lambda reply: reply.status >= 400 and self._fault(f"{reply.status} {reply.url}"),
        )
        page.on("dialog", lambda dialog: (self._fault("a dialog"), dialog.dismiss()))
        page.set_default_timeout(PATIENCE)

    @staticmethod
    def _is_operation(request: Any) -> bool:
        is_graphql = request.url.endswith("/graphql")
        return is_graphql and "runPluginOperation" in (request.post_data or "")

    def _answer(self, request: Any) -> None:
        self.answered += self._is_operation(request)

    def _request(self, request: Any) -> None:
        if self._is_operation(request):
            self.asked.append(json.loads(request.post_data)["variables"]["args"]["mode"])

    def _failed(self, request: Any) -> None:
        if request.failure != "net::ERR_ABORTED":  # closed by the page itself
            self._fault(f"{request.failure} {request.url}")

    def _fault(self, fault: str) -> None:
        if not any(part in fault for part in (REPEATED, *self.allowed)):
            self.faults.append(fault)

    def go(self, view: str = "overview", more: str = "") -> View:
        self.page.goto(f"{self.box.stash.url}{PAGE}?view={view}{more}")
        self.page.get_by_role("heading", name="Stash2Plex", exact=True).wait_for()
        return self

    def until(self, condition: Callable[[], bool]) -> None:
        """Waits for a condition that the page does not show."""
        for _ in range(PATIENCE // 50):
            if condition():
                return
            self.page.wait_for_timeout(50)
        message = self.page.locator(".s2p-notices").all_inner_texts()
        waited = f"not true after {PATIENCE // 1000} s"
        raise TimeoutError(f"{waited}; the page says {message}; its operations: {self.asked}")

    def press(self, name: str, sure: str = "") -> None:
        """Presses a button by its name, and with `sure` a second time to confirm."""
        self.button(name).click()
        if sure:
            self.button(sure).click()

    def button(self, name: str) -> Any:
        return self.page.get_by_role("button", name=re.compile(rf"^\s*{re.escape(name)}\s*$"))

    def says(self, text: str) -> None:
        """Waits for a message of the page that contains the text."""
        self.page.locator(".s2p-notices").filter(has_text=text).first.wait_for()

    def shows(self, text: str) -> Any:
        place = self.page.get_by_text(text).first
        place.wait_for()
        return place

    def card(self, title: str) -> Any:
        heading = self.page.get_by_role("heading", name=title, exact=True)
        return self.page.locator("section.s2p-card").filter(has=heading)

    def shot(self, name: str) -> None:
        SHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SHOTS / f"{name}.png", full_page=True)


Open = Callable[..., View]


@pytest.fixture
def open_tab(chromium: Any, box: Box, node_modules: Path) -> Iterator[Open]:
    """Opens tabs of the box's page. `allow` names console errors that the test causes."""
    box.stash.libraries = node_modules
    real = isinstance(box, RealBox)
    key = box.stash.credentials() if real else {}
    opened: list[tuple[Any, View]] = []

    def make(allow: tuple[str, ...] = (), width: int = 1280, **options: Any) -> View:
        size = {"width": width, "height": 900}
        context = chromium.new_context(viewport=size, extra_http_headers=key, **options)
        allowed = [*allow, *(OF_STASH if real else ())]
        opened.append((context, View(context.new_page(), box, allowed)))
        return opened[-1][1]

    yield make
    faults = [fault for _, view in opened for fault in view.faults]
    for context, _ in opened:
        context.close()
    assert faults == []


@pytest.fixture
def tab(open_tab: Open) -> View:
    return open_tab()
