"""Send Test Notification: sends a test to every address, and says for each how that went."""

from typing import Any

import errors
from app.notify import announce
from app.notify.message import test_message
from app.run import Run

NOT_INSTALLED = "Apprise is not installed yet: the task Send Test Notification installs it"
NOTHING = "Notify names no address: enter addresses of Apprise there first"


def send_test(run: Run) -> dict[str, Any]:
    """Send a test. Raises SetupError if there is no address, if Apprise cannot be installed, or if the test
    did not arrive at one of the addresses."""
    if not run.config.notify:
        raise errors.SetupError(NOTHING)
    # Stash kills an operation when its page is left, which would cut an installation off.
    if not (run.args.get("as_task") or not run.from_stash or announce.is_installed(run)):
        raise errors.SetupError(NOT_INSTALLED)
    announce.make_importable(run)
    sent = announce.deliver(run, test_message())
    if any(row.problem for row in sent):
        raise errors.SetupError("; ".join(row.line for row in sent))
    return {"sent": [row._asdict() for row in sent]}
