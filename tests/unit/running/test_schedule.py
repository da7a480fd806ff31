"""What is due next: a pure function, tried without threads."""

import time
from dataclasses import replace

import pytest

from harness.lab.arm import Arm
from harness.lab.cell import Trials, scenario
from harness.lab.site import cluster, docker_host, engine, own_cluster
from harness.running.schedule import Close, Go, Job, Open, Start, due

FILES = "deployment.yaml"


@scenario
def plain(_t):
    """Nothing."""


@scenario(round="the worker stops")
def struck(_t):
    """Nothing."""


def job(n, site=engine, *, how=plain, cpus=0.3, state="waiting", phase=0, number=1, **more):
    trials = Trials(how, Arm(f"arm {n}", site, FILES))
    return Job(f"t{n:03}", "lab", trials, number, cpus, phase=phase, state=state, **more)


def test_a_site_is_opened_when_a_trial_needs_it_and_closed_when_none_does():
    assert due([job(1)], {"engine": "closed"}, 2, 1.0) == [Open("engine")]
    assert due([job(1, state="over")], {"engine": "open"}, 2, 1.0) == [Close("engine")]
    assert due([job(1, state="over")], {"engine": "gone"}, 2, 1.0) == []


def test_a_shared_site_is_closed_last_since_all_that_the_run_made_goes_with_it():
    host = docker_host()
    jobs, sites = [job(1, state="over"), job(2, host, state="watching")], {"engine": "open", host.name: "open"}
    assert due(jobs, sites, 2, 1.0) == []
    jobs[1] = replace(jobs[1], state="over")
    assert due(jobs, sites, 2, 1.0) == [Close(host.name)]
    assert due(jobs, sites | {host.name: "closing"}, 2, 1.0) == []
    assert due(jobs, sites | {host.name: "gone"}, 2, 1.0) == [Close("engine")]


def test_what_is_being_opened_is_waited_for():
    assert due([job(1)], {"engine": "opening"}, 2, 1.0) == []


def test_no_more_sites_are_made_at_a_time_than_there_are_cores():
    jobs = [job(1), job(2, cluster), job(3, docker_host())]
    sites = {"engine": "opening", "cluster": "closed", "docker host": "closed"}
    assert due(jobs, sites, 2, 1.0) == [Open("cluster")]
    assert due(jobs, sites, 1, 1.0) == []
    assert due(jobs, sites, 3, 1.0) == [Open("cluster"), Open("docker host")]


def test_trials_start_as_long_as_cores_are_free_and_room_is_ahead():
    jobs = [job(n) for n in range(1, 9)]
    assert due(jobs, {"engine": "open"}, 2, 1.0) == [Start("t001"), Start("t002")]
    busy = [replace(j, state="watching") for j in jobs[:3]] + jobs[3:]
    assert due(busy, {"engine": "open"}, 2, 1.0) == [Start("t004"), Start("t005")]
    full = [replace(j, state="standing") for j in jobs[:6]] + jobs[6:]
    assert not [a for a in due(full, {"engine": "open"}, 2, 1.0) if isinstance(a, Start)]


def test_who_stands_goes_on_when_there_is_room():
    jobs = [job(1, state="watching", cpus=0.7), job(2, state="standing", cpus=0.7), job(3, state="standing")]
    assert due(jobs, {"engine": "open"}, 2, 1.0) == [Go("t003")]


def test_what_is_larger_than_the_whole_room_runs_alone():
    jobs = [job(1, state="standing", cpus=10.0), job(2, state="standing")]
    assert due(jobs, {"engine": "open"}, 2, 1.0) == [Go("t001")]


def test_and_nothing_smaller_is_let_on_before_it():
    jobs = [job(1, state="watching"), job(2, state="standing"), job(3, state="standing", cpus=10.0)]
    assert due(jobs, {"engine": "open"}, 2, 1.0) == []
    assert due([replace(jobs[0], state="over"), *jobs[1:]], {"engine": "open"}, 2, 1.0) == [Go("t003")]


def test_earlier_groups_and_short_trials_come_first():
    jobs = [job(1, group=2), job(2, group=1, long=True), job(3, group=1)]
    assert due(jobs, {"engine": "open"}, 2, 1.0) == [Start("t003"), Start("t002")]


