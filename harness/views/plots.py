"""Charts of a claim's trials for a terminal: how many copies served, and how many requests each of them answered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from textwrap import wrap

from rich.text import Text

from harness.views.blocks import axis, bar, dots, span, steps, top
from harness.views.scaled import Scaled
from harness.views.shares import Shares
from harness.views.turned import Turned
from harness.views.words import act_in_words, one_line

WIDEST, NARROWEST = 100, 20
"""Columns of a chart."""

CHANCE = "by chance"
LONGEST_NAME = 24
MARGIN = 13
"""Columns to the left, where it says what stands there."""


def copies(found: Mapping[int, Scaled], width: int) -> Iterator[Text]:
    """A line for each trial, by its number, all on one axis in seconds from the same act."""
    every = found.values()
    wide = _room(width, MARGIN + 2 + max(len(one.words) for one in every))
    ends_s, most = max(one.ends_s for one in every), max(top(one.numbers) for one in every)
    for place, (number, one) in enumerate(sorted(found.items())):
        name = f"{'' if place else 'copies':<6} #{number}"
        drawn = steps(one.steps, ends_s, wide, most)
        yield Text.assemble((f"  {name:<11}", "dim"), (drawn, "green"), f"  {one.words}")
        for load in one.loads:
            shade = span(load.from_s, load.to_s, ends_s, wide)
            yield Text.assemble(("  load       ", "dim"), (f"{shade:<{wide}}", "magenta"), f"  {load}")
    zero = one_line(act_in_words(next(iter(every)).zero))
    yield Text(f"{' ' * MARGIN}{axis(ends_s, wide)}  (0: {zero})", "dim")


def turned(found: Mapping[int, Turned], width: int) -> Iterator[Text]:
    """For each trial a line for each version that served, and one for each way in which requests failed."""
    ends_s = max(one.ends_s for one in found.values())
    wide = _room(width, MARGIN + 14)
    for number, one in sorted(found.items()):
        most = max([1, *(n for _, numbers in one.versions for _, n in numbers)])
        for version, numbers in one.versions:
            name, drawn = f"version {_cut(one_line(version), 3)}", steps(numbers, ends_s, wide, most)
            yield Text.assemble((f"  {name:<11}", "dim"), (drawn, "green"), f"  up to {most}, #{number}")
        for kind, moments in one.lost:
            drawn = dots(moments, ends_s, wide)
            yield Text.assemble(
                (f"  {_cut(one_line(kind), 10):<11}", "dim"), (drawn, "red"), f"  {len(moments)} lost"
            )
        yield Text(f"{' ' * MARGIN}{one.losses}", "dim")
    zero = one_line(act_in_words(next(iter(found.values())).zero))
    yield Text(f"{' ' * MARGIN}{axis(ends_s, wide)}  (0: {zero})", "dim")


def shares(found: Shares, width: int) -> Iterator[Text]:
    """A bar for each copy, and below them where an even share falls by chance."""
    names = [one_line(name) for name, _ in found.each]
    longest = min(LONGEST_NAME, max(map(len, [CHANCE, *names])))
    low, high = found.band
    chance = f"{low:.0f} to {high:.0f}"
    wide = _room(width, 4 + longest + 2 + 2 + len(chance))
    yield Text(f"    {found.answered} answers, by copy:", "dim")
    for name, (_, n) in zip(names, found.each, strict=True):
        drawn = bar(n, found.most, wide)
        yield Text.assemble(f"    {_cut(name, longest):<{longest}}  ", (f"{drawn:<{wide}}", "blue"), f"  {n}")
    yield Text(f"    {CHANCE:<{longest}}  {_range(low, high, found.most, wide):<{wide}}  {chance}")
    failed = f"; {found.failed} requests failed" if found.failed else ""
    told = f"{found.p} for even shares (chi-square){failed}. {found.unseen}"
    yield from (Text(f"    {line}", "dim") for line in wrap(told, max(NARROWEST, width - 4)))


def _range(low: float, high: float, most: float, width: int) -> str:
    """From one number to another, on the scale of the bars."""
    begins, ends = (min(width - 1, round(n / most * width)) for n in (low, high))
    return " " * begins + ("├" + "─" * (ends - begins - 1) + "┤" if ends > begins else "│")


def _room(width: int, taken: int) -> int:
    return max(NARROWEST, min(WIDEST, width - taken))


def _cut(name: str, longest: int) -> str:
    return name if len(name) <= longest else f"{name[: longest - 1]}…"
