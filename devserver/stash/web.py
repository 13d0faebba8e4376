"""The HTTP side: authentication, GraphQL, images, login page, request log, armed faults."""

from __future__ import annotations

import json
import socket
import sys
import time
import traceback
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

from graphql import FieldNode

from devserver import trickle

from . import images, page
from .context import Context
from .execute import execute
from .faults import Fault
from .messages import (
    APP_PAGE,
    GRAPHQL,
    HTML,
    JSON,
    LOGIN_PAGE,
    TEXT,
    HangUp,
    Reply,
    Request,
    bad_request,
    graphql_type,
    is_public,
)
from .sessions import Session, Unauthorized

if TYPE_CHECKING:
    from .schema import Schema
    from .served import Served

FREE = ("/login", "/assets")
GZIP_FROM = 512


class Listener(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    owner: Served

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients hang up, that is no news; anything else is a defect of the simulator."""
        if not isinstance(sys.exc_info()[1], OSError):
            traceback.print_exc()

    def process_request(self, request: Any, client_address: Any) -> None:
        self.owner.connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self.owner.connections.discard(request)
        super().shutdown_request(request)


class Exchange(BaseHTTPRequestHandler):
    """One connection; HTTP/1.1 keep-alive with Content-Length on every answer."""

    protocol_version = "HTTP/1.1"
    server: Listener
    disable_nagle_algorithm = True
    wbufsize = -1

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        self._answer(b"")

    do_HEAD = do_GET

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers.get("Content-Length") or 0)))

    # -- one request -----------------------------------------------------------------------

    def _answer(self, body: bytes) -> None:
        started = time.monotonic()
        request = self._described(body)
        owner = self.server.owner
        owner.requests.append(request)
        owner.targets.append(self.path)
        owner.foreign += "X-Plex-Token" in self.headers
        try:
            reply = self._reply(request, body)
            request.status = reply.status
            request.seconds = time.monotonic() - started
            self._send(reply)
        except (HangUp, ConnectionError):
            self.close_connection = True

    def _described(self, body: bytes) -> Request:
        url = urlsplit(self.path)
        params = {k: v[0] for k, v in parse_qs(url.query, keep_blank_values=True).items()}
        request = Request(self.command, url.path, params=params, headers=dict(self.headers.items()))
        if url.path.rstrip("/") == "/graphql":
            self._describe_query(request, body)
        return request

    def _describe_query(self, request: Request, body: bytes) -> None:
        try:
            document = json.loads(body) if self.command == "POST" else self._from_url(request)
        except ValueError:
            return
        if isinstance(document, dict) and isinstance(document.get("query"), str):
            request.query = document["query"]
            request.variables = document.get("variables")
            parsed = self.server.owner.library.compiled.parsed(document["query"])
            names = [name for name in parsed.operations if name]
            request.operation = document.get("operationName") or (names[0] if names else None)
            request.fields = tuple(
                node.name.value
                for operation in parsed.operations.values()
                for node in operation.selection_set.selections
                if isinstance(node, FieldNode)
            )

    @staticmethod
    def _from_url(request: Request) -> dict:
        document: dict[str, Any] = dict(request.params)
        if document.get("variables"):
            document["variables"] = json.loads(document["variables"])
        return document

    def _reply(self, request: Request, body: bytes) -> Reply:
        faults = self.server.owner.faults
        since = faults.releases
        fault = faults.struck(request)
        if fault:
            instead = self._before(fault, since)
            if instead is not None:
                return instead
        reply = self._routed(request, body)
        if fault and fault.action == "drop_after":
            raise HangUp
        if fault and fault.action == "half_body":
            self._send_half(reply)
            raise HangUp
        if fault and fault.action == "trickle":
            self._trickle(reply, fault)
            raise HangUp
        return reply

    # -- faults ----------------------------------------------------------------------------

    def _before(self, fault: Fault, since: int) -> Reply | None:
        if fault.action == "drop":
            raise HangUp
        if fault.action == "hang":
            self.server.owner.faults.pause(since, None)
            raise HangUp
        if fault.action == "slow":
            self.server.owner.faults.pause(since, fault.seconds)
        return {
            "500": Reply(500, TEXT, b"Internal Server Error\n"),
            "401": Reply(401, TEXT, b"", {"WWW-Authenticate": "FormBased"}),
            "html": Reply(200, HTML, LOGIN_PAGE),
            "other": Reply(200, JSON, fault.text.encode()),
            "errors": Reply(200, JSON, b'{"errors":[{"message":"armed fault"}],"data":null}'),
        }.get(fault.action)

    def _send_half(self, reply: Reply) -> None:
        self._head(reply, len(reply.body))
        self.wfile.write(reply.body[: len(reply.body) // 2])
        self.wfile.flush()

    def _trickle(self, reply: Reply, fault: Fault) -> None:
        head = f"Content-Type: {reply.type}\r\n"
        send = self.connection.sendall
        trickle.send(send, fault.phase, reply.body, fault.seconds, head, time.sleep)

    # -- routes ----------------------------------------------------------------------------

    def _routed(self, request: Request, body: bytes) -> Reply:
        path = request.path
        if path == "/healthz":
            return Reply(200, TEXT, b".")
        if self._tripped():
            return Reply(403, TEXT, b"Stash is exposed to the public internet\n")
        try:
            user, session = self._who(request)
        except Unauthorized:
            return Reply(401, TEXT, b"", {"WWW-Authenticate": "FormBased"})
        sessions = self.server.owner.library.sessions
        request.authenticated = bool(user) or not sessions.password
        refresh = {"Set-Cookie": sessions.set_cookie(session)} if session else {}
        if not request.authenticated and not self._free(path):
            return self._refused(path, refresh)
        reply = self._page(request, body, user, session)
        reply.headers = {**refresh, **reply.headers}
        return reply

    def _who(self, request: Request) -> tuple[str | None, Session | None]:
        """(user, session). A key that was sent decides alone; a bad cookie is nobody."""
        sessions = self.server.owner.library.sessions
        session = sessions.from_cookies(self.headers.get("Cookie"))
        key = self.headers.get("ApiKey") or request.params.get("apikey")
        if key:
            # The cookie of such a request is neither refreshed nor asked for its user.
            self._visited = session.visited if session else ()
            return sessions.user_of_key(key), None
        self._visited = session.visited if session else ()
        return (session.user if session else None), session

    def _tripped(self) -> bool:
        """A forwarded public address locks a server without password, until it is restarted."""
        owner = self.server.owner
        for address in (self.headers.get("X-Forwarded-For") or "").split(","):
            if not owner.library.sessions.password and is_public(address.strip()):
                owner.tripwire = True
        return owner.tripwire

    @staticmethod
    def _free(path: str) -> bool:
        return path in ("/logout", "/css") or path.startswith(FREE)

    @staticmethod
    def _refused(path: str, headers: dict[str, str]) -> Reply:
        """401 for data, a redirect to the login page for everything that looks like a page."""
        extension = path.rsplit("/", 1)[-1].rpartition(".")
        if path == "/graphql" or (extension[1] and extension[2] != "html"):
            return Reply(401, TEXT, b"", {"WWW-Authenticate": "FormBased", **headers})
        target = "/login?" + urlencode({"returnURL": path})
        body = f'<a href="{target}">Found</a>.\n\n'.encode()
        return Reply(302, HTML, body, {"Location": target, **headers})

    def _page(
        self, request: Request, body: bytes, user: str | None, session: Session | None
    ) -> Reply:
        library, path = self.server.owner.library, request.path
        if path.rstrip("/") == "/graphql":
            return self._graphql(request, body, user)
        if path.rstrip("/") == "/login":
            return self._login(body)
        shown = page.answer(self.server.owner, path, self.headers.get("X-Forwarded-Prefix") or "")
        if shown is not None:
            return shown
        found = images.image(library, path, request.params.get("default") == "true")
        if found is not None:
            return self._image(request, *found)
        if "." in path.rsplit("/", 1)[-1]:
            return Reply(404, TEXT, b"404 page not found\n")
        return Reply(200, HTML, APP_PAGE)

    def _image(self, request: Request, status: int, type_: str, data: bytes) -> Reply:
        if status != 200:
            return Reply(status, type_, data)
        tag = images.etag(data)
        forever = "private, max-age=31536000, immutable"
        headers = {"ETag": tag, "Cache-Control": forever if "t" in request.params else "no-cache"}
        if self.headers.get("If-None-Match") == tag:
            return Reply(304, type_, b"", headers)
        return Reply(200, type_, data, headers)

    def _login(self, body: bytes) -> Reply:
        if self.command != "POST":
            return Reply(200, HTML, LOGIN_PAGE)
        sessions = self.server.owner.library.sessions
        form = {k: v[0] for k, v in parse_qs(body.decode()).items()}
        right = (sessions.username, sessions.password)
        if not sessions.password or (form.get("username"), form.get("password")) != right:
            return Reply(401, TEXT, b"invalid credentials\n")
        cookie = sessions.set_cookie(Session(sessions.username))
        return Reply(200, TEXT, b"", {"Set-Cookie": cookie})

    # -- GraphQL ---------------------------------------------------------------------------

    def _graphql(self, request: Request, body: bytes, user: str | None) -> Reply:
        owner = self.server.owner
        if self.command == "POST":
            kind = (self.headers.get("Content-Type") or "").split(";")[0].strip().lower()
            if kind != "application/json":
                return bad_request(400, "transport not supported")
            try:
                document = json.loads(body)
            except ValueError as error:
                return bad_request(400, f"json request body could not be decoded: {error}")
        else:
            document = self._from_url(request)
            if _mutates(owner.library.compiled, document.get("query")):
                return bad_request(406, "GET requests only allow query operations")
        if not isinstance(document, dict):
            return bad_request(400, "json request body could not be decoded")
        context = Context(user, self._visited, self._base_url(), self.connection)
        status, answer = execute(owner.library, context, document)
        request.errors = answer.get("errors")
        kind = graphql_type(self.headers.get("Accept") or "")
        if status == 422:
            owner.queries_rejected.append(request)
            status = 422 if kind == JSON else 400
        text = json.dumps(answer, ensure_ascii=False).encode("utf-8", "surrogatepass")
        return Reply(status, kind, text, {"Cache-Control": "no-store"})

    def _base_url(self) -> str:
        owner = self.server.owner
        return owner.external_host or f"http://{self.headers.get('Host') or owner.address}"

    # -- sending ---------------------------------------------------------------------------

    def _send(self, reply: Reply) -> None:
        compressible = reply.type.startswith((JSON, GRAPHQL, "text/", "image/svg"))
        accepts = "gzip" in (self.headers.get("Accept-Encoding") or "")
        if self.server.owner.gzip and compressible and accepts and len(reply.body) >= GZIP_FROM:
            packer = zlib.compressobj(4, zlib.DEFLATED, 31)
            reply.body = packer.compress(reply.body) + packer.flush()
            reply.headers["Content-Encoding"] = "gzip"
        self._head(reply, len(reply.body))
        if self.command != "HEAD":
            self.wfile.write(reply.body)
        self.wfile.flush()

    def _head(self, reply: Reply, length: int) -> None:
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.type)
        self.send_header("Content-Length", str(length))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()


def _mutates(schema: Schema, query: str | None) -> bool:
    operations = schema.parsed(query or "").operations.values()
    return any(operation.operation.value == "mutation" for operation in operations)


def hang_up_all(connections: set[socket.socket]) -> None:
    """Ends kept-alive connections, as the end of a server process does."""
    for connection in list(connections):
        try:
            connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