def test_what_takes_the_machine_is_opened_while_nothing_runs():
    own = own_cluster(nodes=2)
    jobs, sites = [job(1, own), job(2)], {own.name: "closed", "engine": "closed"}
    assert due(jobs, sites, 2, 1.0) == [Open(own.name)]
    assert due([jobs[0], job(2, state="watching")], {own.name: "closed", "engine": "open"}, 2, 1.0) == []


def test_then_its_trials_run_beside_those_of_the_shared_sites():
    own = own_cluster(nodes=2)
    jobs, sites = [job(1, own), job(2)], {own.name: "open", "engine": "open"}
    assert due(jobs, sites, 2, 1.0) == [Start("t001"), Start("t002")]


def test_of_several_such_sites_one_is_made_after_the_other():
    one, other = own_cluster(nodes=2), own_cluster(nodes=3)
    jobs, sites = [job(1, one, state="watching"), job(2, other, phase=1)], {one.name: "open", other.name: "closed"}
    assert due(jobs, sites, 2, 1.0) == []
    jobs[0] = replace(jobs[0], state="over")
    assert due(jobs, sites, 2, 1.0) == [Close(one.name), Open(other.name)]


def test_a_round_goes_on_together_or_not_at_all():
    own = own_cluster(nodes=2)
    jobs = [job(1, own, how=struck, state="standing"), job(2, own, how=struck, state="starting")]
    assert due(jobs, {own.name: "open"}, 2, 1.0) == []
    jobs[1] = replace(jobs[1], state="standing")
    assert due(jobs, {own.name: "open"}, 2, 1.0) == [Go("t001"), Go("t002")]


def test_of_a_round_that_strikes_one_leads():
    own = own_cluster(nodes=2)
    jobs = [job(n, own, how=struck, state="striking") for n in (1, 2)]
    assert due(jobs, {own.name: "open"}, 2, 1.0) == [Go("t001", leads=True), Go("t002", leads=False)]


def test_who_broke_off_before_is_not_waited_for():
    own = own_cluster(nodes=2)
    jobs = [job(1, own, how=struck, state="over"), job(2, own, how=struck, state="striking")]
    assert due(jobs, {own.name: "open"}, 2, 1.0) == [Go("t002", leads=True)]


def test_nothing_else_starts_where_a_round_is_on():
    own = own_cluster(nodes=2)
    jobs = [job(1, own, how=struck, state="watching"), job(2, own), job(3, own, how=struck, number=2)]
    assert due(jobs, {own.name: "open"}, 2, 1.0) == []


def test_what_has_begun_of_a_round_is_completed_whatever_the_room():
    own = own_cluster(nodes=2)
    jobs = [job(1, own, how=struck, state="standing", cpus=2.0), job(2, own, how=struck, cpus=2.0)]
    assert due(jobs, {own.name: "open"}, 2, 1.0) == [Start("t002")]


def test_a_site_that_a_round_broke_is_mended_when_nobody_is_on_it():
    own = own_cluster(nodes=2)
    jobs = [job(1, own, how=struck, state="watching"), job(2, own, how=struck, number=2)]
    assert due(jobs, {own.name: "broken"}, 2, 1.0) == []
    assert due([replace(jobs[0], state="over"), jobs[1]], {own.name: "broken"}, 2, 1.0) == [Open(own.name)]


def test_trials_that_may_not_be_needed_are_not_started_yet():
    assert due([job(4, state="held")], {"engine": "open"}, 2, 1.0) == []


@pytest.mark.parametrize("state", ["waiting", "standing"])
def test_a_thousand_jobs_are_decided_in_no_time(state):
    kinds = (engine, cluster, docker_host())
    jobs = [job(n, kinds[n % 3], state=state) for n in range(1000)]
    sites = {site.name: "open" for site in kinds}
    best = min(_timed(jobs, sites) for _ in range(5))
    assert best < 0.05  # measured: see docs/measurements.md


def _timed(jobs, sites):
    began = time.perf_counter()
    due(jobs, sites, 2, 1.0)
    return time.perf_counter() - began
