"""Local services that take notifications: by json://, ntfy:// and the form of Discord."""

from __future__ import annotations

import json
import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


class Receiver:
    """A service on this machine. `came` has the messages as dictionaries, `paths` where they came to. It
    answers with `status`, after `released` is set."""

    def __init__(self, status: int = 200) -> None:
        self.came: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.status = status
        self.released = threading.Event()
        self.released.set()
        self._trickles, self._closed = False, threading.Event()
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                owner._take(self)

            def do_CONNECT(self) -> None:
                self.send_response(200)
                self.end_headers()
                self.wfile.flush()
                owner._encrypted(self)

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self._handler = Handler
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        self.tls: ssl.SSLContext | None = None

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self._server.server_port}"

    @property
    def titles(self) -> list[str]:
        return [str(message.get("title") or message.get("content")) for message in self.came]

    def as_proxy(self, folder: Path) -> dict[str, str]:
        """The variables with which every https address leads here. The certificate is signed by nobody."""
        key, cert = str(folder / "key.pem"), str(folder / "cert.pem")
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-subj", "/CN=here", "-keyout", key, "-out", cert],
            check=True, capture_output=True,
        )  # fmt: skip
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(cert, key)
        return {"HTTPS_PROXY": f"http://{self.place}"}

    def hang(self) -> None:
        self.released.clear()

    def trickle(self) -> None:
        """Answer a little all the time, and never whole."""
        self._trickles = True

    def close(self) -> None:
        self._closed.set()
        self.released.set()
        self._server.shutdown()
        self._server.server_close()

    def _take(self, handler: BaseHTTPRequestHandler) -> None:
        length = int(handler.headers.get("Content-Length") or 0)
        self.came.append(json.loads(handler.rfile.read(length)))
        self.paths.append(handler.path)
        self.released.wait(60)
        while self._trickles and not self._closed.wait(0.5):
            handler.send_response_only(100)
            handler.end_headers()
        handler.send_response(self.status)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    def _encrypted(self, handler: BaseHTTPRequestHandler) -> None:
        assert self.tls
        with self.tls.wrap_socket(handler.connection, server_side=True) as stream:
            self._handler(stream, handler.client_address, self._server)
        handler.close_connection = True


@contextmanager
def receivers(*statuses: int) -> Iterator[list[Receiver]]:
    """A service for each status that it answers with."""
    found = [Receiver(status) for status in statuses]
    try:
        yield found
    finally:
        for one in found:
            one.close()


def has_openssl() -> bool:
    return shutil.which("openssl") is not None
