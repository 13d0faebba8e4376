"""The process interface to Stash: stdin in, exactly one JSON answer out, log and progress on stderr.

Hook lane. No other module touches stdin, stdout or stderr. The rules (prefixes, 64 KiB lines, one document
on stdout) are those of Stash's `interface: raw`, see its pkg/plugin.
"""

import sys

from stash import light

if sys.platform == "win32":
    import nt as calls
else:
    import posix as calls  # the system calls of `os`, whose import costs a tenth of a hook

PLUGIN_ID = "Stash2Plex"
LINE_BYTES = 60_000  # Stash closes the pipe at a line of 64 KiB, prefix and newline included
# Control characters, and marks that reverse the direction of a line.
_CONTROL = dict.fromkeys(
    (*range(32), *range(127, 160), *range(0x2028, 0x202F), *range(0x2066, 0x206A)), " "
)
_secrets: "list[str]" = []
_masks: "dict[tuple[str, ...], list[str]]" = {}  # all spellings of these secrets, longest first
_state = {"debug": False, "answered": False, "stdout": 1, "open": True, "terminal": False}
_scrubs: list = []


def read(fd: int = 0) -> dict:
    """The one JSON document on `fd`. Raises ValueError with a sentence if there is none."""
    try:
        document = light.loads(_all(fd))
    except (ValueError, OSError):
        raise ValueError(
            "stdin held no JSON document: Stash2Plex.py is started by Stash; "
            "in a terminal use `python3 Stash2Plex.py --help`"
        ) from None
    if not isinstance(document, dict):
        raise ValueError("stdin held JSON, but not an object as Stash sends it")
    return document


def _all(fd: int) -> bytes:
    chunks = []
    while chunk := calls.read(fd, 1 << 16):
        chunks.append(chunk)
    return b"".join(chunks)


def connection(given: object) -> dict:
    """`server_connection`, reduced to values of the right type."""
    given = given if isinstance(given, dict) else {}
    cookie, host, port = (given.get(name) for name in ("SessionCookie", "Host", "Port"))
    port = int(port) if isinstance(port, str) and port.isdecimal() and len(port) < 6 else port
    value = cookie.get("Value") if isinstance(cookie, dict) else None
    return {
        "Scheme": "https" if given.get("Scheme") == "https" else "http",
        "Host": host if isinstance(host, str) else "",
        "Port": port if isinstance(port, int) and 0 < port < 65536 else 9999,
        "SessionCookie": {"Value": value} if isinstance(value, str) and value else None,
        "Dir": given.get("Dir"),
    }


def is_terminal(fd: int = 0) -> bool:
    """Whether a person types there, or reads there."""
    return calls.isatty(fd)


def claim_stdout() -> None:
    """Keep stdout for the answer: send whatever a library or a child prints to stderr."""
    if _state["stdout"] != 1:
        return
    sys.stdout.flush()
    _state["stdout"] = calls.dup(1)
    calls.dup2(2, 1)


def hide(secret: object, instead_of: str = "") -> None:
    """Mask `secret` in every later line and in the answer, in all its spellings. `instead_of` is a secret
    that has expired."""
    if instead_of in _secrets:
        _secrets.remove(instead_of)
    if isinstance(secret, str) and len(secret) > 3 and secret not in _secrets:
        _secrets.append(secret)


def _spellings(secret: str) -> "set[str]":
    """The secret as a text, in JSON, in a repr of Python, and in an address."""
    spellings = {secret}
    if secret.isalnum():
        return spellings
    escaped = secret.replace("\\", "\\\\")
    spellings |= {escaped, escaped.replace('"', '\\"'), escaped.replace("'", "\\'")}
    octets = [chr(octet) for octet in secret.encode("utf-8", "surrogatepass")]
    for plain in ("-._~", "-._~/"):
        for digits in ("%%%02X", "%%%02x"):
            spellings.add("".join([c if _is_plain(c, plain) else digits % ord(c) for c in octets]))
    return spellings


def _is_plain(char: str, plain: str) -> bool:
    return (char.isascii() and char.isalnum()) or char in plain


