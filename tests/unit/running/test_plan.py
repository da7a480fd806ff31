"""Which trials a run has, in which order, and how much of the machine each may use."""

from __future__ import annotations

from collections import Counter

import pytest

from harness import Arm, Lab, Trials, acts, cluster, docker_host, engine, holds, own_cluster, scenario
from harness.lab import manifests
from harness.lab.arm import IMAGE
from harness.lab.cell import Scenario
from harness.model.errors import Problem
from harness.running.plan import cpus, most, plan

# -- what an arm may use


def of(folder, **files):
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text)
    return cpus(Arm("x", cluster, " ".join(f"{name}.yaml" for name in files)), folder)


def workload(kind, *containers, replicas=""):
    listed = "".join(f"\n        - {{name: c{n}, {c}}}" for n, c in enumerate(containers))
    return f"""
kind: {kind}
metadata: {{name: web}}
spec:
  {replicas}
  template:
    spec:
      containers:{listed}
"""


LIMITED = f"image: '{IMAGE}', resources: {{limits: {{cpu: %s}}}}"


@pytest.mark.parametrize(("times", "limit", "together"), [(1, "0.1", 0.1), (3, "0.1", 0.3), (2, "1.5", 3.0)])
def test_runs_use_as_much_as_each_copy_may(times, limit, together, tmp_path):
    arm = Arm("x", engine, f"docker run --detach --cpus {limit} {IMAGE} x {times}")
    assert cpus(arm, tmp_path) == pytest.approx(together)


def test_commands_that_run_nothing_use_nothing(tmp_path):
    run = f"docker run --detach --cpus 0.1 {IMAGE}"
    assert cpus(Arm("x", engine, f"docker network create web; {run}"), tmp_path) == pytest.approx(0.1)
    assert cpus(Arm("x", engine, "docker network create web"), tmp_path) == 0.0


def test_services_of_compose_are_added_up_with_their_copies(tmp_path):
    text = f"""
services:
  one: {{image: "{IMAGE}", cpus: 0.1, scale: 3}}
  two: {{image: "{IMAGE}", cpus: "0.25"}}
"""
    assert of(tmp_path, compose=text) == pytest.approx(0.55)


@pytest.mark.parametrize(("cpu", "cores"), [("100m", 0.1), ("1500m", 1.5), ("2", 2.0), ('"0.5"', 0.5), ("1.5", 1.5)])
def test_cores_and_thousandths_of_them_are_read(cpu, cores, tmp_path):
    assert of(tmp_path, web=workload("Deployment", LIMITED % cpu)) == pytest.approx(cores)


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet"])
def test_replicas_multiply_what_all_containers_may_use(kind, tmp_path):
    text = workload(kind, LIMITED % "100m", LIMITED % "200m", replicas="replicas: 3")
    assert of(tmp_path, web=text) == pytest.approx(0.9)


def test_bare_pods_and_several_files_are_added_up(tmp_path):
    pod = f"kind: Pod\nmetadata: {{name: web}}\nspec:\n  containers:\n    - {{name: web, {LIMITED % '100m'}}}\n"
    service = "kind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80}]}\n"
    assert of(tmp_path, pods=f"# two\n{pod}---\n{pod}---\n", service=service, more=pod) == pytest.approx(0.3)


@pytest.mark.parametrize("image", ["image: nginx", "image: 'dk-labs/web:2'", "command: [x]"])
def test_another_image_in_a_workload_is_told_with_its_place(image, tmp_path):
    with pytest.raises(Problem, match=f"{tmp_path.name}/web.yaml, Deployment web: .*Try: image: {IMAGE}"):
        of(tmp_path, web=workload("Deployment", LIMITED % "1", image))


def test_a_file_that_is_missing_or_no_yaml_is_told(tmp_path):
    with pytest.raises(Problem, match=r"gone\.yaml"):
        cpus(Arm("x", cluster, "gone.yaml"), tmp_path)
    with pytest.raises(Problem, match=r"web\.yaml"):
        of(tmp_path, web="a: [")


# -- the order of trials


def act(name, **more):
    return Scenario(name, "It happens.", lambda _: None, **more)


crash, stop, kill, remove = (act(name) for name in ("crash", "stop", "kill", "remove"))
FIRST, SECOND, THIRD = (Arm(name, engine, f"docker run --cpus 0.1 {IMAGE}") for name in ("first", "second", "third"))


def small_lab():
    lab = Lab("Which comes first?", "labs.small")

    @lab.claim("one", blank=crash @ SECOND, standard=crash @ THIRD, given={"g": stop @ SECOND})
    def one(cell: Trials = crash @ FIRST, beside: Trials = stop @ FIRST):
        return holds("x")

    @lab.claim("two", blank=crash @ SECOND, standard=kill @ THIRD)
    def two(cell: Trials = kill @ SECOND):
        return holds("x")

    lab.show(*(remove @ arm for arm in (FIRST, SECOND, THIRD)), stop @ THIRD)
    lab.show(kill @ FIRST, full=True)
    return lab


def order(seed=1, *, trials=3, **more):
    return [(j.trials.cell, j.number) for j in plan([small_lab()], trials=trials, seed=seed, **more)]


def test_the_same_seed_gives_the_same_order_and_another_one_another():
    assert order(7) == order(7)
    assert len({tuple(order(seed)) for seed in range(10)}) > 5


