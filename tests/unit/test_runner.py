"""In which order trials of one site begin, are recorded and are left."""

from __future__ import annotations

import time

import pytest

from harness import court, runner
from harness.journal import Journal, read
from harness.model.arm import Arm, Run
from harness.model.claim import Lab
from harness.model.errors import Problem
from harness.model.scenario import Scenario
from harness.model.site import docker_host, engine, own_cluster
from harness.model.timeline import Kind
from harness.runner import Runner, plan
from tests.unit.crashes import KNOWN, away, back
from tests.unit.crashes import lab as crashing
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


# -- a site that is not sound ---------------------------------------------------------------------------------------


def ends(
    folder, sick: int, *, trials: int, act=lambda _t: None, answers_s: float = 0.0
) -> tuple[list[dict], list[str]]:
    """How each trial ended, and what was waited for."""
    lab = Lab("Is it sound?")
    lab.name = "small"
    lab.show(Scenario("nothing", "Nothing happens.", act) @ Arm("here", engine, Run()))
    place, heard = Site("engine"), []
    place.sick, place.answers_s = sick, answers_s
    log = Journal(folder / "run", "run-1", {}, heard.append)
    Runner([lab], plan([lab], trials=trials, seed=1), {"engine": place}, log, None).go()
    log.close()
    ends = [line["facts"] for line in heard if line["type"] == "entry" and line["what"] == "end"]
    return ends, [line["missing"] for line in heard if line["type"] == "wait"]


@pytest.fixture
def often(monkeypatch):
    monkeypatch.setattr(runner, "SPACED_S", 0.0)
    monkeypatch.setattr(runner, "LOOK_AGAIN_S", 0.01)


def test_what_passes_soon_is_waited_for_and_told_before_a_trial_begins(tmp_path, often):
    ended, waited = ends(tmp_path, 3, trials=1)

    assert [one["how"] for one in ended] == ["done"]
    assert "engine: a node is away" in waited
    (timeline,) = read(tmp_path / "run").timelines["small/nothing @ here"]
    assert [e.facts for e in timeline.of(Kind.MARK, "health")] == [
        {"when": "before", "ok": "yes"},
        {"when": "after", "ok": "yes"},
    ]


def test_a_site_that_stays_sick_is_waited_for_once(tmp_path, often, monkeypatch):
    monkeypatch.setattr(runner, "SOUND_S", 0.3)
    began = time.monotonic()
    ended, _ = ends(tmp_path, 10**9, trials=5)

    assert [one["how"] for one in ended] == ["broke"] * 5
    assert {one["why"] for one in ended} == {"engine: a node is away"}
    assert 0.3 < time.monotonic() - began < 1.5


def test_where_it_took_long_to_find_out_it_is_not_asked_again(tmp_path, often, monkeypatch):
    monkeypatch.setattr(runner, "SOUND_S", 0.3)
    began = time.monotonic()
    ended, waited = ends(tmp_path, 10**9, trials=1, answers_s=0.5)

    assert [one["how"] for one in ended] == ["broke"]
    assert waited == []
    assert time.monotonic() - began < 0.9


def test_what_is_wrong_after_a_trial_is_not_waited_for(tmp_path, often):
    def ill(trial) -> None:
        trial.place.sick = 2

    ends(tmp_path, 0, trials=1, act=ill)
    (timeline,) = read(tmp_path / "run").timelines["small/nothing @ here"]

    assert [e.facts["ok"] for e in timeline.of(Kind.MARK, "health")] == ["yes", "no"]


# -- once more -------------------------------------------------------------------------------------------------------


def crashes(tested) -> Lab:
    """On one site: two cells in which it came back, once after 3 s, and a tested one that is as it is given."""

    def act(trial) -> None:
        name = trial.scope.arm.name
        timeline = tested(trial.scope.trial) if name == "tested" else back(4.0)
        for entry in timeline.entries:
            if entry.what not in ("health", "stream", "end"):  # the runner's own
                trial.write(entry)

    return crashing(act)


