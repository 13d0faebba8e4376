"""Stands in for pip: two tiny packages appear in the target, one file after the other.

As with the real one, it goes on when the process that started it is killed.
"""

import sys
import time
from pathlib import Path

PAUSE = 0.02
PACKAGES = {"s2p_tiny": ("1.2", "Requires-Dist: s2p-base>=1\n"), "s2p_base": ("1.5", "")}


def files():
    for name, (version, needs) in PACKAGES.items():
        said = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}"
        yield f"{name}-{version}.dist-info/METADATA", said
        yield f"{name}.py", f"VERSION = {version!r}\n"
        for number in range(3):
            yield f"{name}_parts/part{number}.py", "# a part\n"


def main(arguments):
    target = Path(arguments[arguments.index("--target") + 1])
    print("Collecting s2p-tiny", flush=True)
    for name, text in files():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_text(text)
        time.sleep(PAUSE)
    print("Successfully installed s2p-tiny", flush=True)


if __name__ == "__main__":
    try:
        main(sys.argv)
    except OSError:  # the folder was taken away, as that of an orphan is
        sys.exit(1)
