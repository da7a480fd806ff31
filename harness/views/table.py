"""The closing lines of a run: each claim, what it came to, the sentence with the numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from harness.model.verdict import NotShown
from harness.views.words import in_words, one_line, surprise

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
        yield Text(f"  {one_line(one.verdict.sentence)}")
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
    return TOLD.get(trials.watched_for, _kept)(trials)


def _restored(trials: Trials) -> str:
    back = trials.restored()
    return f"back after {back}" if back else f"stayed away ({len(trials.timelines)} trials)"


def _replaced(trials: Trials) -> str:
    took = trials.replaced()
    return f"replaced after {took}" if took else f"not replaced ({len(trials.timelines)} trials)"


def _left_out(trials: Trials) -> str:
    last = trials.left_out()
    return f"asked for the last time after {last}" if last else f"asked on ({len(trials.timelines)} trials)"


def _gaps(trials: Trials) -> str:
    gaps = ", ".join(f"{gap.median_s:.1f}" for gap in trials.gaps())
    return f"back after {gaps} s, one time after the other"


def _shared(trials: Trials) -> str:
    copies = trials.sharing()
    return f"{copies} {'copy' if copies == 1 else 'copies'} shared the requests; {trials.cost()}"


def _copies(trials: Trials) -> str:
    took = trials.served()
    return f"{trials.most()} served" + (f" after {took}" if took else f"; {trials.refusal() or 'no more came'}")


def _kept(trials: Trials) -> str:
    kept = trials.kept()
    return f"{kept} bytes were there" if kept else "nothing was there"


TOLD = {
    "restored": _restored,
    "replaced": _replaced,
    "left out": _left_out,
    "each time": _gaps,
    "shared": _shared,
    "copies": _copies,
}
"""By what the windows of a cell waited for."""
