"""The process that sends a message with Apprise. The addresses come on stdin, so that no list of processes
shows them; each result is a line on stdout, without the address.

It runs as `python -S sender.py` and ends in time, also after its parent has ended.
"""

import json
import logging
import os
import re
import sys
import threading
from typing import Any

TOO_LATE = "no answer in time"
_CODE = re.compile(r"error=(\d{3})\b")
_writing = threading.Lock()


def main() -> None:
    given = json.loads(sys.stdin.buffer.read())
    results = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # stdout is for results: a library prints to stderr, which nobody reads
    limit = threading.Timer(given["seconds"], os._exit, (1,))
    limit.daemon = True
    limit.start()
    sys.path[:] = given["path"]
    _silence()
    message, asset = given["message"], _asset(given["seconds"])
    services = [_service(address, asset) for address in given["addresses"]]
    threads = [
        threading.Thread(target=_send, args=(number, service, message, results), daemon=True)
        for number, service in enumerate(services, start=1)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    os._exit(0)  # no library keeps this process alive


def _silence() -> None:
    """A log line may have an address in it."""
    logging.lastResort = None
    logging.getLogger().addHandler(logging.NullHandler())
    logging.getLogger("apprise").propagate = False


def _asset(seconds: float) -> Any:
    """Apprise without its own storage, plugins, templates and pictures, and without redirects."""
    import apprise

    return apprise.AppriseAsset(
        app_id="Stash2Plex", app_desc="Stash2Plex", app_url="", async_mode=False, secure_logging=True,
        storage_mode="memory", allow_templates=False, image_path_mask=False, http_redirects=False,
        interpret_escapes=False, interpret_emojis=False, service_timeout=seconds,
    )  # fmt: skip


def _service(address: str, asset: Any) -> Any:
    """Apprise with this one address. In the main thread: the first loads the modules of all services."""
    import apprise

    service = apprise.Apprise(asset=asset)
    service.add(address)
    return service


def _send(number: int, service: Any, message: "dict[str, str]", results: Any) -> None:
    name = next((str(one.service_name) for one in service), "")
    problem = _problem(service, message) if name else "Apprise does not know this address"
    result = json.dumps({"number": number, "service": name, "problem": problem})
    with _writing:
        results.write(f"{result}\n")
        results.flush()


def _problem(service: Any, message: "dict[str, str]") -> str:
    """Why the message was not sent, '' if it was."""
    from apprise.result import AppriseResultStatus as Status

    try:
        result = service.notify(
            body=message["body"], title=message["title"], notify_type=message["level"],
            body_format="text", interpret_escapes=False,
        )  # fmt: skip
    except Exception as error:  # of any of the services' modules
        return f"{type(error).__name__} in Apprise"
    if result.status == Status.SUCCESS:
        return ""
    if result.status == Status.TIMEOUT:
        return TOO_LATE
    codes = [found[1] for entry in result.logs() if (found := _CODE.search(entry.message))]
    return f"the service answered {codes[-1]}" if codes else "the service did not answer"


if __name__ == "__main__":
    main()
