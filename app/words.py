"""Numbers in sentences."""


def many(number: int, noun: str) -> str:
    """`1 gap`, `2 gaps`."""
    return f"{number} {noun}" + ("" if number == 1 else "s")
