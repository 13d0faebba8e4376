"""The names and states in the queue's files, which every lane reads. Imports nothing.

The queue is one table of persist-queue, with three more columns. Its states are persist-queue's own;
a test holds these names to it.
"""

FOLDER, FILE = "queue", "queue.sqlite"
TABLE = "ack_queue_default"
READY, CLAIMED, DEAD = 1, 2, 9
UNCLAIMED = f"status < {CLAIMED}"  # and not in the hands of a drain
IS_SCENE = "key >= 'scene:' AND key < 'scene;'"
STEPS = (
    f"""
CREATE UNIQUE INDEX IF NOT EXISTS owed ON {TABLE} (key) WHERE {UNCLAIMED};
CREATE INDEX IF NOT EXISTS next_due ON {TABLE} (status, rank, _id, due);
CREATE INDEX IF NOT EXISTS by_key ON {TABLE} (key, status);
""",
    # For the look of each open tab: the table of a queue that a brake holds is long.
    f"CREATE INDEX IF NOT EXISTS put_off ON {TABLE} (due) WHERE status = {READY} AND due > timestamp;",
)

OUTAGES = "outages.json"
CLOSED, OPEN, HALF_OPEN = "closed", "open", "half_open"  # the circuit to Plex
REFUSALS = ("token",)  # causes with which Plex answers and lets nobody in: that is no outage

# The states that a person sees, each as a condition on the rows of the table. Its value is the time.
STATES = {
    "pending": f"status = {READY} AND due <= :now",
    "waiting": f"status = {READY} AND due > :now",
    "in_progress": f"status = {CLAIMED}",
    "dead": f"status = {DEAD}",
}
# When work is due without an event: retries and waits, and edits. While Plex is away all jobs wait for it.
# Other jobs were left by a brake, or by a person who stopped their task: nobody starts them unasked.
_READY = f"WHERE status = {READY} AND"
NEXT = f"""SELECT min(due) FROM (
    SELECT min(due) AS due FROM {TABLE} INDEXED BY put_off {_READY} due > timestamp
    UNION ALL SELECT min(due) FROM {TABLE} {_READY} rank = 0
    UNION ALL SELECT min(due) FROM {TABLE} {_READY} :away
)"""
# The number of rows in each state, in one row.
_COUNT = f"(SELECT count(*) FROM {TABLE} WHERE {{}})"
COUNTS = f"SELECT {', '.join(map(_COUNT.format, STATES.values()))}"
