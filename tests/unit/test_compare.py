"""Two runs beside one another: what differs, and what only varies."""

from __future__ import annotations

import io
from dataclasses import replace
from functools import cache

import pytest
from rich.console import Console

from harness import bench, catalog, compare, journal, register
from harness.compare import Difference, Range
from harness.model.errors import Problem
from harness.model.timeline import Kind

KNOWN = register.load(catalog.REGISTER)
RECORDED = catalog.FOLDER / "recorded"


@cache
def run(lab: str) -> journal.Run:
    return journal.read(RECORDED / lab)


def changed(lab: str, change) -> journal.Run:
    timelines = {cell: tuple(change(cell, t) for t in ts) for cell, ts in run(lab).timelines.items()}
    return replace(run(lab), timelines=timelines)


def found(lab: str, other: journal.Run) -> list[Difference]:
    return list(compare.differences([catalog.lab(lab)], run(lab), other, KNOWN))


def later(seconds: float, cells: str):
    """What comes after the first act, so much later."""

    def change(cell, timeline):
        act = timeline.first(Kind.ACT, "crash")
        if cells not in cell or act is None:
            return timeline
        sent = act.number("sent_s")
        moved = (replace(e, at_s=e.at_s + seconds) if e.at_s > sent else e for e in timeline.entries)
        return replace(timeline, entries=tuple(moved))

    return change


@pytest.mark.parametrize("lab", ["selfhealing", "networking", "storage", "setup-and-scale"])
def test_a_run_does_not_differ_from_itself(lab):
    assert found(lab, run(lab)) == []


@pytest.mark.parametrize(("seconds", "differs"), [(0.01, False), (0.3, False), (3.0, True)])
def test_a_number_differs_where_no_trial_is_near_to_one_of_the_other_run(seconds, differs):
    others = found("selfhealing", changed("selfhealing", later(seconds, "crash @ run, policy always")))
    names = {(d.claim, d.number) for d in others}

    assert (("docker-no-auto-restart", "back_s") in names) is differs
    assert (("docker-restart-needs-compose-or-swarm", "a_back_s") in names) is differs


def test_a_verdict_that_is_another_is_told_with_both_words():
    def nothing(cell, timeline):
        read = timeline.last(Kind.TRY, "read")
        if "named volume" not in cell or read is None:
            return timeline
        lost = replace(read, facts={**read.facts, "data": "none"})
        return replace(timeline, entries=tuple(lost if e is read else e for e in timeline.entries))

    (one,) = found("storage", changed("storage", nothing))

    assert one == Difference("docker-volumes-persist", "", "CONFIRMED", "REFUTED")


def test_a_number_is_what_each_trial_alone_would_give():
    lab, recorded = catalog.lab("selfhealing"), run("selfhealing").of_lab("selfhealing")
    (number,) = compare.numbers(lab, "docker-no-auto-restart", recorded).values()

    assert len(number.each) == len(recorded["crash @ run, policy always"])
    assert len(set(number.each)) > 1


def test_claims_that_only_one_run_judged_are_left_out():
    only = replace(run("selfhealing"), timelines={"selfhealing/crash @ Pod, restartPolicy Never": ()})

    assert [d.claim for d in found("selfhealing", only)] == ["k8s-restarts-failed-containers"]


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


@pytest.mark.parametrize(
    ("first", "second", "code", "said"),
    [("storage", "storage", 0, "No verdict differs"), ("storage", "architecture", 5, "no lab in common")],
)
def test_what_was_found_is_said_and_is_the_exit_code(first, second, code, said):
    told = io.StringIO()

    assert bench.compare(Console(file=told, width=200), RECORDED / first, RECORDED / second) == code
    assert said in told.getvalue()


def test_a_difference_is_shown_and_is_exit_code_1(tmp_path):
    text = (RECORDED / "storage" / journal.FILE).read_text()
    lost = "\n".join(
        line.replace('"data": "8388608', '"data": "1') if '"what": "read"' in line else line
        for line in text.split("\n")
    )
    (tmp_path / journal.FILE).write_text(lost)
    told = io.StringIO()

    assert bench.compare(Console(file=told, width=200), RECORDED / "storage", tmp_path) == 1
    assert "docker-volumes-persist, the verdict: CONFIRMED, then INCONCLUSIVE" in told.getvalue()


def test_a_folder_without_a_run_is_told(tmp_path):
    with pytest.raises(Problem, match="No such file"):
        bench.compare(Console(file=io.StringIO()), RECORDED / "storage", tmp_path)
