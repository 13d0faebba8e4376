"""How the last notification went, for the page. Page lane."""

from app.dashboard import overview
from sync_queue import inbox

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Map = dict[str, Any]

FILE = "notified.json"
_SHOWN = ("number", "service", "problem")


def notifications(data_dir: str, args: "Map") -> "Map":
    """When the last message was sent, and the result at each address, which has only a number here."""
    document = overview.read_document(inbox.home(data_dir), FILE)
    sent = document.get("sent")
    rows = [row for row in sent if isinstance(row, dict)] if isinstance(sent, list) else []
    shown = [{name: row.get(name) for name in _SHOWN} for row in rows]
    return {"sent_at": document.get("sent_at") or None, "sent": shown}


def problem(data_dir: str) -> str:
    """A sentence about the addresses at which the last message did not arrive, '' if there is none."""
    rows = notifications(data_dir, {})["sent"]
    failed = [f"address {row['number']}: {row['problem']}" for row in rows if row["problem"]]
    return f"the last notification did not arrive everywhere: {'; '.join(failed)}" if failed else ""
