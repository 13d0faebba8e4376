"""The page of a Stash in a box: the libraries and the PluginApi of the real one, and a few of its places."""

from __future__ import annotations

import html
import mimetypes
from pathlib import Path
from typing import TYPE_CHECKING

from .messages import HTML, TEXT, Reply

if TYPE_CHECKING:
    from .manifest import Plugin
    from .served import Served

OURS = Path(__file__).parent / "ui"
# In the order in which they are loaded; each is a build for <script> of the version Stash has.
SCRIPTS = (
    "react/umd/react.production.min.js",
    "react-dom/umd/react-dom.production.min.js",
    "prop-types/prop-types.min.js",
    "react-router-dom/umd/react-router-dom.min.js",
    "react-bootstrap/dist/react-bootstrap.min.js",
    "@fortawesome/fontawesome-svg-core/index.js",
    "@fortawesome/free-solid-svg-icons/index.js",
)
LAST = "@fortawesome/react-fontawesome/index.js"
STYLE = "bootstrap/dist/css/bootstrap.min.css"
FILES = (*SCRIPTS, LAST, STYLE)
JAVASCRIPT, CSS = "text/javascript; charset=utf-8", "text/css; charset=utf-8"
# As Stash's: everything from itself, images from anywhere, no frames.
POLICY = (
    "default-src data: 'self' 'unsafe-inline' 'unsafe-eval'; img-src data: *; "
    "script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "connect-src 'self'; object-src 'none'; child-src 'none'; form-action 'self'"
)


def answer(owner: Served, path: str, prefix: str) -> Reply | None:
    """What belongs to the page; None for anything else, and if there is none to see."""
    if path.startswith("/plugin/"):
        return _of_plugin(owner, path)
    if owner.libraries is None:
        return None
    if path.startswith("/assets/"):
        return _asset(owner.libraries, path.removeprefix("/assets/"))
    name = path.rsplit("/", 1)[-1]
    if "." in name or _is_image(path):
        return None if path != "/favicon.ico" else Reply(200, "image/x-icon", b"")
    return Reply(200, HTML, _page(prefix).encode(), {"Content-Security-Policy": POLICY})


def _is_image(path: str) -> bool:
    return path.rstrip("/").rsplit("/", 1)[-1] in (
        "screenshot", "image", "frontimage", "backimage",
    )  # fmt: skip


def _asset(libraries: Path, name: str) -> Reply:
    folder = libraries if name in FILES else OURS
    file = folder / name
    if name not in FILES and name not in ("stash.js", "stash.css"):
        return Reply(404, TEXT, b"404 page not found\n")
    kind = JAVASCRIPT if name.endswith(".js") else CSS
    return Reply(200, kind, file.read_bytes(), {"Cache-Control": "no-cache"})


def _of_plugin(owner: Served, path: str) -> Reply | None:
    """`/plugin/<id>/javascript`, `/plugin/<id>/css`: its files, joined in their order."""
    id_, _, what = path.removeprefix("/plugin/").partition("/")
    plugin = owner.library.host.find(id_)
    if plugin is None or not what:
        return Reply(404, TEXT, b"404 page not found\n")
    if what.startswith("assets/"):
        return _published(plugin, what.removeprefix("assets"))
    if what not in ("javascript", "css"):
        return Reply(404, TEXT, b"404 page not found\n")
    files = [plugin.folder / name for name in plugin.ui.get(what) or ()]
    joined = b"\n".join(one.read_bytes() for one in files if "://" not in str(one))
    return Reply(200, JAVASCRIPT if what == "javascript" else CSS, joined)


def _published(plugin: Plugin, path: str) -> Reply:
    for start, folder in (plugin.ui.get("assets") or {}).items():
        file = plugin.folder / folder / path.removeprefix(start).lstrip("/")
        if path.startswith(start) and ".." not in path and file.is_file():
            kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
            return Reply(200, kind, file.read_bytes())
    return Reply(404, TEXT, b"404 page not found\n")


def _page(prefix: str) -> str:
    base = html.escape(prefix.rstrip("/") + "/", quote=True)

    def script(name: str) -> str:
        return f'<script src="assets/{name}"></script>\n'

    # react-fontawesome looks for the core under another name than the core gives itself.
    scripts = "".join(map(script, SCRIPTS))
    scripts += "<script>window.FontAwesome = window['fontawesome-svg-core'];</script>\n"
    scripts += script(LAST)
    return f"""<!doctype html>
<html lang="en"><head><base href="{base}"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Stash</title>
<link rel="stylesheet" href="assets/{STYLE}"><link rel="stylesheet" href="assets/stash.css">
</head><body><div id="root"></div>
{scripts}{script("stash.js")}</body></html>"""
