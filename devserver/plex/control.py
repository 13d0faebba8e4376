"""The control plane for a server in a process of its own: `/__control__/<verb>`, JSON both ways.

Each verb is a method call on the server; the body holds its arguments. No token is needed.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from .message import Answer, Call, Refusal

if TYPE_CHECKING:
    from .state import State

PREFIX = "/__control__/"


def respond(state: State, call: Call) -> Answer:
    verb = call.path[len(PREFIX) :].strip("/")
    try:
        arguments = json.loads(call.body) if call.body.strip() else dict(call.query)
        result = state.control(verb, arguments)
    except (LookupError, Refusal) as error:
        return _json({"error": f"{verb}: {error}"}, 404)
    except (TypeError, ValueError, AttributeError) as error:
        return _json({"error": f"{verb}: {error}"}, 400)
    return _json(result)


def _json(value: Any, status: int = 200) -> Answer:
    body = json.dumps(value, default=plain, ensure_ascii=False).encode()
    return Answer(status, body, "application/json")


def plain(value: Any) -> Any:
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    return vars(value) if hasattr(value, "__dict__") else str(value)