def redact(text: str) -> str:
    """`text` with every known secret masked."""
    secrets = tuple(_secrets)  # a thread that reads ahead may add one meanwhile
    if any(len(secret) <= len(text) for secret in secrets):  # no spelling is shorter
        for mask in _masks.get(secrets) or _spelt(secrets):
            text = text.replace(mask, "***")
    return text


def _spelt(secrets: "tuple[str, ...]") -> "list[str]":
    """Fills `_masks`. Most hooks have no text that is long enough to hold a secret."""
    spellings = {spelling for secret in secrets for spelling in _spellings(secret)}
    _masks.clear()
    _masks[secrets] = sorted(spellings, key=len, reverse=True)
    return _masks[secrets]


def _masked(value: object) -> object:
    """`value` with the secrets masked in all its texts."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {name: _masked(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_masked(part) for part in value]
    return value


def answer(output: object = None, error: "str | None" = None) -> None:
    """Write the one answer. A second call is ignored."""
    if _state["answered"]:
        return
    # Stash logs the error of an answer.
    document = {"output": output} if error is None else {"error": scrub(error), "output": output}
    _write(light.dumps(_masked(document)))


def answer_in_lines(text: str) -> None:
    """Write the answer for a person at a terminal: lines instead of JSON."""
    if not _state["answered"]:
        _write("\n".join([line.translate(_CONTROL) for line in redact(text).split("\n")]))


def end() -> None:
    """End the process at once, as a success: whatever Python would do at its end is left out."""
    calls._exit(0)


def _write(text: str) -> None:
    _state["answered"] = True
    data = text.encode("utf-8", "replace") + b"\n"
    try:
        while data:
            data = data[calls.write(_state["stdout"], data) :]
    except OSError:  # Stash is gone
        pass


def set_debug(on: bool) -> None:
    """Whether to write `debug` lines (the setting Debug Logging)."""
    _state["debug"] = on


def set_terminal(on: bool) -> None:
    """Whether a person reads stderr: lines then begin with words instead of Stash's codes."""
    _state["terminal"] = on


def set_scrub(on: bool) -> None:
    """Whether to keep paths out of all lines (the setting Obfuscate Paths)."""
    _scrubs.clear()
    if on:
        from validation.clean_text import without_paths

        _scrubs.append(without_paths)


def scrub(text: str) -> str:
    """`text`, without paths if Obfuscate Paths is on."""
    for without in _scrubs:
        text = without(text)
    return text


def log(level: str, text: str) -> None:
    """Write a log line for each line of `text`. `level` is one of t d i w e."""
    for line in redact(scrub(str(text))).splitlines():
        line = line.translate(_CONTROL).strip()
        if line:
            _put(level, line)


def debug(text: str) -> None:
    if _state["debug"]:
        log("d", text)


def info(text: str) -> None:
    log("i", text)


def warning(text: str) -> None:
    log("w", text)


def error(text: str) -> None:
    log("e", text)


def progress(fraction: float) -> None:
    """Tell Stash how far the task is, 0..1."""
    _put("p", f"{min(1.0, max(0.0, fraction)):.4f}")


def _put(level: str, line: str) -> None:
    data = line.encode("utf-8", "replace")
    if len(data) > LINE_BYTES:
        data = data[:LINE_BYTES].decode("utf-8", "ignore").encode() + "…".encode()
    if not _state["open"]:
        return
    head = b"\x01" + level.encode() + b"\x02"
    if _state["terminal"]:
        head = {"w": b"warning: ", "e": b"error: ", "d": b"debug: "}.get(level, b"")
        if level == "p":
            return
    try:
        calls.write(2, head + data + b"\n")
    except OSError:  # the reader is gone: go on without a log
        _state["open"] = False


def server_identity() -> "str | None":
    """A name for the running Stash process (our parent), which lasts as long as it. None if unknown.

    A process id alone is not enough on Linux: in a container Stash is process 1 after every start.
    On Windows the parent may be a Python launcher that is new each time, so the name is unknown.
    """
    if sys.platform == "win32":
        return None
    parent = calls.getppid()
    try:
        with open(f"/proc/{parent}/stat", "rb") as file:
            started = file.read().rpartition(b")")[2].split()[19].decode()
    except (OSError, IndexError):
        started = ""
    return f"{parent}:{started}"
