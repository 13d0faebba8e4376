"""What goes over the wire: the request log's lines, replies, and the pages Stash shows."""

from __future__ import annotations

import ipaddress
import json
from dataclasses import dataclass, field

LOGIN_PAGE = b"<!DOCTYPE html><html><head><title>Login</title></head><body>Login</body></html>"
APP_PAGE = b"<!DOCTYPE html><html><head><title>Stash</title></head><body></body></html>"
HTML, JSON, TEXT = "text/html; charset=utf-8", "application/json", "text/plain; charset=utf-8"

# What gqlgen calls its answer, unless the one who asks names JSON or nothing: status 400 then, not 422.
GRAPHQL = "application/graphql-response+json"


@dataclass
class Request:
    """One line of the request log."""

    method: str
    path: str
    operation: str | None = None
    query: str | None = None
    variables: dict | None = None
    status: int | None = None
    authenticated: bool = False
    fields: tuple[str, ...] = ()
    params: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    errors: list[dict] | None = None


@dataclass
class Reply:
    status: int
    type: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


class HangUp(Exception):
    """A fault: close the connection without another byte."""


def bad_request(status: int, message: str) -> Reply:
    body = json.dumps({"errors": [{"message": message}], "data": None}).encode()
    return Reply(status, JSON, body)


def graphql_type(accept: str) -> str:
    """The first kind in an Accept header that Stash can give."""
    named = [one.partition(";")[0].strip().lower() for one in accept.split(",")]
    known = {JSON: JSON, GRAPHQL: GRAPHQL, "*/*": GRAPHQL, "application/*": GRAPHQL}
    found = (known[one] for one in named if one in known)
    return next(found, GRAPHQL) if accept else JSON


def is_public(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_global
    except ValueError:
        return False
