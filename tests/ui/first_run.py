"""What a new user does, and counts."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from devserver.box import Box
from scripts import package
from tests.ui.conftest import View

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c626001"
    "000000ffff03000006000557bfabd40000000049454e44ae426082"
)


def filled(box: Box, count: int) -> None:
    scenes = {
        f"{n}.mp4": {"title": f"Title {n}", "tags": ["Rain"], "cover": PNG} for n in range(count)
    }
    box.add_all(scenes)


def allow(tab: View, button: str = "Sign in to Plex") -> None:
    """Presses the button, and allows the sign-in in the window that opens."""
    with tab.page.context.expect_page() as opened:
        tab.press(button)
    plex = opened.value
    plex.get_by_role("button", name="Allow").click()
    plex.get_by_text("Done").wait_for()
    plex.close()


def count_clicks(tab: View) -> Callable[[], int]:
    """Returns a function that gives the clicks in all pages of the tab and its windows until now."""
    clicks: list[None] = []
    tab.page.context.expose_function("clicked", lambda: clicks.append(None))
    listen = "addEventListener('click', event => event.isTrusted && window.clicked(), true)"
    tab.page.context.add_init_script(listen)
    return lambda: len(clicks)


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def package_source(folder: Path) -> Iterator[str]:
    """Serves the package of this checkout. Yields the address of its index."""
    package.build(folder)
    handler = functools.partial(_Quiet, directory=str(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/index.yml"
    finally:
        server.shutdown()
        server.server_close()
