"""One claim, with all that its verdict rests on: what was said, what was tried, what the judge answered to each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.text import Text

from harness.judging.docket import Docket
from harness.judging.findings import Finding
from harness.judging.register import Claim as Known
from harness.lab.claim import Claim, Lab
from harness.lab.timeline import Timeline
from harness.model.entries import Acted, Heard
from harness.model.verdict import Grade, Verdict
from harness.views import evidence, plots
from harness.views.entry import lines, not_shown
from harness.views.evidence import Evidence
from harness.views.scaled import scaled
from harness.views.shares import shares
from harness.views.turned import turned
from harness.views.words import clean, in_words, one_line, surprise


def text(
    lab: Lab, known: Known, finding: Finding, docket: Docket, lacking: frozenset[str], *,
    every: bool = False, width: int = 80,
) -> Iterable[Text]:  # fmt: skip
    """`width`: columns that there are for charts."""
    found, claims = Evidence(finding, docket, lacking), [c for c in lab.claims if c.id == known.id]
    word, colour = surprise(finding)
    yield Text.assemble((known.id, "bold"), "  ", (in_words(finding), f"bold {colour}"), f"  ({word})")
    yield from (_line("said", str(source)) for source in known.sources)
    yield _line("under test", known.sentence)
    yield _line("found", f"{finding.verdict.grade}: {finding.verdict.sentence}")
    yield _line("expected", f"{finding.expected}: {known.why}")
    yield from (_number(name, value, known) for name, value in finding.verdict.measured.items())
    for claim in claims:
        yield Text()
        yield from _asked(claim, known, found)
    yield Text()
    yield from _cells(claims, lab, found, every=every, width=width)


def _line(name: str, said: str) -> Text:
    return Text.assemble((f"  {name:<11}", "dim"), clean(said))


def _number(name: str, value: float, known: Known) -> Text:
    band = known.predicted.get(name)
    if band is None:
        return _line("measured", f"{name} = {value:g}")
    low, high = band
    return _line("measured", f"{name} = {value:g}, {evidence.within(value, band)}: {low:g} to {high:g}")


def _asked(claim: Claim, known: Known, found: Evidence) -> Iterable[Text]:
    if claim.part:
        yield Text.assemble((f"  part {claim.part}: ", "bold"), clean(evidence.part_sentence(claim, known)))
    for answer in found.answers(claim):
        yield Text.assemble((f"  {answer.role}: ", "dim"), clean(", ".join(answer.asked)))
        if (verdict := answer.verdict) is not None:
            yield Text(f"    {verdict.grade}: {clean(verdict.sentence)}", style=_colour(answer.role, verdict))


def _colour(role: str, verdict: Verdict) -> str:
    """Whether the judge answered as it has to there: a blank that holds leaves a verdict open."""
    if not verdict.decided:
        return "yellow"
    has_to_be = {"blank": Grade.REFUTED, "standard": Grade.CONFIRMED}.get(role)
    return "" if has_to_be is None else "green" if verdict.grade is has_to_be else "red"


def _cells(claims: Sequence[Claim], lab: Lab, found: Evidence, *, every: bool, width: int) -> Iterable[Text]:
    """What was done in each, what was typed, and what came of it."""
    cells = {name: trials for claim in claims for name, trials in claim.cells.items()}
    recorded = found.docket.recorded(lab.name).timelines
    for name, cell in cells.items():
        timelines = recorded.get(name, ())
        yield Text.assemble((clean(name), "bold"), f"  {len(timelines)} trial{'s' if len(timelines) != 1 else ''}")
        yield _line("plan", one_line(cell.scenario.plan))
        yield from (_line("typed", command) for command in evidence.by_hand(cell.arm, timelines, lab.name))
        if came_to := found.came_to(claims, name):
            yield _line("came to", came_to)
        if numbers := {t.number: one.since(one.begins_s) for t in timelines if (one := scaled(t))}:
            yield from plots.copies(numbers, width)
        if changes := {t.number: change for t in timelines if (change := turned(t))}:
            yield from plots.turned(changes, width)
        for timeline in timelines if every else timelines[:1]:
            yield from _entries(timeline)
            if shared := shares(timeline):
                yield from plots.shares(shared, width)
        yield Text()


def _entries(timeline: Timeline) -> Iterable[Text]:
    wrong = evidence.uncounted(timeline)
    yield Text(f"  #{timeline.number}{f'  {one_line(wrong)}' if wrong else ''}", style="yellow" if wrong else "dim")
    for entry, told in lines(timeline.entries):
        style = "bold" if isinstance(entry, Acted) else "dim" if isinstance(entry, Heard) else ""
        yield Text(f"    {told}", style=style)
    if told := not_shown(timeline.entries):
        yield Text(f"    {told}", style="dim")
