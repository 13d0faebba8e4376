"""In a terminal of a container one is root, and Stash is not: what root wrote, Stash could not open."""

import os
from contextlib import suppress


def become_owner(data_dir: str) -> None:
    """For the rest of this process root is whoever owns the data dir, so that whatever it makes
    (files, locks, what SQLite puts beside its files) has that owner. What an earlier run of root left
    there is given back. Where that cannot be done, root stays root."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return
    with suppress(OSError):  # a share may know no owners
        folders = _ours(data_dir)
        found = os.stat(folders[-1])
        if found.st_uid == 0:
            return
        for folder in folders[:-1]:
            os.chown(folder, found.st_uid, found.st_gid)
        _give_back(data_dir, found.st_uid, found.st_gid)
        os.setgroups([found.st_gid])
        os.setgid(found.st_gid)
        os.setuid(found.st_uid)


def _ours(data_dir: str) -> list[str]:
    """The data dir, last the folder whose owner is to own it: itself, unless root has just made it
    (with `plugin_data` above it) in the folder of somebody else."""
    found = [os.path.abspath(data_dir)]
    if not os.listdir(data_dir):
        while len(found) < 3 and os.stat(found[-1]).st_uid == 0:
            found.append(os.path.dirname(found[-1]))
    return found


def _give_back(data_dir: str, user: int, group: int) -> None:
    for folder, folders, files in os.walk(data_dir):
        for name in (*folders, *files):
            path = os.path.join(folder, name)
            if os.lstat(path).st_uid == 0:
                os.lchown(path, user, group)
