"""The closing lines of a run: each claim, what it came to, the sentence with the numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from rich.text import Text

from harness.judging.court import Recorded
from harness.judging.findings import Finding
from harness.judging.register import asked
from harness.lab.cell import Trials
from harness.lab.claim import Lab
from harness.views.words import ALSO_ASKED, BEYOND, in_words, one_line, surprise


def closing(findings: Sequence[Finding]) -> Iterable[Text]:
    """Three lines a claim rather than three columns: a terminal of 80 characters holds them unbroken."""
    for one in findings:
        if not asked(one.id):
            yield from _claim(one)
    if beyond := [one for one in findings if asked(one.id)]:
        yield Text.assemble((ALSO_ASKED, "bold underline"), f"  {BEYOND}")
        yield Text()
        for one in beyond:
            yield from _claim(one)


def _claim(one: Finding) -> Iterable[Text]:
    word, colour = surprise(one)
    yield Text.assemble((f"{one.id:<40}", "bold"), (in_words(one), f"bold {colour}"), f"  ({word})")
    yield Text(f"  {one.sentence}", "dim")
    yield Text(f"  {one_line(one.verdict.sentence)}")
    if one.not_built:
        yield Text(f"  Part {', '.join(one.not_built)} is not built yet.", "dim")
    yield Text()


def shown(lab: Lab, recorded: Recorded) -> Iterable[str]:
    """What was run beside the claims, one line a cell."""
    for cell in (*lab.shown, *lab.long):
        if timelines := recorded.timelines.get(cell.cell, ()):
            wanted = recorded.wanted.get(cell.cell, 0)
            yield f"{cell.cell}: {came_to(replace(cell, timelines=timelines, wanted=wanted))}"


def came_to(trials: Trials) -> str:
    """In the words of each question that was asked."""
    if trouble := trials.trouble():
        return f"not shown: {trouble.detail}"
    return "; ".join(trials.sentences()) or "nothing was waited for"
