"""The closing table of a run: each claim, what it came to, the sentence with the numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from harness.model.verdict import NotShown
from harness.views.words import in_words, surprise

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.court import Recorded
    from harness.model.claim import Lab
    from harness.outcome import Finding


def closing(findings: Iterable[Finding]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", show_edge=False)
    for column, share in (("claim", 3), ("verdict", 2), ("what was seen", 4)):
        table.add_column(column, ratio=share, overflow="fold")
    for one in findings:
        word, colour = surprise(one)
        claim = Text.assemble((one.id, "bold"), "\n", (one.sentence, "dim"))
        verdict = Text.assemble((in_words(one), f"bold {colour}"), "\n", (word, colour))
        seen = Text(one.verdict.sentence)
        if one.not_built:
            seen.append(f"\n(part {', '.join(one.not_built)} is not built yet)", "dim")
        table.add_row(claim, verdict, seen)
    return table


def shown(lab: Lab, recorded: Recorded) -> Iterable[str]:
    """What was run beside the claims, one line a cell."""
    from dataclasses import replace

    for cell in lab.shown:
        timelines = recorded.get(cell.cell, ())
        if not timelines:
            continue
        try:
            back = replace(cell, timelines=timelines).restored()
            yield f"{cell.cell}: " + (f"back after {back}" if back else f"stayed away ({len(timelines)} trials)")
        except NotShown as open_:
            yield f"{cell.cell}: not shown, {open_}"
