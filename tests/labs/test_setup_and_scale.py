"""The verdict of setup-and-scale on its recorded run, and on the same run with copies or refusals taken away."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest

from harness import catalog, court, journal
from harness.model.timeline import Kind, Timeline
from harness.model.verdict import Grade

(FEW,) = catalog.lab("setup-and-scale").claims
RUNS, SMALL = "begin @ a hundred runs", "begin @ a hundred runs, a network of 13 addresses"
DEPLOYMENT = "begin @ Deployment of a hundred"


@cache
def recorded() -> dict[str, tuple[Timeline, ...]]:
    return journal.read(catalog.FOLDER / "recorded" / "setup-and-scale").of_lab("setup-and-scale")


def settled(cell: str, change):
    (timeline,) = recorded()[cell]
    return court.settle(FEW, recorded() | {cell: (change(timeline),)})


def saying(timeline: Timeline, kind: Kind, what: str, **facts: str) -> Timeline:
    told = timeline.last(kind, what)
    return replace(
        timeline, entries=tuple(replace(e, facts={**e.facts, **facts}) if e is told else e for e in timeline.entries)
    )


def without_one(timeline: Timeline) -> Timeline:
    lost = timeline.last(Kind.EVENT, "serving")
    return replace(timeline, entries=tuple(e for e in timeline.entries if e is not lost))


def test_all_hundred_answer():
    verdict = court.settle(FEW, recorded())

    assert verdict.grade is Grade.REFUTED
    assert 1 < verdict.measured["all_s"] < 120


def test_the_standard_has_no_more_than_its_addresses():
    (standard,) = recorded()[SMALL]
    served = {e.facts["id"] for e in standard.of(Kind.EVENT, "serving")}

    assert len(served) == 12  # the bench's own helper takes the thirteenth
    assert standard.first(Kind.TRY, "start").facts["refused"] == "88"


def test_a_copy_that_did_not_answer_opens_the_verdict():
    assert settled(RUNS, without_one).reason == "contradiction"


def test_ninety_nine_after_a_short_window_open_the_verdict():
    short = settled(RUNS, lambda t: saying(without_one(t), Kind.MARK, "window", met="no"))

    assert short.reason == "window-too-short"


def test_a_start_that_nobody_tried_opens_the_verdict():
    def untried(timeline: Timeline) -> Timeline:
        return replace(timeline, entries=tuple(e for e in timeline.entries if e.what != "start"))

    assert settled(RUNS, untried).grade is Grade.INCONCLUSIVE


@pytest.mark.parametrize("facts", [{"ok": "yes", "refused": "0"}, {"refused": "80"}], ids=str)
def test_a_standard_that_ended_early_without_a_refusal_of_the_rest_opens_the_verdict(facts):
    assert settled(SMALL, lambda t: saying(t, Kind.TRY, "start", **facts)).reason == "standard-failed"


def test_where_the_runs_fail_a_deployment_that_serves_shows_that_it_is_docker():
    few = court.settle(FEW, recorded() | {RUNS: recorded()[SMALL]})
    blank = court.settle(FEW, recorded() | {RUNS: recorded()[SMALL], DEPLOYMENT: recorded()[SMALL]})

    assert few.grade is Grade.CONFIRMED
    assert "12 of 100" in few.sentence
    assert blank.reason == "blank-failed"
