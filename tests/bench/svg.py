"""Small plots as SVG: lines over an axis, and bars. Pure. They read on light and on dark pages."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

from report import short

WIDTH, HEIGHT = 720, 400
LEFT, RIGHT, TOP, BOTTOM = 70, 190, 40, 50
COLOURS = ("#2f7ed8", "#e4572e", "#3a9d5d", "#8e5bb5", "#c98a00", "#5f6b76")
INK, GRID = "#808890", "#80889040"

Points = Sequence[tuple[float, float]]


class Scale:
    """Values to pixels; `log`: each power of ten is as wide as the next."""

    def __init__(self, values: Sequence[float], start: float, end: float, log: bool) -> None:
        self._log = log
        self.low = min(values) if log else 0.0
        self.high = max(values) or 1.0
        if log:  # out to whole powers
            self.low = 10.0 ** math.floor(math.log10(self.low))
            self.high = 10.0 ** math.ceil(math.log10(self.high))
            self.high = self.high if self.high > self.low else self.low * 10
        self._start, self._end = start, end

    def at(self, value: float) -> float:
        share = (self._of(value) - self._of(self.low)) / (self._of(self.high) - self._of(self.low))
        return round(self._start + share * (self._end - self._start), 1)

    def _of(self, value: float) -> float:
        return math.log10(value) if self._log else value

    def ticks(self) -> list[float]:
        if self._log:
            first, last = round(math.log10(self.low)), round(math.log10(self.high))
            return [10.0**power for power in range(first, last + 1)]
        step = _round_step(self.high / 4)
        return [number * step for number in range(int(self.high / step + 1e-9) + 1)]


def _round_step(value: float) -> float:
    power = 10.0 ** math.floor(math.log10(value))
    return next(one * power for one in (1, 2, 5, 10) if one * power >= value)


def lines(
    title: str, x_axis: str, y_axis: str, series: Mapping[str, Points], log: bool = False
) -> str:
    """A line per series; `log`: both axes."""
    xs = [x for points in series.values() for x, _ in points]
    ys = [y for points in series.values() for _, y in points]
    across = Scale(xs, LEFT, WIDTH - RIGHT, log)
    up = Scale(ys, HEIGHT - BOTTOM, TOP, log)
    found = [*_frame(title, x_axis, y_axis), *_ticks_across(across), *_ticks_up(up, WIDTH - RIGHT)]
    for number, (name, points) in enumerate(series.items()):
        found += _line(name, [(across.at(x), up.at(y)) for x, y in points], number)
    return _document(title, found)


def _line(name: str, points: Points, number: int) -> list[str]:
    colour = COLOURS[number % len(COLOURS)]
    way = " ".join(f"{x:g},{y:g}" for x, y in points)
    dash = ' stroke-dasharray="5 4"' if name.startswith("bare") else ""
    dots = [f'<circle cx="{x:g}" cy="{y:g}" r="3.5" fill="{colour}"/>' for x, y in points]
    y = TOP + 10 + number * 20
    return [
        f'<polyline points="{way}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>',
        *dots,
        f'<rect x="{WIDTH - RIGHT + 15}" y="{y - 9}" width="12" height="12" fill="{colour}"/>',
        _text(WIDTH - RIGHT + 33, y + 1, name, "start"),
    ]


def bars(title: str, y_axis: str, values: Mapping[str, tuple[float, float | None]]) -> str:
    """A bar per value; a stroke across it where the bar (the promise) is."""
    ends = [value for value, _ in values.values()] + [limit or 0.0 for _, limit in values.values()]
    up = Scale(ends, HEIGHT - BOTTOM, TOP, log=False)
    found = [*_frame(title, "", y_axis), *_ticks_up(up, WIDTH - 20)]
    room = (WIDTH - LEFT - 20) / len(values)
    for number, (name, (value, limit)) in enumerate(values.items()):
        x, top = LEFT + number * room + room * 0.2, up.at(value)
        found += [
            f'<rect x="{x:.1f}" y="{top:g}" width="{room * 0.6:.1f}" height="{HEIGHT - BOTTOM - top:g}" '
            f'fill="{COLOURS[0]}"/>',
            _text(x + room * 0.3, top - 5, f"{value:.2f}", "middle"),
            *_words(x + room * 0.3, name),
        ]
        if limit is not None:
            y, end = up.at(limit), x + room * 0.7
            found.append(
                f'<path d="M{x - room * 0.1:.1f} {y:g}H{end:.1f}" stroke="{COLOURS[1]}" stroke-width="2"/>'
            )
    return _document(title, found)


def _words(x: float, name: str) -> list[str]:
    """A name in two rows, so that it fits under its bar."""
    first, _, second = name.partition(", ")
    rows = (first, HEIGHT - BOTTOM + 16), (second, HEIGHT - BOTTOM + 31)
    return [_text(x, y, said, "middle") for said, y in rows if said]


def _frame(title: str, x_axis: str, y_axis: str) -> list[str]:
    middle = (TOP + HEIGHT - BOTTOM) / 2
    return [
        _text(LEFT, 22, title, "start", ' font-weight="bold" font-size="14"'),
        _text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, x_axis, "middle"),
        _text(18, middle, y_axis, "middle", f' transform="rotate(-90 18 {middle:g})"'),
    ]


def _ticks_across(scale: Scale) -> list[str]:
    found = []
    for value in scale.ticks():
        x = scale.at(value)
        found += [
            f'<path d="M{x:g} {TOP}V{HEIGHT - BOTTOM}" stroke="{GRID}"/>',
            _text(x, HEIGHT - BOTTOM + 16, short(value), "middle"),
        ]
    return found


def _ticks_up(scale: Scale, end: float) -> list[str]:
    found = []
    for value in scale.ticks():
        y = scale.at(value)
        found += [
            f'<path d="M{LEFT} {y:g}H{end:g}" stroke="{GRID}"/>',
            _text(LEFT - 8, y + 4, short(value), "end"),
        ]
    return found


def _text(x: float, y: float, said: str, anchor: str, more: str = "") -> str:
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}"{more}>{escape(said)}</text>'


def _document(title: str, found: Sequence[str]) -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'font-family="sans-serif" font-size="12" fill="{INK}"><title>{escape(title)}</title>'
    )
    return "\n".join([head, *found, "</svg>"]) + "\n"
