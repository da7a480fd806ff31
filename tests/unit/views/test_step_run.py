"""A run step by step, on a platform in memory: nothing is done before somebody has answered."""

from __future__ import annotations

import io
from dataclasses import dataclass, field

import pytest
from rich.console import Console

from harness import Arm, Lab, cluster, engine, own_cluster, scenario, take_away
from harness.lab import acts
from harness.lab.cell import Trials
from harness.model.entries import Acted, Began, Ended, Planned
from harness.model.errors import Interrupted
from harness.model.lines import Over
from harness.views.show import Show
from harness.views.step import Stepper
from tests.support import recorded
from tests.support.fake import VirtualClock

GUESS = "  > "


@scenario
def crash(t):
    """It crashes."""
    t.act(acts.crash, *t.steady(replicas=1))
    t.restored(within_s=5)


@scenario
def crash_and_hang(t):
    """It crashes, and what comes back hangs."""
    t.act(acts.crash, *t.steady(replicas=1))
    t.act(acts.hang, *t.steady(replicas=1))


pod, deployment = Arm("Pod", cluster, "pod.yaml"), Arm("Deployment", cluster, "deployment.yaml")
compose = Arm("Compose", engine, "compose-restart.yaml")


def lab_of(*cells: Trials, module: str = "labs.selfhealing") -> Lab:
    lab = Lab("In which order?", module)
    lab.show(*cells)
    return lab


@dataclass
class Stepped:
    """A run, and how its journal stood whenever somebody was asked."""

    answer: object = lambda _prompt: ""
    prompts: list[str] = field(default_factory=list)
    seen: list[list] = field(default_factory=list)
    lines: list = field(default_factory=list)
    events: list = field(default_factory=list)

    def go(self, monkeypatch, lab: Lab, *, trials: int = 1):
        clock = VirtualClock()
        monkeypatch.setattr(recorded, "VirtualClock", lambda: clock)
        console = Console(file=io.StringIO(), width=200)
        self.show = Show(console, lambda: 0.0, by_itself=False)
        stepper = Stepper(console, self.show, self.answered, clock)
        begin, over, journal = stepper.begin, stepper.over, recorded.Journal
        stepper.begin = lambda *told: (self.events.append(("begin", told[0].name, list(told[1]))), begin(*told))
        stepper.over = lambda told: (self.events.append(("over", {n: len(ts) for n, ts in told.items()})), over(told))

        def listening(*given):
            return journal(*given[:-1], (*given[-1], self.heard))

        monkeypatch.setattr(recorded, "Journal", listening)
        recorded.run(lab, trials=trials, stepper=stepper)
        return self

    def heard(self, trial, one) -> None:
        self.lines.append((trial, one))
        self.show.hear(trial, one)

    def answered(self, prompt: str) -> str:
        self.prompts.append(prompt)
        self.seen.append(list(self.lines))
        return self.answer(prompt)

    def of(self, scenario: str) -> set[str]:
        return {t for t, e in self.lines if isinstance(e, Planned) and e.cell.startswith(f"{scenario} @ ")}


def done(lines) -> list[str]:
    """All acts but those that bring an arm up."""
    return [e.name for _, e in lines if isinstance(e, Acted) and e.name != "up"]


def test_nothing_is_done_before_somebody_has_answered(monkeypatch):
    run = Stepped().go(monkeypatch, lab_of(crash @ pod, crash @ deployment))

    assert run.prompts == [GUESS]
    assert done(run.seen[0]) == []
    assert done(run.lines) == ["crash", "crash"]


def test_what_is_done_next_waits_for_another_answer(monkeypatch):
    run = Stepped().go(monkeypatch, lab_of(crash_and_hang @ pod, crash_and_hang @ deployment))

    assert run.prompts == [GUESS, "  Next: hang. Enter to go on: "]
    assert "hang" not in done(run.seen[1])
    assert sorted(done(run.lines)) == ["crash", "crash", "hang", "hang"]


def test_scenarios_are_run_one_after_the_other_on_all_their_arms_and_each_is_asked_about(monkeypatch):
    cells = (crash @ pod, crash_and_hang @ pod, crash @ compose, crash_and_hang @ deployment)
    run = Stepped().go(monkeypatch, lab_of(*cells), trials=2)

    assert run.prompts == [GUESS, GUESS, "  Next: hang. Enter to go on: "]
    assert [e[:2] for e in run.events if e[0] == "begin"] == [("begin", "crash"), ("begin", "crash and hang")]
    assert len(done(run.seen[1])) == 4


def test_trials_are_not_begun_before_their_scenario_is(monkeypatch):
    run = Stepped().go(monkeypatch, lab_of(crash @ pod, crash_and_hang @ pod, crash @ deployment))
    begun = [{t for t, e in seen if isinstance(e, Began)} for seen in run.seen]

    assert begun[0] <= run.of("crash")
    assert not begun[0] & run.of("crash and hang")
    assert run.of("crash") <= begun[1]


def test_what_came_of_a_scenario_is_told_before_the_next_one_begins(monkeypatch):
    run = Stepped().go(monkeypatch, lab_of(crash @ pod, crash_and_hang @ pod, crash @ compose), trials=2)

    assert [e[0] for e in run.events] == ["begin", "over", "begin", "over"]
    assert [e[1] for e in run.events if e[0] == "over"] == [{"Pod": 2, "Compose": 2}, {"Pod": 2}]


def test_that_it_waits_for_an_answer_is_told(monkeypatch):
    seen = []
    run = Stepped(lambda _: seen.extend(lane.missing for lane in run.show.board.lanes.values()) or "all")
    run.go(monkeypatch, lab_of(crash @ pod))

    assert seen == ["your answer"]
    assert run.show.board.lanes == {}


def test_what_several_scenarios_would_strike_together_is_struck_for_each_of_them(monkeypatch):
    nodes = own_cluster(nodes=2)
    arms = [Arm(at, nodes, "deployment.yaml service-old.yaml", at=at) for at in ("worker", "control-plane")]

    def strikes(name: str):
        def play(t) -> None:
            """kube-proxy is taken away."""
            t.steady(replicas=2)
            t.act(take_away("kube-proxy", of="worker"))

        play.__name__ = name
        return scenario(round="kube-proxy is taken away")(play)

    first, second = strikes("first"), strikes("second")
    run = Stepped().go(
        monkeypatch, lab_of(first @ arms[0], first @ arms[1], second @ arms[0], module="labs.architecture")
    )

    assert run.prompts == [GUESS, GUESS]
    assert len(done(run.seen[1])) == 2
    assert [e.wrong for _, e in run.lines if isinstance(e, Ended)] == ["", "", ""]


def test_whoever_interrupts_instead_of_answering_ends_the_run_and_nothing_was_done(monkeypatch):
    def interrupts(_prompt: str) -> str:
        raise Interrupted(130)

    run = Stepped(interrupts)
    with pytest.raises(Interrupted):
        run.go(monkeypatch, lab_of(crash @ pod, crash @ compose))

    assert done(run.lines) == []
    assert {e.wrong for _, e in run.lines if isinstance(e, Ended)} == {"stopped: the run was ended"}
    assert [e.how for _, e in run.lines if isinstance(e, Over)] == ["interrupted"]
