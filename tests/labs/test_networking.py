"""The verdict of networking on its recorded run, and on the same run with other answers or another cost."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest

from harness import catalog, court, journal
from harness.model.timeline import Kind, Timeline
from harness.model.verdict import Grade

(CONFIG,) = catalog.lab("networking").claims
OUTSIDE, INSIDE = "from outside @ Compose of three", "from inside @ Compose of three"
PROXY = "from outside @ Compose of three with a proxy"
NAMES = "from inside @ Compose of three services"


@cache
def recorded() -> dict[str, tuple[Timeline, ...]]:
    return journal.read(catalog.FOLDER / "recorded" / "networking").of_lab("networking")


def altered(timeline: Timeline, kind: Kind, what: str, change) -> Timeline:
    chosen = list(timeline.of(kind, what))
    new = {id(e): replace(e, facts={**e.facts, **change(n, e)}) for n, e in enumerate(chosen)}
    return replace(timeline, entries=tuple(new.get(id(e), e) for e in timeline.entries))


def answered_by(timeline: Timeline, *names: str, met: str) -> Timeline:
    """As if these had answered in turn, and the trial had seen it so."""
    asked = altered(timeline, Kind.REQUEST, "", lambda n, _: {"by": names[n % len(names)]})
    return altered(asked, Kind.MARK, "window", lambda *_: {"met": met})


def settled(cell: str, change, *, every: bool = True):
    timelines = recorded()[cell]
    changed = tuple(change(t) if every or t is timelines[0] else t for t in timelines)
    return court.settle(CONFIG, recorded() | {cell: changed})


def test_one_answers_outside_and_a_proxy_costs_five_lines():
    verdict = court.settle(CONFIG, recorded())

    assert (verdict.grade, verdict.given) == (Grade.CONDITIONAL, ("a caller outside Docker's network",))
    assert verdict.measured == {"lines": 5}


def test_all_three_answering_outside_refutes():
    assert settled(OUTSIDE, lambda t: answered_by(t, "a", "b", "c", met="yes")).grade is Grade.REFUTED


@pytest.mark.parametrize(
    ("cell", "names", "met"), [(OUTSIDE, "abc", "yes"), (INSIDE, "a", "no"), (PROXY, "ab", "no")]
)
def test_other_answers_in_one_trial_open_the_verdict(cell, names, met):
    assert settled(cell, lambda t: answered_by(t, *names, met=met), every=False).grade is Grade.INCONCLUSIVE


def test_a_proxy_that_leads_to_two_has_no_cost():
    assert settled(PROXY, lambda t: answered_by(t, "a", "b", met="no")).reason == "no-goal"


def test_one_alone_inside_too_would_take_the_condition_away():
    assert settled(INSIDE, lambda t: answered_by(t, "a", met="no")).reason == "no-goal"


@pytest.mark.parametrize("cell", [INSIDE, PROXY])
def test_a_trial_that_cost_something_else_opens_the_verdict(cell):
    longer = settled(cell, lambda t: altered(t, Kind.MARK, "file", lambda *_: {"lines": "99"}), every=False)

    assert longer.reason == "trials-differ"


def test_the_lines_are_those_of_the_files_that_were_applied():
    longer = settled(
        PROXY, lambda t: altered(t, Kind.MARK, "file", lambda _, e: {"lines": str(int(e.facts["lines"]) + 7)})
    )

    assert longer.measured == {"lines": 12}


def test_too_few_requests_open_the_verdict():
    def cut(timeline: Timeline) -> Timeline:
        sent = list(timeline.of(Kind.REQUEST))[:299]
        kept = tuple(e for e in timeline.entries if e.kind is not Kind.REQUEST or e in sent)
        return altered(replace(timeline, entries=kept), Kind.MARK, "ends", lambda *_: {"sent": "299"})

    assert settled(OUTSIDE, cut, every=False).reason == "too-few-requests"


def test_a_standard_that_all_three_answer_opens_a_refutation():
    outside = tuple(answered_by(t, "a", "b", "c", met="yes") for t in recorded()[OUTSIDE])
    names = tuple(answered_by(t, "a", "b", "c", met="yes") for t in recorded()[NAMES])

    assert court.settle(CONFIG, recorded() | {OUTSIDE: outside, NAMES: names}).reason == "standard-failed"
