"""JSON, and GraphQL over a bare socket, without the modules of the standard library for them. Hook lane.

Importing json costs a hook as much as the bare interpreter, since json imports re and enum; this is the C
core of json alone. In an interpreter with another core, json does the work. An HTTP library would cost more
than the whole hook.
"""

import time

CONNECT_SECONDS = 1.0
ANSWER_SECONDS = 3.0  # without a deadline: a person waits


class _Rules:
    """The attributes that the core reads, with the values of json.JSONDecoder."""

    strict = True
    memo: "dict[str, str]" = {}
    object_hook = object_pairs_hook = array_hook = None
    parse_float, parse_int, parse_constant = float, int, float


def _core():
    """(scanner, quoter), or (None, None)."""
    try:
        import _json

        scan = _json.make_scanner(_Rules)  # type: ignore[arg-type]
        return scan, _json.encode_basestring_ascii
    except (ImportError, AttributeError, TypeError):  # pragma: no cover - not with today's CPython
        return None, None


_scan, _quoted = _core()
_BLANK = " \t\n\r"
_MARK = "\ufeff"  # some editors begin files with it


def loads(data: "bytes | str") -> object:
    """The one document in `data`. Raises ValueError if it is not one, or is nested too deep."""
    text = data if isinstance(data, str) else data.decode("utf-8", "surrogatepass")
    text = text.removeprefix(_MARK)
    try:
        found, end = _scan(text, len(text) - len(text.lstrip(_BLANK)))
    except RecursionError:
        raise ValueError("JSON that is nested too deep") from None
    except (StopIteration, TypeError, SystemError):  # without json the core cannot raise its errors
        import json

        return json.loads(text)
    if text[end:].strip(_BLANK):
        raise ValueError("more than one JSON document")
    return found


def dumps(value: object) -> str:
    """`value` as JSON, in ASCII. Plain data needs no json."""
    if _quoted is not None:
        if isinstance(value, str):
            return _quoted(value)
        if isinstance(value, dict):
            pairs = [f"{dumps(str(name))}: {dumps(part)}" for name, part in value.items()]
            return "{" + ", ".join(pairs) + "}"
        if isinstance(value, (list, tuple)):
            return "[" + ", ".join([dumps(part) for part in value]) + "]"
        if value is None or type(value) is bool:
            return {None: "null", True: "true", False: "false"}[value]
        if type(value) is int or (type(value) is float and value - value == 0):
            return repr(value)
    return _whole(value)


def _whole(value: object) -> str:
    import json

    try:
        return json.dumps(value, default=str, allow_nan=False)
    except ValueError:  # NaN or infinite, which JSON does not have
        return json.dumps(json.loads(json.dumps(value, default=str), parse_constant=lambda _: None))


# -- GraphQL


def ask(connection: dict, query: str, variables: dict, deadline: "float | None" = None) -> dict:
    """The `data` of one GraphQL call. `deadline` is on the monotonic clock. Raises TimeoutError if Stash does not answer in
    time, another OSError or ValueError if it does not answer the call."""
    body = dumps({"query": query, "variables": variables}).encode()
    host, port = address(connection)
    head = [
        "POST /graphql HTTP/1.0",
        f"Host: {f'[{host}]' if ':' in host else host}:{port}",
        "Content-Type: application/json",
        "Accept: application/json",
        f"Content-Length: {len(body)}",
        *_credentials(connection),
    ]
    request = "\r\n".join(head).encode() + b"\r\n\r\n" + body
    raw = _exchange(host, port, _is_secure(connection), request, deadline)
    head_of_answer, _, answer = raw.partition(b"\r\n\r\n")
    status = head_of_answer[9:12] if head_of_answer.startswith(b"HTTP/1.") else b""
    if status != b"200":
        known = status.isdigit()
        raise ValueError(f"HTTP {status.decode()}" if known else "an answer that is no HTTP")
    document = loads(answer)
    data = document.get("data") if isinstance(document, dict) else None
    if not isinstance(data, dict):
        raise ValueError("an answer without data")
    return data


def cookie(connection: dict) -> str:
    """The session that Stash gave us, '' for none."""
    session = connection.get("SessionCookie")
    value = session.get("Value") if isinstance(session, dict) else None
    return value if isinstance(value, str) else ""


def _credentials(connection: dict) -> "list[str]":
    session, key = cookie(connection), connection.get("ApiKey")
    pairs = (("Cookie: session=", session), ("ApiKey: ", key))
    return [name + value for name, value in pairs if isinstance(value, str) and _fits(value)]


def _fits(value: str) -> bool:
    """Whether the value fits into one line of the request."""
    return bool(value) and value.isprintable()


def address(connection: dict) -> "tuple[str, int]":
    """Host and port of Stash, as seen from this machine; Stash names the address that it is bound to.
    Raises ValueError if the address makes no sense."""
    host = str(connection.get("Host") or "").strip("[] ")
    local = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "127.0.0.1"}
    try:
        port = int(connection.get("Port") or 9999)
    except (TypeError, OverflowError):
        port = 0
    if not 0 < port < 65536 or not host.isprintable():
        raise ValueError("Stash did not name its own address (server_connection)")
    return local.get(host, host), port


def _is_secure(connection: dict) -> bool:
    return str(connection.get("Scheme")).lower() == "https"


def _exchange(
    host: str, port: int, secure: bool, request: bytes, deadline: "float | None"
) -> bytes:
    """The whole answer: up to its Content-Length, or until Stash closes the connection."""
    deadline = time.monotonic() + ANSWER_SECONDS if deadline is None else deadline
    stream = _connected(host, port, secure, deadline)
    try:
        stream.settimeout(_left(deadline))
        stream.sendall(request)
        answer = b""
        while not _is_whole(answer) and len(answer) < 1 << 20:
            stream.settimeout(_left(deadline))
            chunk = stream.recv(65536)
            if not chunk:
                break
            answer += chunk
        return answer
    finally:
        stream.close()


def _is_whole(answer: bytes) -> bool:
    """Whether the answer has as many bytes as its Content-Length: a proxy may keep the connection open
    after them."""
    head, end_of_head, body = answer.partition(b"\r\n\r\n")
    _, named, rest = head.lower().partition(b"\r\ncontent-length:")
    length = rest.partition(b"\r\n")[0].strip()
    return bool(end_of_head and named) and length.isdigit() and len(body) >= int(length)


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _connected(host: str, port: int, secure: bool, deadline: float):  # type: ignore[no-untyped-def]
    if secure:
        import socket
    else:  # its C core does without the enums, which cost as much as the rest of the hook
        import _socket as socket  # type: ignore[no-redef]
    name = host.encode() if host.isascii() else host  # bytes need no codec for domain names
    problem = OSError("no address")
    for family, kind, number, _, place in socket.getaddrinfo(name, port, 0, socket.SOCK_STREAM):
        plain = None
        try:
            plain = socket.socket(family, kind, number)  # fails on a machine without IPv6
            plain.settimeout(min(CONNECT_SECONDS, _left(deadline)))
            plain.connect(place)
            return _encrypted(plain, deadline) if secure else plain
        except OSError as error:
            if plain:
                plain.close()
            problem = error
    raise problem


def _encrypted(plain, deadline: float):  # type: ignore[no-untyped-def]
    import ssl

    context = ssl.create_default_context()
    # Stash's own certificate is self-signed, and Stash is our parent process on this machine.
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    plain.settimeout(_left(deadline))
    return context.wrap_socket(plain)
