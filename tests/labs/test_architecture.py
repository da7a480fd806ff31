"""The verdict of architecture on its recorded run, and on the same run with an answer falsified."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest

from harness import catalog, court, journal
from harness.model.timeline import Kind, Timeline
from harness.model.verdict import Grade

(PROXY,) = catalog.lab("architecture").claims
WITHOUT, OTHER = "ask both @ a node without kube-proxy", "ask both @ another node"


@cache
def recorded() -> dict[str, tuple[Timeline, ...]]:
    return journal.read(catalog.FOLDER / "recorded" / "architecture").of_lab("architecture")


def asking(timeline: Timeline, service: str, *, nth: int = -1, **facts: str) -> Timeline:
    asked = [e for e in timeline.of(Kind.TRY, "reach") if e.who == service][nth]
    changed = (replace(e, facts={**e.facts, **facts}) if e is asked else e for e in timeline.entries)
    return replace(timeline, entries=tuple(changed))


def settled(cell: str, service: str, *, every: bool = False, nth: int = -1, **facts: str) -> Grade:
    timelines = recorded()[cell]
    changed = tuple(asking(t, service, nth=nth, **facts) if every or t is timelines[0] else t for t in timelines)
    return court.settle(PROXY, recorded() | {cell: changed}).grade


def test_the_old_service_answers_without_kube_proxy_and_the_new_one_does_not():
    assert court.settle(PROXY, recorded()).grade is Grade.CONFIRMED


@pytest.mark.parametrize("service", ["old", "new"])
def test_another_answer_in_one_trial_opens_the_verdict(service):
    other = {"old": "no", "new": "yes"}[service]

    assert settled(WITHOUT, service, ok=other) is Grade.INCONCLUSIVE


def test_answers_of_the_new_service_in_all_trials_refute():
    assert settled(WITHOUT, "new", every=True, ok="yes", waited_s="0.5") is Grade.REFUTED


def test_an_old_service_that_did_not_answer_when_all_was_there_opens_the_verdict_whatever_came_of_it():
    for cell in (WITHOUT, OTHER):
        assert settled(cell, "old", nth=0, every=True, ok="no", waited_s="60.0") is Grade.INCONCLUSIVE


def test_a_new_service_that_was_given_up_too_soon_opens_the_verdict():
    assert settled(WITHOUT, "new", waited_s="5.0") is Grade.INCONCLUSIVE


def test_a_new_service_that_answers_nowhere_opens_the_verdict():
    assert settled(OTHER, "new", every=True, ok="no", waited_s="60.0") is Grade.INCONCLUSIVE
