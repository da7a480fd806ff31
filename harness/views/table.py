"""The closing lines of a run: each claim, what it came to, the sentence with the numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from harness.model.verdict import NotShown
from harness.views.words import in_words, surprise

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.court import Recorded
    from harness.model.claim import Lab
    from harness.model.scenario import Trials
    from harness.outcome import Finding


def closing(findings: Iterable[Finding]) -> Iterable[Text]:
    """Three lines a claim rather than three columns: a terminal of 80 characters holds them unbroken."""
    for one in findings:
        word, colour = surprise(one)
        yield Text.assemble((f"{one.id:<40}", "bold"), (in_words(one), f"bold {colour}"), f"  ({word})")
        yield Text(f"  {one.sentence}", "dim")
        yield Text(f"  {one.verdict.sentence}")
        if one.not_built:
            yield Text(f"  Part {', '.join(one.not_built)} is not built yet.", "dim")
        yield Text()


def shown(lab: Lab, recorded: Recorded) -> Iterable[str]:
    """What was run beside the claims, one line a cell."""
    from dataclasses import replace

    for cell in (*lab.shown, *lab.long):
        timelines = recorded.get(cell.cell, ())
        if not timelines:
            continue
        try:
            yield f"{cell.cell}: {_told(replace(cell, timelines=timelines))}"
        except NotShown as open_:
            yield f"{cell.cell}: not shown, {open_}"


def _told(trials: Trials) -> str:
    if trials.watched_for == "left out":
        last = trials.left_out()
        return f"asked for the last time after {last}" if last else f"asked on ({len(trials.timelines)} trials)"
    if trials.watched_for == "each time":
        return (
            "back after " + ", ".join(f"{gap.median_s:.1f}" for gap in trials.gaps()) + " s, one time after the other"
        )
    if not trials.watched_for:
        kept = trials.kept()
        return f"{kept} bytes were there" if kept else "nothing was there"
    back = trials.restored()
    return f"back after {back}" if back else f"stayed away ({len(trials.timelines)} trials)"
