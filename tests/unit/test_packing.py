"""What is run when, and how much of the machine it may use."""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path

import pytest
import yaml

from harness import packing
from harness.model.arm import IMAGE, Arm, Run
from harness.model.claim import Lab
from harness.model.clock import Deadline
from harness.model.errors import Problem
from harness.model.scenario import Scenario, Trials
from harness.model.site import cluster, docker_host, engine, own_cluster
from harness.model.verdict import holds
from harness.packing import Block, Room, makespan
from harness.runner import AHEAD, plan
from harness.waiting import until

MANIFESTS = Path(__file__).parents[2] / "manifests"


def blocks(*pairs: tuple[float, float]) -> list[Block]:
    return [Block(f"t{n}", cpus, lasts) for n, (cpus, lasts) in enumerate(pairs)]


@pytest.mark.parametrize(
    ("what", "room", "lasts"),
    [
        ([], 1, 0),
        ([(1, 5)], 1, 5),
        ([(1, 5), (1, 3)], 2, 5),
        ([(1, 5), (1, 3)], 1, 8),
        ([(1, 5), (1, 5)], 2, 5),
        ([(1, 2), (1, 3), (1, 4)], 2, 6),  # the third begins at 2
        ([(2, 4), (1, 1), (1, 1)], 2, 5),  # both small ones side by side, once the big one is over
        ([(1, 4), (2, 1), (1, 3)], 2, 5),  # the third fits beside the first, the second has to wait
        ([(3, 5)], 1, 5),  # too big for the room: alone
        ([(3, 5), (1, 2)], 1, 7),
        ([(1, 2), (3, 5)], 1, 7),
        ([(0.1, 10)] * 10, 1.0, 10),  # ten tenths are one
        ([(0.1, 10)] * 11, 1.0, 20),
        ([(0, 7)] * 100, 1.0, 7),
        ([(1, 0), (1, 0)], 1, 0),
    ],
)
def test_blocks_take_as_long_as_can_be_reckoned_by_hand(what, room, lasts):
    assert makespan(blocks(*what), room) == pytest.approx(lasts)


def test_what_is_handed_over_stays_as_it_was():
    given = blocks((1, 2), (1, 3))
    makespan(given, 1)

    assert given == blocks((1, 2), (1, 3))


# -- the room for windows ------------------------------------------------------------------------------------------


class Asking:
    """Threads that ask for room, in this order."""

    def __init__(self, room: Room, *wishes: float) -> None:
        self.got: list[float] = []
        self.threads = [threading.Thread(target=self._ask, args=(room, w), daemon=True) for w in wishes]
        for n, thread in enumerate(self.threads, 1):
            thread.start()
            until("a place", lambda n=n: "" if len(self.got) + room.waiting >= n else "one", Deadline.after(5))

    def _ask(self, room: Room, cpus: float) -> None:
        if room.take(cpus):
            self.got.append(cpus)

    def over(self) -> list[float]:
        for thread in self.threads:
            thread.join(5)
        assert not any(t.is_alive() for t in self.threads)
        return self.got


def test_room_is_given_to_whom_it_is_enough_for_in_the_order_in_which_they_came():
    room = Room(1.0)
    assert room.take(0.9)
    asking = Asking(room, 0.3, 0.1, 0.2)
    until("the small one", lambda: "" if asking.got == [0.1] else str(asking.got), Deadline.after(5))
    room.give(0.9)

    assert asking.over() == [0.1, 0.3, 0.2]


def test_what_is_larger_than_the_room_has_it_to_itself():
    room = Room(1.0)
    assert room.take(0.1)
    asking = Asking(room, 3.0)
    assert asking.got == []
    room.give(0.1)
    assert asking.over() == [3.0]
    late = Asking(room, 0.1)
    assert late.got == []
    room.give(3.0)
    assert late.over() == [0.1]


def test_whoever_waits_for_room_is_sent_away_when_it_closes():
    room = Room(1.0)
    assert room.take(1.0)
    asking = Asking(room, 0.5, 0.5)
    room.close()

    assert asking.over() == []
    assert not room.take(0.1)


