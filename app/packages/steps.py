"""The steps of an installation, from the lines that it logs. Pure."""

# The line with which a step is over; the next one begins.
STEPS = ("Collecting ", "Downloading ", "Installing collected ", "The packages are installed")
_ABOUT_ONE = ("Collecting ", "Downloading ", "Building ")


def steps_done(line: str, before: int) -> int:
    """How many of the steps are done after this line: not fewer than `before`."""
    reached = [number for number, start in enumerate(STEPS, 1) if line.startswith(start)]
    return max([before, *reached])


def package(line: str) -> str:
    """The package or file that this line is about, '' if it is about none."""
    return line.split()[1].rpartition("/")[2] if line.startswith(_ABOUT_ONE) else ""
