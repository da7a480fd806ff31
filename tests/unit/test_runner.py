"""In which order trials of one site begin, are recorded and are left."""

from __future__ import annotations

import pytest

from harness import runner
from harness.journal import Journal, read
from harness.model.arm import Arm, Run
from harness.model.claim import Lab
from harness.model.scenario import Scenario
from harness.model.site import docker_host, engine, own_cluster
from harness.model.timeline import Kind
from harness.runner import Runner, plan
from tests.unit.nowhere import Site


def ran(folder, site, *, trials: int, act=lambda _t: None, leaves_s: float = 0.0, **kinds) -> list[str]:
    """All trials of one scenario on this site; what it was asked for."""
    lab = Lab("In which order?")
    lab.name = "small"
    lab.show(Scenario("nothing", "Nothing happens.", act, **kinds) @ Arm("here", site, Run()))
    place = Site(site.name, leaves_s)
    log = Journal(folder / "run", "run-1", {})
    _, left = Runner([lab], plan([lab], trials=trials, seed=1), {site.name: place}, log, None).go()
    log.close()
    assert left == []
    return place.asked


@pytest.mark.parametrize(("site", "kinds"), [(docker_host(), {"alone": True}), (own_cluster(), {})])
def test_what_was_broken_is_mended_before_the_next_trial_begins(tmp_path, monkeypatch, site, kinds):
    monkeypatch.setattr(runner, "LOOK_AGAIN_S", 0.01)
    asked = ran(tmp_path, site, trials=3, leaves_s=0.1, **kinds)

    assert asked == ["apply t001", "left t001", "apply t002", "left t002", "apply t003"]


def test_a_site_that_is_thrown_away_is_not_tidied_for_nobody(tmp_path):
    """What comes after the last trial is the end of the site; a shared one has to be as it was."""
    asked = ran(tmp_path / "own", docker_host(), trials=1, alone=True)
    shared = ran(tmp_path / "shared", engine, trials=1, alone=True)

    assert asked == ["apply t001"]
    assert shared == ["apply t001", "left t001"]


def test_a_scenario_that_begins_with_nothing_finds_nothing(tmp_path):
    assert ran(tmp_path, engine, trials=1, empty=True, alone=True) == ["left t001"]


@pytest.mark.parametrize("alone", [True, False])
def test_a_trial_knows_whether_it_may_break_hosts(tmp_path, alone):
    seen = []
    ran(tmp_path, docker_host(), trials=1, act=lambda t: seen.append(t.alone), alone=alone)

    assert seen == [alone]


def test_what_was_typed_to_bring_an_arm_up_is_written_down(tmp_path):
    ran(tmp_path, engine, trials=1)
    (timeline,) = read(tmp_path / "run").timelines["small/nothing @ here"]

    assert [e.facts["command"] for e in timeline.of(Kind.MARK, "by-hand")] == ["run"]
    assert timeline.last(Kind.MARK, "end").facts == {"how": "done"}
