"""Two runs beside one another: what differs, and what only varies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from harness.journal import Recording
from harness.judging import catalog, compare, register
from harness.judging.compare import Difference, Range
from harness.model.entries import Acted, Entry, Planned, Told, Window
from tests.support import folders

KNOWN = register.load(catalog.REGISTER)
Change = Callable[[str, str, Entry], Entry]


def run(lab: str) -> Recording:
    return folders.recording(lab)


def changed(lab: str, change: Change) -> Recording:
    """With each entry as `change` makes it, by its cell and its trial."""
    cells = {trial: one.cell for trial, one in run(lab).lines if isinstance(one, Planned)}
    return replace(run(lab), lines=[(t, change(cells[t], t, e) if t else e) for t, e in run(lab).lines])


def found(lab: str, other: Recording) -> list[Difference]:
    return list(compare.differences([catalog.lab(lab)], run(lab), other, KNOWN))


def later(seconds: float, cell: str, lab: str = "selfhealing") -> Recording:
    """What comes after the crash, so much later."""
    sent = {t: one.sent_s for t, one in run(lab).lines if isinstance(one, Acted) and one.name == "crash"}

    def change(name: str, trial: str, one: Entry) -> Entry:
        if name != cell or one.at_s <= sent[trial] or isinstance(one, Acted):
            return one
        moved = replace(one, at_s=one.at_s + seconds)
        return replace(moved, sent_s=moved.at_s) if isinstance(moved, Window) else moved

    return changed(lab, change)


@pytest.mark.parametrize("lab", ["selfhealing", "networking", "storage", "setup-and-scale"])
def test_a_run_does_not_differ_from_itself(lab):
    assert found(lab, run(lab)) == []


@pytest.mark.parametrize(("seconds", "differs"), [(0.01, False), (0.1, False), (3.0, True)])
def test_a_number_differs_where_no_trial_is_near_to_one_of_the_other_run(seconds, differs):
    others = found("selfhealing", later(seconds, "crash @ run, policy always"))
    names = {(d.claim, d.number) for d in others}

    assert (("docker-no-auto-restart", "back_s") in names) is differs
    assert (("docker-restart-needs-compose-or-swarm", "a_back_s") in names) is differs


def test_a_verdict_that_is_another_is_told_with_both_words():
    def nothing(cell: str, _: str, one: Entry) -> Entry:
        return replace(one, said="none") if "named volume" in cell and isinstance(one, Told) else one

    (one,) = found("storage", changed("storage", nothing))

    assert one == Difference("docker-volumes-persist", "", "CONFIRMED", "REFUTED")


def test_a_number_is_what_each_trial_alone_would_give():
    recorded = folders.bench("selfhealing").docket.recorded("selfhealing")
    (number,) = compare.numbers(catalog.lab("selfhealing"), "docker-no-auto-restart", recorded).values()

    assert len(number.each) == len(recorded.timelines["crash @ run, policy always"])
    assert len(set(number.each)) > 1


def test_claims_that_only_one_run_judged_are_left_out():
    (claim,) = (c for c in catalog.lab("selfhealing").claims if c.id == "k8s-restarts-failed-containers")
    only = {t for t, one in run("selfhealing").lines if isinstance(one, Planned) and one.cell not in claim.cells}
    other = replace(run("selfhealing"), lines=[(t, e) for t, e in run("selfhealing").lines if t in only or not t])

    assert claim.id not in [d.claim for d in found("selfhealing", other)]


@pytest.mark.parametrize(
    ("one", "other", "resolution", "apart"),
    [
        ((1.0, 2.0), (2.05, 3.0), 0.1, False),
        ((1.0, 2.0), (2.05, 3.0), 0.0, True),
        ((1.0, 2.0), (1.5, 3.0), 0.0, False),
        ((5.0,), (1.0, 4.8), 0.1, True),
        ((5.0,), (5.0,), 0.0, False),
    ],
)
def test_ranges_are_apart_where_a_gap_lies_between_them(one, other, resolution, apart):
    assert Range(one).apart(Range(other), resolution) is apart
    assert Range(other).apart(Range(one), resolution) is apart