@pytest.mark.parametrize("trials", [1, 3, 5])
@pytest.mark.parametrize("seed", [0, 1])
def test_every_cell_is_planned_as_often_as_asked_though_two_claims_use_it(trials, seed):
    numbers = {}
    for cell, number in order(seed, trials=trials, full=True):
        numbers.setdefault(cell, []).append(number)
    assert numbers == {cell: list(range(1, trials + 1)) for cell in small_lab().cells}


@pytest.mark.parametrize("seed", range(10))
def test_claims_keep_their_order_and_of_each_the_standard_comes_first_and_the_blank_last(seed):
    found = list(dict.fromkeys(cell for cell, _ in order(seed)))
    assert found[0] == "crash @ third"
    assert set(found[1:3]) == {"crash @ first", "stop @ first"}
    assert set(found[3:5]) == {"crash @ second", "stop @ second"}
    assert found[5:7] == ["kill @ third", "kill @ second"]
    assert set(found[7:]) == {"remove @ first", "remove @ second", "remove @ third", "stop @ third"}


@pytest.mark.parametrize("seed", range(5))
def test_repetitions_of_cells_that_go_together_are_interleaved(seed):
    tested = order(seed)[3:9]
    assert [number for _, number in tested] == [1, 1, 2, 2, 3, 3]
    assert Counter(tested) == Counter((cell, n) for cell in ("crash @ first", "stop @ first") for n in (1, 2, 3))


def test_groups_never_go_back_and_each_trial_has_a_name_of_its_own():
    jobs = plan([small_lab()], trials=3, seed=1)
    assert [j.group for j in jobs] == sorted(j.group for j in jobs)
    assert [j.id for j in jobs] == [f"t{n:03}" for n in range(1, len(jobs) + 1)]
    assert {(j.cpus, j.lab) for j in jobs} == {(0.1, "small")}


def test_only_what_the_named_claims_need_is_planned():
    assert {cell for cell, _ in order(only=frozenset({"two"}))} == {"kill @ second", "kill @ third", "crash @ second"}


def test_what_belongs_to_a_full_run_is_planned_there_alone():
    assert "kill @ first" not in dict(order())
    assert "kill @ first" in dict(order(full=True))


# -- how often


def shown(*cells, trials=5, **more):
    lab = Lab("How often?", "labs.small")
    lab.show(*cells)
    return plan([lab], trials=trials, seed=1, **more)


def numbers(jobs, state=""):
    found = {}
    for j in jobs:
        if state in ("", j.state):
            found.setdefault(j.trials.cell, []).append(j.number)
    return found


@pytest.mark.parametrize("trials", [1, 2, 5])
@pytest.mark.parametrize("often", [1, 3])
def test_a_scenario_may_say_how_often_it_is_run_whatever_else_is(trials, often):
    jobs = shown(act("count", trials=often) @ FIRST, crash @ FIRST, trials=trials)
    assert numbers(jobs) == {
        "count @ first": list(range(1, often + 1)), "crash @ first": list(range(1, trials + 1)),
    }  # fmt: skip


def test_whether_the_third_and_later_ones_are_needed_depends_on_how_long_the_first_one_takes():
    assert numbers(shown(crash @ FIRST), "held") == {"crash @ first": [4, 5]}
    assert [most(s) for s in (6.0, 6.1, 20.0, 20.1)] == [None, 3, 3, 2]
    assert numbers(shown(crash @ FIRST, trials=2), "held") == {}
    assert numbers(shown(crash @ FIRST, full=True), "held") == {}


@pytest.mark.parametrize(("within_s", "held"), [(10.0, [4, 5]), (30.0, [3, 4, 5])])
def test_the_third_waits_for_the_first_only_where_what_is_watched_for_may_take_long(within_s, held):
    @scenario
    def wait(t):
        """It is watched."""
        t.act(acts.crash, *t.steady(replicas=1))
        t.restored(within_s=within_s)

    assert numbers(shown(wait @ FIRST), "held") == {"wait @ first": held}


def test_who_says_how_often_and_who_is_of_a_round_is_never_held():
    often, struck = act("count", trials=5), act("strike", round="the worker stops")
    assert numbers(shown(often @ FIRST, struck @ FIRST), "held") == {}


# -- sites that take the whole machine


def test_of_such_sites_each_has_a_phase_in_the_order_in_which_they_are_needed():
    sites = (engine, own_cluster(2), docker_host(), own_cluster(3), own_cluster(2))
    jobs = shown(
        *(act(f"act {n}") @ Arm(f"arm {n}", s, f"docker run {IMAGE}") for n, s in enumerate(sites)), trials=1
    )
    phases = {j.trials.arm.name: j.phase for j in jobs}
    first, second = phases["arm 1"], phases["arm 3"]
    assert {first, second} == {0, 1}
    assert phases == {"arm 0": 0, "arm 1": first, "arm 2": 0, "arm 3": second, "arm 4": first}


# -- what cannot be run


def test_arms_that_differ_in_what_is_not_their_question_are_told():
    dear = Arm("dear", engine, f"docker run --cpus 0.5 {IMAGE}")
    with pytest.raises(Problem, match=r"Comparing the arms of lab small: CPU limit 0\.5 in .*differs="):
        shown(crash @ FIRST, crash @ dear)


def test_files_of_later_versions_are_read_before_anything_is_begun(tmp_path, monkeypatch):
    monkeypatch.setattr(manifests, "FOLDER", tmp_path)
    with pytest.raises(Problem, match=r"gone\.yaml"):
        shown(crash @ Arm("a", engine, f"docker run {IMAGE}", {"bad": "gone.yaml"}))
