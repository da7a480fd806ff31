"""One claim, with all that its verdict rests on: what was said, what was tried, what the judge answered to each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from harness.model.timeline import Kind
from harness.model.verdict import Grade
from harness.views import evidence
from harness.views.words import clean, in_words, one_line, surprise

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.court import Recorded
    from harness.model.claim import Claim, Lab
    from harness.model.timeline import Timeline
    from harness.model.verdict import Verdict
    from harness.outcome import Finding
    from harness.register import Claim as Entry


def text(
    lab: Lab,
    entry: Entry,
    found: Finding,
    recorded: Recorded,
    lacking: frozenset[str],
    *,
    every: bool = False,
) -> Iterable[Text]:
    word, colour = surprise(found)
    yield Text.assemble((entry.id, "bold"), "  ", (in_words(found), f"bold {colour}"), f"  ({word})")
    yield from (_line("said", source) for source in entry.sources)
    yield _line("under test", entry.sentence)
    yield _line("found", f"{found.verdict.grade}: {found.verdict.sentence}")
    yield _line("expected", f"{found.expected}: {entry.why}")
    yield from (_number(name, value, entry) for name, value in found.verdict.measured.items())
    claims = [claim for claim in lab.claims if claim.id == entry.id]
    for claim in claims:
        yield Text()
        yield from _asked(claim, entry, found, recorded, lacking)
    yield Text()
    yield from _cells(claims, recorded, lab, every=every)


def _line(name: str, said: str) -> Text:
    return Text.assemble((f"  {name:<11}", "dim"), clean(said))


def _number(name: str, value: float, entry: Entry) -> Text:
    band = entry.predicted.get(name)
    if band is None:
        return _line("measured", f"{name} = {value:g}")
    low, high = band
    return _line("measured", f"{name} = {value:g}, {evidence.within(value, band)}: {low:g} to {high:g}")


def _asked(claim: Claim, entry: Entry, found: Finding, recorded: Recorded, lacking: frozenset[str]) -> Iterable[Text]:
    if claim.part:
        yield Text.assemble((f"  part {claim.part}: ", "bold"), clean(evidence.part_sentence(claim, entry)))
    for answer in evidence.answers(claim, found, recorded, lacking):
        yield Text.assemble((f"  {answer.role}: ", "dim"), clean(", ".join(answer.cells)))
        if (verdict := answer.verdict) is not None:
            yield Text(f"    {verdict.grade}: {clean(verdict.sentence)}", style=_colour(answer.role, verdict))


def _colour(role: str, verdict: Verdict) -> str:
    """Whether the judge answered as it has to there: by a blank that held, a verdict is opened."""
    if not verdict.decided:
        return "yellow"
    has_to_be = {"blank": Grade.REFUTED, "standard": Grade.CONFIRMED}.get(role)
    return "" if has_to_be is None else "green" if verdict.grade is has_to_be else "red"


def _cells(claims: list[Claim], recorded: Recorded, lab: Lab, *, every: bool) -> Iterable[Text]:
    """What was done in each, by hand and on the record."""
    cells = {t.cell: t for claim in claims for t in claim.trials}
    for name, cell in cells.items():
        timelines = recorded.get(name, ())
        yield Text.assemble((clean(name), "bold"), f"  {len(timelines)} trial{'s' if len(timelines) != 1 else ''}")
        yield _line("plan", one_line(cell.scenario.plan))
        yield from (_line("by hand", command) for command in evidence.by_hand(cell.arm, timelines, lab.name))
        for number, timeline in enumerate(timelines if every else timelines[:1], 1):
            yield Text(f"  #{number}", style="dim")
            yield from _entries(timeline)
        yield Text()


def _entries(timeline: Timeline) -> Iterable[Text]:
    for entry in evidence.entries(timeline):
        style = "bold" if entry.kind is Kind.ACT else "dim" if entry.kind is Kind.NOTE else ""
        yield Text(f"    {clean(str(entry))}", style=style)
    if told := evidence.not_shown(timeline):
        yield Text(f"    {told}", style="dim")
