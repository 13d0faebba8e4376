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

# The states that a person sees, in the order of COUNTS.
STATES = ("pending", "waiting", "in_progress", "dead")
# The earliest time at which work is due without an event: retries and waits, and edits. While Plex is away
# all jobs wait for it. Other jobs were left by a brake, or by a person who stopped their task: nobody starts
# them unasked. One job that is due now is enough.
_READY = f"WHERE status = {READY} AND"
_PUT_OFF = f"{TABLE} INDEXED BY put_off {_READY} due > timestamp"
_DUE = f"SELECT due FROM (SELECT due FROM {TABLE} {_READY} due <= :now AND {{}} LIMIT 1)"
NEXT = f"""SELECT min(due) FROM (
    SELECT min(due) AS due FROM {_PUT_OFF}
    UNION ALL {_DUE.format("rank = 0")}
    UNION ALL {_DUE.format(":away")}
)"""
# The number of jobs in each state, in one row. Only the jobs that were put off are compared with the time.
_COUNT = f"(SELECT count(*) FROM {TABLE} WHERE status = {{}})"
_WAITING = f"(SELECT count(*) FROM {_PUT_OFF} AND due > :now)"
COUNTS = f"""SELECT {_COUNT.format(READY)} - {_WAITING}, {_WAITING},
    {_COUNT.format(CLAIMED)}, {_COUNT.format(DEAD)}"""