# -- what an arm may use -------------------------------------------------------------------------------------------


def of(folder: Path, **files: str) -> float:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text)
    return packing.cpus(Arm("x", cluster, " ".join(f"{name}.yaml" for name in files)), folder)


def workload(kind: str, *containers: str, replicas: str = "") -> str:
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


@pytest.mark.parametrize(("copies", "cpus", "together"), [(1, 0.1, 0.1), (3, 0.1, 0.3), (2, 1.5, 3.0)])
def test_runs_use_as_much_as_each_copy_may(copies, cpus, together, tmp_path):
    arm = Arm("x", engine, Run(copies=copies, cpus=cpus))

    assert packing.cpus(arm, tmp_path) == pytest.approx(together)


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
    pod = f"""
kind: Pod
metadata: {{name: web}}
spec:
  containers:
    - {{name: web, {LIMITED % "100m"}}}
"""
    service = "kind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80}]}\n"

    assert of(tmp_path, pods=f"# two\n{pod}---\n{pod}---\n", service=service, more=pod) == pytest.approx(0.3)


@pytest.mark.parametrize("image", ["image: nginx", "image: 'dk-labs/web:2'", "command: [x]"])
def test_another_image_in_a_workload_is_told_with_its_place(image, tmp_path):
    with pytest.raises(Problem) as caught:
        of(tmp_path, web=workload("Deployment", LIMITED % "1", image))

    assert f"{tmp_path.name}/web.yaml" in str(caught.value)
    assert "Deployment web" in str(caught.value)
    assert IMAGE in caught.value.fix


def test_another_image_in_a_service_of_compose_is_told_with_its_place(tmp_path):
    with pytest.raises(Problem, match=f"{tmp_path.name}/compose.yaml.*nginx"):
        of(tmp_path, compose="services: {web: {image: nginx}}")


def test_a_file_that_is_missing_or_no_yaml_is_told(tmp_path):
    with pytest.raises(Problem, match=r"gone\.yaml"):
        packing.cpus(Arm("x", cluster, "gone.yaml"), tmp_path)
    with pytest.raises(Problem, match=r"web\.yaml"):
        of(tmp_path, web="a: [")


def files_of_selfhealing() -> list[Path]:
    return sorted((MANIFESTS / "selfhealing").glob("*.yaml"))


def test_there_are_files_of_selfhealing():
    assert len(files_of_selfhealing()) >= 9


@pytest.mark.parametrize("file", files_of_selfhealing(), ids=lambda f: f.name)
def test_every_file_of_selfhealing_uses_the_image_and_a_tenth_of_a_core_a_copy(file):
    documents = [d for d in yaml.safe_load_all(file.read_text()) if d]
    images = [line.split("image:")[1].strip() for line in file.read_text().splitlines() if "image:" in line]
    copies = 3 if "three" in file.name or "bare-pods" in file.name else 1

    assert documents
    assert set(images) == {IMAGE}
    assert packing.cpus(Arm("x", cluster, file.name), file.parent) == pytest.approx(0.1 * copies)


# -- the order of trials -------------------------------------------------------------------------------------------

ACTS = [Scenario(name, "It happens.", lambda _t: None) for name in ("crash", "stop", "kill", "remove")]
FIRST, SECOND, THIRD = (Arm(name, engine, Run()) for name in ("first", "second", "third"))


def small_lab() -> Lab:
    lab = Lab("Which comes first?")
    lab.name = "small"
    crash, stop, kill, remove = ACTS

    def one(cell: Trials = crash @ FIRST, beside: Trials = stop @ FIRST):
        return holds("x")

    def two(cell: Trials = kill @ SECOND):
        return holds("x")

    lab.claim("one", blank=crash @ SECOND, standard=crash @ THIRD, given={"g": stop @ SECOND})(one)
    lab.claim("two", blank=crash @ SECOND, standard=kill @ THIRD)(two)
    lab.show(*(remove @ arm for arm in (FIRST, SECOND, THIRD)), stop @ THIRD)
    return lab


