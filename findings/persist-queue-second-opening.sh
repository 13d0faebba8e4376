#!/bin/sh
# persist-queue 1.1.0: to open an SQLiteAckQueue again hands out work that is still in progress.
#
# The usual guess: a second object on the same folder, opened to show the size of the queue, changes nothing.
# The behaviour: `auto_resume` is on by default, so the constructor makes every item that was taken and not
# yet acknowledged ready again, also while the process that took it works on it. Two workers then have the
# same item. With `auto_resume=False` the item stays with the first.
# Seen on 2026-12-01:
#   taken by the first: job, then a second opens the queue and sees 1: job
#   taken by the first: job, then a second without auto_resume sees 0
# Fails if the behaviour changes. Needs python3 with pip, and a package index.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore \
  --target "$folder/packages" persist-queue==1.1.0
cat >"$folder/try.py" <<'PYTHON'
import tempfile

from persistqueue import SQLiteAckQueue

with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
    first = SQLiteAckQueue(folder)
    first.put("job")
    taken = first.get()
    second = SQLiteAckQueue(folder)
    print(f"taken by the first: {taken}, then a second opens the queue and sees {second.size}:",
          second.get(block=False))

with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
    first = SQLiteAckQueue(folder)
    first.put("job")
    taken = first.get()
    second = SQLiteAckQueue(folder, auto_resume=False)
    print(f"taken by the first: {taken}, then a second without auto_resume sees {second.size}")
PYTHON
PYTHONPATH="$folder/packages" python3 "$folder/try.py" | tee "$folder/seen"
diff - "$folder/seen" <<'SEEN'
taken by the first: job, then a second opens the queue and sees 1: job
taken by the first: job, then a second without auto_resume sees 0
SEEN
