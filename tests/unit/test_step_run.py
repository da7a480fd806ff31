"""A run step by step, on a site in memory: nothing is done before somebody has answered."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from harness import runner as running
from harness.journal import Journal, read
from harness.model.arm import Arm, Run
from harness.model.claim import Lab
from harness.model.errors import Interrupted
from harness.model.scenario import Scenario
from harness.model.site import docker_host, engine
from harness.model.timeline import Kind
from harness.runner import Runner, plan
from harness.step import Stepper
from harness.views.show import Show
from tests.unit.nowhere import Site


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(running, "LOOK_AGAIN_S", 0.01)


def scales(*copies: int):
    def act(t) -> None:
        for count in copies:
            t.scale(count)

    return act


class Stepped:
    """A run of scenarios that scale so many times, on two arms each."""

    def __init__(self, folder, site=engine, *, trials: int = 1, answer=lambda _prompt: "", **scenarios) -> None:
        lab = Lab("In which order?")
        lab.name = "small"
        kinds = {"alone": True} if site is not engine else {}
        for name, copies in scenarios.items():
            scenario = Scenario(name, f"It is scaled to {copies}.", scales(*copies), **kinds)
            lab.show(*(scenario @ Arm(arm, site, Run()) for arm in ("one", "two")))
        self.place = Site(site.name)
        self.asked: list[tuple[str, list[str]]] = []
        self._answer = answer
        console = Console(file=io.StringIO(), width=200)
        self.show = Show(console, lambda: 0.0, by_itself=False)
        self.log = Journal(folder / "run", "run-1", {}, self.show.take)
        self.planned = plan([lab], trials=trials, seed=1)
        self.stepper = Stepper(console, self.show, self.answered)
        sites = {site.name: self.place}
        self.runner = Runner([lab], self.planned, sites, self.log, None, stepper=self.stepper)

    def answered(self, prompt: str) -> str:
        self.asked.append((prompt, list(self.place.asked)))
        return self._answer(prompt)

    def go(self) -> Stepped:
        try:
            self.runner.go()
        finally:
            self.log.close()
        return self

    def done_to(self, what: str) -> list[str]:
        return [asked for asked in self.place.asked if asked.startswith(what)]

    def of(self, scenario: str) -> set[str]:
        return {p.id for p in self.planned if p.cell.scenario.name == scenario}


def test_nothing_is_done_before_somebody_has_answered(tmp_path):
    run = Stepped(tmp_path, crash=[2]).go()
    ((prompt, before),) = run.asked

    assert prompt == "  > "
    assert [asked for asked in before if asked.startswith("scale")] == []
    assert sorted(run.done_to("scale")) == ["scale t001 to 2", "scale t002 to 2"]


def test_what_is_done_next_waits_for_another_answer(tmp_path):
    run = Stepped(tmp_path, crash=[2, 3]).go()
    (_, _), (prompt, before) = run.asked

    assert prompt == "  Next: scale. Enter to go on: "
    assert [asked for asked in before if asked.endswith("to 3")] == []
    assert len(run.done_to("scale")) == 4


def test_scenarios_are_run_one_after_the_other_and_each_is_asked_about(tmp_path):
    run = Stepped(tmp_path, trials=2, crash=[2], hang=[3]).go()
    acted = [asked.split()[1] for asked in run.done_to("scale")]

    assert len(run.asked) == 2
    assert {frozenset(acted[:4]), frozenset(acted[4:])} == {frozenset(run.of("crash")), frozenset(run.of("hang"))}


def test_trials_are_not_begun_before_their_scenario_is(tmp_path):
    run = Stepped(tmp_path, crash=[2], hang=[3]).go()
    first, second = (seen for _, seen in run.asked)
    begun = {asked.split()[1] for asked in first if asked.startswith("apply")}

    assert begun <= run.of("crash") or begun <= run.of("hang")
    assert len([asked for asked in second if asked.startswith("scale")]) == 2


def test_that_it_waits_for_an_answer_is_told(tmp_path):
    seen = []
    run = Stepped(tmp_path, crash=[2], answer=lambda _: seen.extend(lanes()) or "all")

    def lanes():
        return [lane.missing for lane in run.show.board.lanes.values() if lane.missing]

    run.go()
    assert "what you expect of it" in seen
    assert run.show.board.lanes == {}


def test_a_site_of_one_s_own_is_mended_for_the_scenarios_that_come_later(tmp_path):
    run = Stepped(tmp_path, docker_host(), crash=[2], hang=[3]).go()
    begun_or_left = [asked for asked in run.place.asked if not asked.startswith("scale")]
    each = [asked.split()[1] for asked in run.done_to("apply")]

    assert len(each) == 4
    assert [*begun_or_left, f"left {each[-1]}"] == [f"{how} {one}" for one in each for how in ("apply", "left")]


def test_between_two_scenarios_a_site_is_never_taken_for_one_that_nobody_needs(tmp_path):
    run = Stepped(tmp_path, docker_host(), crash=[2], hang=[3])
    (site,) = run.runner.sites.values()
    needless, begin = [], run.stepper.begin

    def begins(*arguments) -> None:
        needless.append(run.runner._thrown_away(site, run.planned[0]))
        begin(*arguments)

    run.stepper.begin = begins
    run.go()
    assert needless == [False, False]


def test_what_came_of_a_scenario_is_told_before_the_next_one_begins(tmp_path):
    run = Stepped(tmp_path, crash=[2], hang=[3])
    told = []
    run.stepper.begin = lambda scenario, arms, begin=run.stepper.begin: (told.append("begin"), begin(scenario, arms))
    run.stepper.over = lambda timelines: told.append(sorted(timelines))
    run.go()

    assert told == ["begin", ["one", "two"], "begin", ["one", "two"]]


def test_whoever_interrupts_instead_of_answering_ends_the_run_and_nothing_was_done(tmp_path):
    def interrupts(_prompt: str) -> str:
        raise Interrupted(130)

    run = Stepped(tmp_path, crash=[2], answer=interrupts)
    with pytest.raises(Interrupted):
        run.go()
    recorded = read(tmp_path / "run")
    ends = [t.last(Kind.MARK, "end").facts["how"] for ts in recorded.timelines.values() for t in ts]

    assert run.done_to("scale") == []
    assert set(ends) == {"stopped"}
    assert recorded.end["how"] == "interrupted"
    assert recorded.end["wall_s"] < running.HURRY_S / 2