def order(seed: int, **more) -> list[tuple[str, int]]:
    return [(p.cell.cell, p.number) for p in plan([small_lab()], trials=5, seed=seed, **more)]


def test_the_same_seed_gives_the_same_order_and_another_one_another():
    assert order(7) == order(7)
    assert len({tuple(order(seed)) for seed in range(10)}) > 5


@pytest.mark.parametrize("trials", [1, 3, 5])
@pytest.mark.parametrize("seed", [0, 1])
def test_every_cell_is_planned_as_often_as_asked_though_two_claims_use_it(trials, seed):
    lab = small_lab()
    planned = plan([lab], trials=trials, seed=seed)
    numbers = {cell.cell: sorted(p.number for p in planned if p.cell.cell == cell.cell) for cell in lab.cells}

    assert numbers == {cell.cell: list(range(1, trials + 1)) for cell in lab.cells}
    assert len(planned) == trials * len(lab.cells)


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
    tested = order(seed)[5:15]

    assert [number for _, number in tested] == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert Counter(tested) == Counter((cell, n) for cell in ("crash @ first", "stop @ first") for n in range(1, 6))


def test_groups_never_go_back():
    groups = [p.group for p in plan([small_lab()], trials=3, seed=1)]

    assert groups == sorted(groups)


def test_each_trial_has_a_name_of_its_own_and_what_it_may_use():
    planned = plan([small_lab()], trials=3, seed=1)

    assert len({p.id for p in planned}) == len(planned)
    assert {p.cpus for p in planned} == {0.1}


def test_only_what_the_named_claims_need_is_planned():
    cells = {cell for cell, _ in order(1, only=frozenset({"two"}))}

    assert cells == {"kill @ second", "kill @ third", "crash @ second"}


# -- what is said of a scenario ------------------------------------------------------------------------------------


def planned_of(*cells: Trials, trials: int = 3):
    lab = Lab("How often?")
    lab.name = "small"
    lab.show(*cells)
    return plan([lab], trials=trials, seed=1)


@pytest.mark.parametrize("trials", [1, 3, 5])
def test_what_need_not_be_repeated_is_planned_once_among_what_is_repeated(trials):
    once, again = Scenario("count", "It counts.", lambda _t: None, once=True), ACTS[0]
    planned = planned_of(once @ FIRST, again @ FIRST, once @ SECOND, trials=trials)
    numbers = {
        cell: sorted(p.number for p in planned if p.cell.cell == cell) for cell in {p.cell.cell for p in planned}
    }

    assert numbers == {
        "count @ first": [1],
        "count @ second": [1],
        "crash @ first": list(range(1, trials + 1)),
    }
    assert [p.id for p in planned] == [f"t{n:03d}" for n in range(1, len(planned) + 1)]


def test_a_claim_over_what_is_counted_once_has_each_of_its_cells_once():
    once = Scenario("count", "It counts.", lambda _t: None, once=True)
    lab = Lab("How many?")
    lab.name = "small"

    def many(cell: Trials = once @ FIRST):
        return holds("x")

    lab.claim("many", blank=once @ SECOND, standard=once @ THIRD)(many)

    assert [(p.cell.cell, p.number) for p in plan([lab], trials=5, seed=1)] == [
        ("count @ third", 1),
        ("count @ first", 1),
        ("count @ second", 1),
    ]


HOST = Arm("on a host", docker_host(), Run(copies=2))
OWN = Arm("on a cluster of its own", own_cluster(), Run())


@pytest.mark.parametrize(
    ("arm", "alone", "cpus"), [(HOST, False, 0.2), (FIRST, False, 0.1), (HOST, True, None), (OWN, False, None)]
)
def test_who_breaks_hosts_takes_all_that_may_be_set_up_at_once(arm, alone, cpus):
    (one,) = planned_of(Scenario("stop", "It stops.", lambda _t: None, alone=alone) @ arm, trials=1)
    all_there_is = AHEAD * packing.capacity()

    assert one.cpus == pytest.approx(cpus or all_there_is)
    assert not (cpus is None and packing.fits(one.cpus, 0.1, packing.capacity()))