def settled(folder, lab: Lab, place: Site) -> tuple[list[str], list[dict]]:
    heard, told = [], []
    log = Journal(folder / "run", "run-1", {}, heard.append)
    Runner([lab], plan([lab], trials=2, seed=1), {"engine": place}, log, KNOWN, told.append).go()
    log.close()
    return [f"{f.id} {f.verdict.grade}" for f in told], heard


def test_what_was_watched_for_too_short_a_time_is_run_once_more_and_then_judged(tmp_path):
    place = Site("engine")
    lab = crashes(lambda trial: away(waited_s=10.1 if trial <= "t006" else 15.1))
    told, heard = settled(tmp_path, lab, place)
    again = [line for line in heard if line["type"] == "again"]

    assert told == ["c REFUTED"]
    assert len([a for a in place.asked if a.startswith("apply")]) == 8
    assert [(line["cell"], line["n"]) for line in again] == [("crash @ tested", 2)]
    assert again[0]["why"] == "watched for 10.1 of 15.0 s; where it happens it took up to 3.0 s"
    assert [line["n"] for line in heard if line["type"] == "wanted" and line["cell"] == "crash @ tested"] == [2, 4]
    ran = [
        (line["trial"], line["n"]) for line in heard if line["type"] == "trial" and line["cell"] == "crash @ tested"
    ]
    assert sorted(n for _, n in ran) == [1, 1, 2, 2]
    assert sorted(trial for trial, _ in ran)[-2:] == ["t007", "t008"]

    recorded = read(tmp_path / "run").of_lab("small")
    assert sorted(t.number for t in recorded["crash @ tested"]) == [1, 1, 2, 2]
    assert court.settle(lab.claims[0], recorded).grade == "REFUTED"


def test_what_stays_too_short_is_run_twice_more_and_left_open(tmp_path):
    place = Site("engine")
    told, heard = settled(tmp_path, crashes(lambda _: away(waited_s=10.1)), place)

    assert told == ["c INCONCLUSIVE"]
    assert [line["n"] for line in heard if line["type"] == "again"] == [2, 2]
    assert len([a for a in place.asked if a.startswith("apply")]) == 10


def test_what_is_run_again_is_no_part_of_what_was_necessary(tmp_path):
    once = settled(tmp_path / "a", crashes(lambda _: away(waited_s=15.1)), Site("engine"))[1][-1]
    twice = settled(
        tmp_path / "b", crashes(lambda trial: away(waited_s=10.1 if trial <= "t006" else 15.1)), Site("engine")
    )[1][-1]

    assert twice["necessary_s"] < once["necessary_s"]


# -- what a run needs is gone ---------------------------------------------------------------------------------------


def test_a_run_ends_at_once_when_there_is_no_use_in_going_on_and_closes_its_sites(tmp_path, monkeypatch):
    monkeypatch.setattr(runner, "LOOK_AGAIN_S", 0.01)
    monkeypatch.setattr(runner.commands, "end_all", lambda: None)
    lab = Lab("How long is it waited for?")
    lab.name = "small"
    lab.show(Scenario("nothing", "Nothing happens.", lambda _t: None) @ Arm("here", engine, Run()))
    place, heard, closed = Site("engine"), [], []
    place.close = lambda _deadline: closed.append(place.name) or []
    log = Journal(tmp_path / "run", "run-1", {}, heard.append)

    def check() -> None:
        raise Problem("Going on", "the cluster is gone", "labs run small")

    ends = Runner([lab], plan([lab], trials=3, seed=1), {"engine": place}, log, None, check=check)
    with pytest.raises(Problem, match="the cluster is gone"):
        ends.go()
    log.close()

    assert closed == ["engine"]
    (end,) = (line for line in heard if line["type"] == "end")
    assert (end["how"], end["leftovers"]) == ("interrupted", [])
