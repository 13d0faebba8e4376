"""plex.tv in a box: what tests and `make play` hold in their hands."""

from __future__ import annotations

import html
import json
import time
import traceback
from collections.abc import Callable
from typing import Any

from devserver.plex.faults import Faults
from devserver.plex.message import Answer, Call, error_page
from devserver.plex.options import Options
from devserver.plex.request_log import RequestLog
from devserver.plex.wire import Listener

from .pins import Pins
from .resources import Connection, Resource

TOKEN = "account-token-of-the-person"
JWT = "eyJhbGciOiJFZERTQSJ9.eyJ1c2VyIjp7fX0.c2lnbmF0dXJl"
Result = tuple[int, Any]
MISSING = "X-Plex-Client-Identifier is missing"
# The page that a person sees. What is behind the # stays in the browser, as at app.plex.tv.
PAGE = """<!doctype html><title>Plex</title><h1>Sign in to Plex</h1><p>{product}</p>
<button onclick="const code = new URLSearchParams(location.hash.slice(2)).get('code');
fetch('/__person__/approve', {{method: 'POST', body: code}})
  .then(answer => document.querySelector('p').textContent = answer.ok ? 'Done' : 'Expired')">
Allow</button>"""


class PlexTv:
    """`faults` breaks requests, `log` has them. `token` is what an approved PIN gives; `signed` makes it
    one with two dots, which plex.tv issues to newer clients and no media server accepts."""

    def __init__(
        self, clock: Callable[[], float] = time.time, host: str = "127.0.0.1", token: str = TOKEN
    ) -> None:
        self.clock, self.token, self.signed = clock, token, False
        self.pins, self.resources = Pins(lambda: self.clock()), list[Resource]()
        self.faults, self.log, self.errors = Faults(), RequestLog(), list[str]()
        self._listener = Listener(host, 0, self._respond, Options())

    def start(self) -> PlexTv:
        self._listener.listen()
        return self

    def stop(self) -> None:
        self._listener.close()

    def __enter__(self) -> PlexTv:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        return f"http://{self._listener.host}:{self._listener.port}"

    # -- what a person does, and has

    def add_server(
        self, machine: str, name: str, token: str, *connections: Connection, **more: Any
    ) -> Resource:
        self.resources.append(Resource(machine, name, token, list(connections), **more))
        return self.resources[-1]

    def approve(self, code: str = "") -> None:
        """Approve the PIN with this code, or the last one."""
        self.pins.approve(code or list(self.pins.known.values())[-1].code, self.account_token)

    @property
    def account_token(self) -> str:
        return JWT if self.signed else self.token

    # -- answers

    def _respond(self, call: Call) -> Answer:
        request = self.log.begin(call, time.monotonic(), call.method == "POST")
        fault = self.faults.hit(call)
        if fault and fault.action.isdigit():
            answer = error_page(int(fault.action), fault.text)
        elif fault:
            answer = Answer(200, b"<html>Sign in to the network</html>", "text/html")
            answer.delivery = "whole" if fault.action == "html" else fault.action
            answer.seconds = fault.seconds
        else:
            answer = self._answered(call)
        self.log.end(request, time.monotonic(), answer.status)
        return answer

    def _answered(self, call: Call) -> Answer:
        if call.path == "/auth":
            return Answer(200, PAGE.format(product=html.escape("Stash")).encode(), "text/html")
        if call.path == "/favicon.ico":
            return Answer(200, b"", "image/x-icon")
        try:
            status, body = self._routed(call)
        except Exception:
            self.errors.append(traceback.format_exc())
            status, body = 500, _error(1, "the simulator failed")
        if "application/json" not in call.headers.get("accept", "") and status < 400:
            return Answer(status, b'<?xml version="1.0"?><pin/>')  # its XML is not modelled
        return Answer(status, json.dumps(body).encode(), "application/json")

    def _routed(self, call: Call) -> Result:
        parts = call.path.strip("/").split("/")
        if parts == ["__person__", "approve"]:
            return self._approved(call.body.decode())
        if parts[:2] != ["api", "v2"]:
            return 404, _error(1003, "Not found")
        if not call.headers.get("x-plex-client-identifier"):
            return 400, _error(1000, MISSING)
        if parts[2:] == ["pins"] and call.method == "POST":
            return self._new_pin(call)
        if parts[2:3] == ["pins"] and len(parts) == 4 and call.method == "GET":
            return self._pin(call, parts[3])
        if parts[2:] == ["resources"] and call.method == "GET":
            return self._resources(call)
        return 404, _error(1003, "Not found")

    def _approved(self, code: str) -> Result:
        try:
            self.approve(code)
        except KeyError:
            return 404, _error(1020, "Code not found or expired")
        return 200, {}

    def _new_pin(self, call: Call) -> Result:
        product = call.headers.get("x-plex-product", "")
        if not product:
            return 400, _error(1000, "X-Plex-Product is missing")
        strong = call.get("strong") == "true" or b"strong=true" in call.body
        pin = self.pins.make(call.headers["x-plex-client-identifier"], product, strong)
        return 201, pin.as_dict(self.clock())

    def _pin(self, call: Call, id: str) -> Result:
        client = call.headers["x-plex-client-identifier"]
        pin = self.pins.find(int(id), client) if id.isdigit() else None
        if pin is None:
            return 404, _error(1020, "Code not found or expired")
        return 200, pin.as_dict(self.clock())

    def _resources(self, call: Call) -> Result:
        if call.token != self.token or call.get("X-Plex-Token"):
            return 401, _error(1001, "User could not be authenticated")
        names = {"relay": "includeRelay", "ipv6": "includeIPv6", "https": "includeHttps"}
        include = {name: call.get(key) == "1" for name, key in names.items()}
        if not include["https"]:
            return 400, _error(1000, "without includeHttps the names are not modelled")
        return 200, [one.as_dict(include) for one in self.resources]


def _error(code: int, message: str) -> dict[str, Any]:
    return {"errors": [{"code": code, "message": message, "status": 400}]}
