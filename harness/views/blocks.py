"""Charts of block characters, as wide as they are told to be."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

HEIGHTS = "▁▂▃▄▅▆▇█"
EIGHTHS = "▏▎▍▌▋▊▉█"
NOBODY, SHADE = "·", "▒"


def height(value: float, most: float) -> str:
    """One column; whatever is more than nothing is to be seen."""
    return HEIGHTS[min(len(HEIGHTS), ceil(value / most * len(HEIGHTS))) - 1] if value > 0 else " "


def bar(value: float, most: float, width: int) -> str:
    """From the left, to an eighth of a character."""
    full, rest = divmod(round(value / most * width * len(EIGHTHS)), len(EIGHTHS))
    return "█" * full + (EIGHTHS[rest - 1] if rest else "")


def steps(changes: Sequence[tuple[float, int]], ends_s: float, width: int, most: int) -> str:
    """A number over time, from 0 to `ends_s`: from when on it was how great, in order.

    A column shows what differs most from the one before it, so that no change is lost for being short.
    """
    columns: list[list[int]] = [[] for _ in range(width)]
    for at_s, n in changes:
        columns[_column(at_s, ends_s, width)].append(n)
    line, shown, now = "", changes[0][1], changes[0][1]
    for inside in columns:
        shown = _farthest(shown, inside) if inside else now
        now = inside[-1] if inside else now
        line += height(shown, most) if shown else NOBODY
    return line


def top(numbers: Sequence[int]) -> int:
    """How high its chart has to be: what only stays as it was is no full bar."""
    return max(1, 2 * numbers[0], *numbers)


def span(from_s: float, to_s: float, ends_s: float, width: int) -> str:
    """The time between two moments."""
    begins, ends = _column(from_s, ends_s, width), _column(to_s, ends_s, width)
    return " " * begins + SHADE * (ends - begins + 1)


def dots(moments: Sequence[float], ends_s: float, width: int) -> str:
    """How many fall into each column, none is lost for being alone."""
    columns = [0] * width
    for at_s in moments:
        columns[_column(at_s, ends_s, width)] += 1
    return "".join(height(n, max(columns)) if n else " " for n in columns)


def axis(ends_s: float, width: int) -> str:
    """Its beginning, middle and end, where there is room for all three."""
    middle, end = f"{'0':<{width // 2}}{ends_s / 2:.1f}", f"{ends_s:.1f} s"
    begins = middle if len(middle) + len(end) < width else "0"
    return f"{begins}{end:>{width - len(begins)}}"


def _column(at_s: float, ends_s: float, width: int) -> int:
    return max(0, min(width - 1, int(at_s / ends_s * width)))


def _farthest(before: int, inside: Sequence[int]) -> int:
    """The last of those that are equally far."""
    return max(reversed(inside), key=lambda n: abs(n - before))
