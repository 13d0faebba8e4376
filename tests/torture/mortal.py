"""Runs a Python script as Python would, in this very process, and kills it at a chosen point.

    mortal.py script [arguments]

The folder in MORTAL_DIR may hold a plan: `{"lane", "at": [kind, place, nth]}`, or `{"lane",
"record": true}` to write down all points instead. The first process of that lane takes the plan;
all others run as ever. A lane is `hook`, the mode of a task, or `task` for any of them.

`dies_at` does the same to a function in a process of its own. Standard library only.
"""

import json
import os
import runpy
import signal
import sys

PLAN, POINTS, DIED = "plan.json", "points.json", "died.json"
# Audit events that matter when they are about our files, and those that always do.
FILES = {
    "open", "os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.utime", "os.scandir",
    "os.listdir", "shutil.rmtree", "sqlite3.connect",
}  # fmt: skip
ALWAYS = {"socket.connect", "subprocess.Popen"}
# Calls of C functions, by what they belong to.
CALLS = {
    "posix": {"write", "fsync", "lockf"},
    "sqlite3": {"execute", "executemany", "executescript", "commit", "__exit__"},
    "socket": {"sendall", "send", "recv", "recv_into"},
}
THROUGH = {
    "disk/lock.py", "net/plain.py", "plex/state/database.py", "stash/stdio.py", "stash/api.py",
    "reconciliation/state.py", "disk/json_file.py", "disk/database.py", "disk/quarantine.py",
    "plex/client/transport.py", "stash/transport.py",
}  # fmt: skip


class Watch:
    """Counts points, and kills at the planned one. `trail` are those that have passed."""

    def __init__(self, folder, plan, script, data_dir):
        self.folder, self.plan = folder, plan
        self.home, self.data_dir = os.path.dirname(script) + os.sep, data_dir
        self.trail = []
        self.counts = {}
        self.busy = False

    def start(self):
        sys.addaudithook(self.heard)
        # That makes a process twice as slow, and is only needed for calls of C functions.
        if not self.plan.get("at") or self.plan["at"][0] not in FILES | ALWAYS:
            sys.setprofile(self.called)

    def heard(self, event, given):
        if event in ALWAYS or (event in FILES and self.is_ours(given)):
            self.point(event, sys._getframe(1), str(given[0]) if given else "")

    def is_ours(self, given):
        """Whether the event is about a file in the data dir."""
        path = given[0] if given else None
        path = os.fsdecode(path) if isinstance(path, (str, bytes, os.PathLike)) else ""
        # Whoever names a file by its folder's number (rmtree) does so within the data dir.
        within = len(given) == 2 and isinstance(given[1], int) and given[1] > 2
        return within or path.removeprefix("file:").startswith(self.data_dir)

    def called(self, frame, event, function):
        if event != "c_call":
            return
        name = function.__name__
        if name in CALLS["posix"] or name in CALLS["sqlite3"] or name in CALLS["socket"]:
            owner = _owner(function)
            if name in CALLS.get(owner, ()):
                self.point("commit" if name == "__exit__" else name, frame, owner)

    def point(self, kind, frame, detail):
        if self.busy:
            return
        self.busy = True
        place = self.place(frame)
        nth = self.counts[kind, place] = self.counts.get((kind, place), 0) + 1
        if [kind, place, nth] == self.plan.get("at"):
            self.note(DIED, {"at": [kind, place, nth], "trail": self.trail})
            os.kill(os.getpid(), signal.SIGKILL)
        self.trail.append([kind, place, nth, detail])
        if len(self.trail) == self.plan.get("count"):
            os.kill(os.getpid(), signal.SIGKILL)
        self.busy = False

    def place(self, frame):
        """The innermost line of the script's own modules, as `folder/module.py:12 function`; with
        the line that called it, if that is one of those through which everything goes."""
        said = ""
        while frame is not None:
            path = frame.f_code.co_filename
            if path.startswith(self.home):
                here = path[len(self.home) :]
                if not (said and here in THROUGH):
                    said += f"{' < ' * bool(said)}{here}:{frame.f_lineno} {frame.f_code.co_name}"
                if here not in THROUGH:
                    break
            frame = frame.f_back
        return said or "outside"

    def note(self, name, what):
        path = os.path.join(self.folder, name)
        with open(f"{path}.new", "w", encoding="utf-8") as file:
            json.dump(what, file)
        os.replace(f"{path}.new", path)


def dies_at(count, act, home, data_dir):
    """Whether a child process dies right before its `count`-th point; else `act` came to its end."""
    child = os.fork()
    if not child:
        code = 1
        try:
            Watch("", {"count": count}, os.path.join(home, "script"), str(data_dir)).start()
            act()
            code = 0
        finally:
            os._exit(code)
    ended = os.waitpid(child, 0)[1]
    if ended not in (0, signal.SIGKILL):
        raise RuntimeError(f"the child ended with {ended}")
    return ended == signal.SIGKILL


def _owner(function):
    found = getattr(function, "__self__", None)
    if getattr(found, "__name__", "") == "posix":
        return "posix"
    module = type(found).__module__
    return {"sqlite3": "sqlite3", "_socket": "socket", "socket": "socket"}.get(module, "")


def _given():
    """All of stdin, which can be read once more afterwards."""
    chunks = []
    while chunk := os.read(0, 1 << 16):
        chunks.append(chunk)
    again = os.memfd_create("stdin")
    for chunk in chunks:
        os.write(again, chunk)
    os.lseek(again, 0, os.SEEK_SET)
    os.dup2(again, 0)
    os.close(again)
    return b"".join(chunks)


def _taken(folder, lane):
    """The plan, if it is for a process of this lane and no other was quicker."""
    path = os.path.join(folder, PLAN)
    try:
        with open(path, encoding="utf-8") as file:
            plan = json.load(file)
        if plan["lane"] not in (lane, "hook" if lane == "hook" else "task"):
            return None
        os.rename(path, f"{path}.{os.getpid()}")
    except (OSError, ValueError):
        return None
    return plan


def _watch(folder, script):
    """The watch over this process, if there is a plan for it."""
    try:
        document = json.loads(_given())
        args, place = document["args"], document["server_connection"]["Dir"]
    except (ValueError, KeyError, TypeError):
        return None
    lane = "hook" if "hookContext" in args else str(args.get("mode"))
    plan = _taken(folder, lane)
    return plan and Watch(folder, plan, script, os.path.join(place, "plugin_data"))


def main():
    sys.argv = [word for word in sys.argv[1:] if word != "-S"]  # as the manifest starts it
    folder, script = os.environ["MORTAL_DIR"], os.path.realpath(sys.argv[0])
    watch = _watch(folder, script) if os.path.exists(os.path.join(folder, PLAN)) else None
    sys.path[0] = os.path.dirname(script)
    if watch is None:
        return runpy.run_path(script, run_name="__main__")
    watch.start()
    try:
        return runpy.run_path(script, run_name="__main__")
    finally:
        sys.setprofile(None)
        watch.busy = True
        if watch.plan.get("record"):
            watch.note(POINTS, watch.trail)


if __name__ == "__main__":
    main()
