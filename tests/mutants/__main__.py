"""Tries every mutation on a copy of the tree: each has to make a test fail.

    python -m tests.mutants [--only WORD] [--first N] [--check]

`--check` only looks whether the text of each mutation is there. Not a part of `make test`.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.mutants.table import MUTATIONS, Mutation

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = (
    "app", "disk", "net", "plex", "reconciliation", "stash", "sync_queue", "validation",
)  # fmt: skip
LEFT_OUT = (".git", ".venv", ".cache", "dist", "build", "__pycache__", "node_modules", ".*_cache")
CAUGHT, MISSED, THERE = "caught", "MISSED", "there"
SECONDS = 900


class Broken(Exception):
    """The tests could not be run at all."""


def sources(root: Path) -> list[Path]:
    """The files of the product."""
    found = [root / "Stash2Plex.py", root / "errors.py"]
    for name in PACKAGES:
        found += sorted((root / name).rglob("*.py"))
    return found


def place(mutation: Mutation, root: Path) -> Path | str:
    """The file that the mutation changes, or why there is none."""
    found = [path for path in sources(root) if mutation.old in path.read_text(encoding="utf-8")]
    if not found:
        return "NOT FOUND: no file of the product has this text any more"
    if len(found) > 1:
        where = ", ".join(str(path.relative_to(root)) for path in found)
        return f"AMBIGUOUS: {where} have this text"
    if found[0].read_text(encoding="utf-8").count(mutation.old) > 1:
        return f"AMBIGUOUS: {found[0].relative_to(root)} has this text more than once"
    names = [name.partition("::")[0] for name in mutation.tests]
    lost = [name for name in names if not (root / "tests" / name).exists()]
    return f"NO TEST FILE: {', '.join(lost)}" if lost else found[0]


def verdict(mutation: Mutation, path: Path, root: Path) -> str:
    """Whether the tests catch it; the file is as before afterwards."""
    before = path.read_text(encoding="utf-8")
    path.write_text(before.replace(mutation.old, mutation.new), encoding="utf-8")
    try:
        return MISSED if passes(mutation.tests, root) else CAUGHT
    except Broken as error:
        return f"BROKEN: {error}"
    finally:
        path.write_text(before, encoding="utf-8")


def passes(tests: tuple[str, ...], root: Path) -> bool:
    """Whether all of these tests pass in the copy."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider"]
    command += [f"tests/{name}" for name in tests]
    try:
        done = subprocess.run(command, cwd=root, capture_output=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return False
    if done.returncode not in (0, 1):  # neither passed nor failed
        said = (done.stdout + done.stderr).decode().strip().splitlines()
        raise Broken(f"pytest ended with {done.returncode}: {said[-1] if said else ''}")
    return done.returncode == 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="mutations with this word")
    parser.add_argument("--first", type=int, default=1, help="begin with this one of the chosen")
    parser.add_argument("--check", action="store_true", help="only look for the texts")
    given = parser.parse_args()
    chosen = [one for one in MUTATIONS if given.only in " ".join((one.what, one.old, *one.tests))]
    chosen = chosen[given.first - 1 :]
    verdicts: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "tree")
        shutil.copytree(ROOT, root, ignore=shutil.ignore_patterns(*LEFT_OUT))
        tests = {name: None for one in chosen for name in one.tests}
        if not (given.check or passes(tuple(tests), root)):
            raise SystemExit("These tests fail without any mutation: " + " ".join(tests))
        for number, mutation in enumerate(chosen, given.first):
            began = time.monotonic()
            path = place(mutation, root)
            if isinstance(path, str):
                said = path
            else:
                said = THERE if given.check else verdict(mutation, path, root)
            verdicts.append(said)
            took = f"{time.monotonic() - began:5.1f} s"
            print(f"{number:3} {took}  {said:7}  {mutation.what}", flush=True)
    good = THERE if given.check else CAUGHT
    print(f"{verdicts.count(good)} of {len(chosen)} {good}")
    return int(verdicts.count(good) < len(chosen))


if __name__ == "__main__":
    sys.exit(main())
