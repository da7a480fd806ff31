"""Step by step: a phase for each scenario, and nothing is done before whoever looks on has answered."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from harness import Arm, cluster, engine, own_cluster, scenario
from harness.lab.cell import Trials
from harness.running.beside import Stopped
from harness.running.schedule import Job
from harness.running.stepping import Stepping, one_by_one

NODES = own_cluster(2)


@scenario
def first(t):
    """It is first."""


@scenario(round="the worker stops")
def struck(t):
    """It is struck."""


@scenario(round="the worker stops")
def struck_too(t):
    """It is struck too."""


def job(n, how, site=engine, *, phase=0, state="waiting"):
    trials = Trials(how, Arm(f"arm {n}", site, "pod.yaml"))
    return Job(f"t{n:03}", "lab", trials, 1, 0.1, phase=phase, state=state)


def test_each_scenario_has_a_phase_of_its_own():
    jobs = [job(1, first), job(2, struck, NODES), job(3, first, cluster), job(4, struck_too, NODES)]
    phases = {j.id: j.phase for j in one_by_one(jobs)}
    assert phases["t001"] == phases["t003"]
    assert len(set(phases.values())) == 3


def test_those_of_a_later_site_that_takes_the_machine_come_later():
    jobs = [job(1, first, own_cluster(3), phase=1), job(2, first), job(3, struck, NODES)]
    phases = {j.id: j.phase for j in one_by_one(jobs)}
    assert phases["t001"] > max(phases["t002"], phases["t003"])


def test_what_strikes_in_one_scenario_waits_for_no_other_one():
    rounds = {j.round for j in one_by_one([job(1, struck, NODES), job(2, struck_too, NODES), job(3, first)])}
    assert len(rounds) == 3
    assert "" in rounds


class Stepper:
    """It opens each gate when it is told to."""

    def __init__(self):
        self.said, self.opened = [], threading.Event()

    def begin(self, scenario, arms):
        self.said.append(f"begin {scenario.name}: {', '.join(arms)}")

    def gate(self, number, what):
        self.said.append(f"{number} {what}")
        return self.opened

    def answer(self):
        self.said.append("answer")

    def over(self, timelines):
        self.said.append(f"over {', '.join(timelines)}")


class Docket:
    def __init__(self):
        self.timelines = {"lab": {}}


@pytest.fixture
def stepper():
    return Stepper()


def test_what_came_of_a_scenario_is_told_before_the_next_one_begins(stepper):
    stepping = Stepping(stepper, Docket())
    jobs = [job(1, first), job(2, first), job(3, struck, phase=1)]
    for _ in range(2):
        stepping.turn(jobs)
    stepping.turn([replace(j, state="over") for j in jobs[:2]] + jobs[2:])
    stepping.turn([replace(j, state="over") for j in jobs])
    assert stepper.said == ["begin first: arm 1, arm 2", "over arm 1, arm 2", "begin struck: arm 3", "over arm 3"]


def test_nothing_is_done_before_somebody_has_answered(stepper):
    told = []
    stepper.opened.set()
    before = Stepping(stepper, Docket()).before(told.append, lambda: False)
    before("crash")
    before("hang")
    assert stepper.said == ["0 crash", "1 hang"]
    assert told == ["your answer", "", "your answer", ""]


def test_who_waits_for_an_answer_stops_with_the_run(stepper):
    told = []
    before = Stepping(stepper, Docket()).before(told.append, lambda: True)
    with pytest.raises(Stopped):
        before("crash")
    assert told == ["your answer", ""]


def test_where_nobody_looks_on_nobody_is_asked():
    told = []
    stepping = Stepping(None, Docket())
    stepping.turn([job(1, first)])
    stepping.answer()
    stepping.before(told.append, lambda: False)("crash")
    assert told == []
