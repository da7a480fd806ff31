"""The verdicts of healthchecks on its recorded run, and on the same run with the client's view falsified."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest

from harness import catalog, court, journal
from harness.model.timeline import Kind, Timeline
from harness.model.verdict import Grade

LAB = catalog.lab("healthchecks")
CLAIMS = {c.id: c for c in LAB.claims}
ILL = "one ill @ Deployment of three with a readinessProbe"
HUNG = "hang @ Deployment with a livenessProbe"


@cache
def recorded() -> dict[str, tuple[Timeline, ...]]:
    return journal.read(catalog.FOLDER / "recorded" / "healthchecks").of_lab("healthchecks")


def settled(id_: str, cell: str = "", change=lambda timeline: timeline):
    """The verdict when one trial of a cell is changed."""
    changed = recorded() | ({cell: (change(recorded()[cell][0]), *recorded()[cell][1:])} if cell else {})
    return court.settle(CLAIMS[id_], changed)


def each(timeline: Timeline, change) -> Timeline:
    return replace(timeline, entries=tuple(new for e in timeline.entries if (new := change(e)) is not None))


def instance_of_the_victim(timeline: Timeline) -> str:
    act = timeline.first(Kind.ACT, "unready")
    serving = (e for e in timeline.of(Kind.EVENT, "serving") if e.facts["id"] == act.facts["id"])
    return next(serving).facts["instance"]


@pytest.mark.parametrize(
    ("id_", "given"), [("health-check-restart", "a livenessProbe"), ("k8s-lb-only-healthy", "a readinessProbe")]
)
def test_each_claim_holds_with_the_probe_alone(id_, given):
    verdict = settled(id_)

    assert (verdict.grade, verdict.given) == (Grade.CONDITIONAL, (given,))


def test_the_victim_was_asked_until_it_was_left_out():
    for timeline in recorded()[ILL]:
        instance, sent = instance_of_the_victim(timeline), timeline.first(Kind.ACT, "unready").number("sent_s")
        asked = [r.at_s for r in timeline.of(Kind.REQUEST) if r.facts.get("by") == instance]
        others = [r.at_s for r in timeline.of(Kind.REQUEST) if r.facts.get("by") not in (None, instance)]

        assert min(asked) < sent < max(asked) < sent + 8.0
        assert max(others) > max(asked) + 3.0


def test_one_more_request_to_the_victim_at_the_end_opens_the_verdict():
    def one_more(timeline: Timeline) -> Timeline:
        instance = instance_of_the_victim(timeline)
        last = [r for r in timeline.of(Kind.REQUEST) if r.at_s <= timeline.last(Kind.MARK, "window").at_s][-1]
        return each(timeline, lambda e: replace(e, facts={**e.facts, "by": instance}) if e is last else e)

    assert settled("k8s-lb-only-healthy", ILL, one_more).reason == "contradiction"


def test_a_request_that_was_not_written_down_opens_the_verdict():
    def one_less(timeline: Timeline) -> Timeline:
        gone = list(timeline.of(Kind.REQUEST))[7]
        return each(timeline, lambda e: None if e is gone else e)

    assert settled("k8s-lb-only-healthy", ILL, one_less).reason == "client-broke-off"


def test_a_client_that_fell_silent_opens_the_verdict():
    def silent(timeline: Timeline) -> Timeline:
        half = list(timeline.of(Kind.REQUEST))[len(list(timeline.of(Kind.REQUEST))) // 2].at_s
        return each(
            timeline,
            lambda e: replace(e, at_s=e.at_s + 1.2) if e.kind is Kind.REQUEST and e.at_s >= half else e,
        )

    assert settled("k8s-lb-only-healthy", ILL, silent).grade is Grade.INCONCLUSIVE


@pytest.mark.parametrize(("cell", "what"), [(ILL, "refuses"), (HUNG, "silent")])
def test_an_illness_that_nobody_saw_is_no_receipt(cell, what):
    id_ = "k8s-lb-only-healthy" if cell is ILL else "health-check-restart"

    def unseen(timeline: Timeline) -> Timeline:
        act = next(timeline.of(Kind.ACT))
        seen = (what, "died", "gone")
        return each(
            timeline,
            lambda e: None if e.kind is Kind.EVENT and e.what in seen and e.facts.get("id") == act.facts["id"] else e,
        )

    assert settled(id_, cell, unseen).reason == "no-receipt"


def test_with_the_recordings_of_those_that_nobody_asks_it_is_not_restarted():
    plain = recorded()["hang @ Deployment"]

    assert court.settle(CLAIMS["health-check-restart"], recorded() | {HUNG: plain}).grade is Grade.REFUTED
