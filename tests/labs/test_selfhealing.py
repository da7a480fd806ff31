"""The verdicts of selfhealing on its recorded run, and on the same run with one fact of one trial changed.

A tampered trial of a cell that the verdict rests on must leave it open. Which cells those are follows from how
verdicts come about: the tested ones always; the blank and the conditions of what holds; the standard of what is
refuted.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pytest

from harness import catalog, court, journal, outcome, register
from harness.model.verdict import Grade
from tests.labs import tampering
from tests.labs.tampering import TAMPERINGS, has

if TYPE_CHECKING:
    from harness.model.timeline import Timeline

LAB = catalog.lab("selfhealing")
CLAIMS = {f"{c.id}{f' {c.part}' if c.part else ''}": c for c in LAB.claims}

VERDICTS = {
    "docker-no-auto-restart": Grade.REFUTED,
    "docker-restart-needs-compose-or-swarm": Grade.REFUTED,
    "docker-manual-stop-not-restarted": Grade.CONFIRMED,
    "k8s-restarts-failed-containers": Grade.CONFIRMED,
    "k8s-restores-desired-state": Grade.CONFIRMED,
}


@cache
def recorded() -> dict[str, tuple[Timeline, ...]]:
    return journal.read(catalog.FOLDER / "recorded" / "selfhealing").of_lab("selfhealing")


@cache
def settled(name: str):
    return court.settle(CLAIMS[name], recorded())


def with_one(cell: str, number: int, timeline: Timeline | None) -> dict[str, tuple[Timeline, ...]]:
    """The recordings with one trial exchanged, or taken out."""
    timelines = list(recorded()[cell])
    timelines[number : number + 1] = [] if timeline is None else [timeline]
    return recorded() | {cell: tuple(timelines)}


# -- the run as it is ----------------------------------------------------------------------------------------------


def test_the_lab_judges_what_the_register_gives_to_it():
    known = register.load(catalog.REGISTER)

    assert {c.id for c in LAB.claims} == {c.id for c in known.of_lab("selfhealing")} == set(VERDICTS)


@pytest.mark.parametrize("id_", VERDICTS)
def test_each_claim_is_settled_as_the_register_expects(id_):
    known = register.load(catalog.REGISTER)
    parts = {c.part: court.settle(c, recorded()) for c in LAB.claims if c.id == id_}
    finding = outcome.finding("selfhealing", id_, parts, known)

    assert finding.verdict.grade is VERDICTS[id_]
    assert known.claim(id_).expected is VERDICTS[id_]
    assert finding.as_expected


def test_that_compose_brings_a_container_back_is_due_to_the_restart_key():
    verdict = settled("docker-restart-needs-compose-or-swarm b")

    assert (verdict.grade, verdict.given) == (Grade.CONDITIONAL, ("the `restart:` key",))


def test_a_crashed_container_of_a_pod_comes_back_in_place():
    assert "in the same Pod" in settled("k8s-restarts-failed-containers").sentence


@pytest.mark.parametrize("name", CLAIMS)
def test_every_cell_that_a_claim_may_need_was_recorded_at_least_three_times(name):
    claim = CLAIMS[name]
    few = {t.cell for t in claim.trials if len(recorded().get(t.cell, ())) < 3}

    assert claim.standard is not None
    assert {claim.blank.cell, claim.standard.cell} <= {t.cell for t in claim.trials}
    assert few == set()


@pytest.mark.parametrize("name", CLAIMS)
def test_neither_the_blank_nor_the_standard_is_the_tested_cell(name):
    claim = CLAIMS[name]
    tested = {t.cell for t in claim.cells.values()}

    assert not tested & {claim.blank.cell, claim.standard.cell}


# -- one fact changed ----------------------------------------------------------------------------------------------


def rests_on(name: str) -> set[str]:
    return tampering.rests_on(CLAIMS[name], settled(name))


def cells() -> list[tuple[str, str]]:
    return [(name, trials.cell) for name, claim in CLAIMS.items() for trials in claim.trials]


def matters(how, timeline: Timeline) -> bool:
    if how in tampering.OF_A_RETURN:
        return has(timeline, returned=True)
    return how not in tampering.OF_STAYING_AWAY or has(timeline, returned=False)


@pytest.mark.parametrize("how", TAMPERINGS, ids=lambda t: t.__name__)
@pytest.mark.parametrize(("name", "cell"), cells())
def test_one_changed_fact_opens_the_verdicts_that_rest_on_it_and_no_others(name, cell, how):
    needed, stayed = cell in rests_on(name), []
    for number, timeline in enumerate(recorded()[cell]):
        for variant, tampered in enumerate(how(timeline), 1):
            assert tampered != timeline
            verdict = court.settle(CLAIMS[name], with_one(cell, number, tampered))
            if needed and matters(how, timeline):
                if verdict.grade is not Grade.INCONCLUSIVE:
                    stayed.append((number, variant, str(verdict.grade)))
            else:
                assert (verdict.grade, verdict.given) == (settled(name).grade, settled(name).given)

    assert stayed == []


def test_each_tampering_is_tried_where_it_matters():
    tried = {
        t
        for name, cell in cells()
        if cell in rests_on(name)
        for timeline in recorded()[cell]
        for t in TAMPERINGS
        if matters(t, timeline) and any(True for _ in t(timeline))
    }

    assert tried == set(TAMPERINGS)


@pytest.mark.parametrize(("name", "cell"), cells())
def test_a_cell_that_is_missing_opens_the_verdicts_that_rest_on_it_and_no_others(name, cell):
    rest = {other: timelines for other, timelines in recorded().items() if other != cell}
    grade = court.settle(CLAIMS[name], rest).grade

    assert grade is (Grade.INCONCLUSIVE if cell in rests_on(name) else settled(name).grade)


@pytest.mark.parametrize("name", CLAIMS)
def test_a_tested_cell_with_the_recordings_of_its_blank_never_gives_the_same_verdict_as_before(name):
    claim = CLAIMS[name]
    (tested, *_) = claim.cells.values()
    grade = court.settle(claim, recorded() | {tested.cell: recorded()[claim.blank.cell]}).grade

    if settled(name).grade is Grade.REFUTED:
        # The blank of what is refuted fails by its nature, as Pods come back too: more slowly, so that the standard
        # may not have been watched for long enough.
        assert grade in (Grade.REFUTED, Grade.INCONCLUSIVE)
    else:
        assert grade is not settled(name).grade


def test_a_trial_of_another_outcome_among_the_others_opens_the_verdict():
    mixed = recorded() | {
        "crash @ run, policy always": (
            *recorded()["crash @ run, policy always"][:4],
            recorded()["crash @ run, policy no"][0],
        )
    }

    verdict = court.settle(CLAIMS["docker-no-auto-restart"], mixed)

    assert (verdict.grade, verdict.reason) == (Grade.INCONCLUSIVE, "trials-differ")
