"""Labs as a user runs them: verdicts, documents, exit codes; and nothing left behind, whatever happens."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from contextlib import suppress
from functools import partial

import pytest

from harness import catalog
from harness.model.clock import Deadline
from harness.setup import paths as places
from harness.setup import projects, removal
from harness.sites import own_cluster
from harness.sites.engine import NAMELESS
from harness.sites.place import RUN_LABEL
from harness.waiting import until

QUICK = ("run", "selfhealing", "--trials", "1", "--claim", "docker-no-auto-restart")


@pytest.fixture
def left(host, kubectl):
    """What runs have left on the engine and in the cluster; volumes without a name, by which were there before."""

    def nameless() -> set[str]:
        every = host.client.volumes.list(filters={"dangling": True})
        return {str(v.name) for v in every if NAMELESS.fullmatch(str(v.name))}

    before = nameless()

    def count() -> list[str]:
        containers = host.client.containers.list(all=True, ignore_removed=True, filters={"label": RUN_LABEL})
        networks = host.client.networks.list(filters={"label": RUN_LABEL})
        namespaces = kubectl("get", "namespaces", "-l", RUN_LABEL, "-o", "name").split()
        nodes = host.client.containers.list(all=True, ignore_removed=True, filters={"label": own_cluster.KIND})
        own = [str(n.name) for n in nodes if n.labels[own_cluster.KIND].startswith(own_cluster.PREFIX)]
        volumes = host.client.volumes.list(filters={"label": projects.PROJECT})
        of = {str(v.name): v.attrs["Labels"][projects.PROJECT] for v in volumes}
        named = [n for n, p in of.items() if p.startswith("dkl-") and not p.startswith(projects.EXERCISE)]
        folders = [*places.state().glob("dockerhosts/dkl-*"), *places.state().glob("clusters/dkl-*")]
        found = [str(one.name) for one in (*containers, *networks, *folders)]
        return found + namespaces + own + named + sorted(nameless() - before)

    return count


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A working folder of its own: runs are recorded there."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def started(*arguments: str) -> subprocess.Popen[str]:
    argv = [sys.executable, "-m", "harness", *arguments]
    return subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)


def test_the_lab_gives_the_verdicts_that_are_expected_and_leaves_nothing(labs, web, here, left):
    done = labs("run", "selfhealing", "--trials", "1", "--json", "-", within_s=400)
    assert done.code == 0, done.err
    document = json.loads(done.out)
    assert document["schema"] == "labs.run/1"
    assert {c["id"]: c["verdict"] for c in document["claims"]} == {
        "docker-no-auto-restart": "REFUTED",
        "docker-restart-needs-compose-or-swarm": "REFUTED",
        "docker-manual-stop-not-restarted": "CONFIRMED",
        "k8s-restarts-failed-containers": "CONFIRMED",
        "k8s-restores-desired-state": "CONFIRMED",
    }
    assert document["exit"] == document["leftovers"] == 0
    assert left() == []
    folder = here / "runs" / document["run"]
    assert json.loads((folder / "run.json").read_text()) == document
    again = labs("judge", str(folder), "--json", "-")
    assert (again.code, json.loads(again.out)) == (0, document)


@pytest.mark.slow
@pytest.mark.parametrize("lab", [name for name in catalog.names() if name != "selfhealing"])
def test_every_other_lab_gives_the_verdicts_that_are_expected_and_leaves_nothing(labs, web, here, left, lab):
    done = labs("run", lab, "--trials", "1", "--json", "-", within_s=400)
    assert done.code == 0, done.err
    document = json.loads(done.out)
    assert {c["verdict"] for c in document["claims"]} <= {"CONFIRMED", "CONDITIONAL", "REFUTED"}
    assert document["leftovers"] == 0
    assert left() == []


def test_an_unknown_lab_or_claim_is_told_before_anything_is_done(labs, here):
    for wrong in (("run", "selfheeling"), ("run", "selfhealing", "--claim", "docker-no-auto-restrat")):
        done = labs(*wrong)
        assert done.code == 4
        assert "near it" in done.err
    assert not (here / "runs").exists()


def test_a_run_folder_that_is_damaged_or_missing_is_told_with_its_place(labs, here):
    (here / "runs" / "x").mkdir(parents=True)
    (here / "runs" / "x" / "journal.jsonl").write_text('{"type": "run"\n{}\n')
    assert "journal.jsonl, line 1" in labs("judge", "runs/x").err
    done = labs("judge", "runs/y")
    assert done.code == 4
    assert "runs/y" in done.err


def test_of_two_runs_at_once_neither_disturbs_the_other_nor_what_bears_a_similar_name(labs, web, here, host, left):
    users = host.client.containers.run(web, name="dkl-0000-web-1", detach=True, network_mode="none")
    try:
        both = [started(*QUICK, "--json", f"{n}.json") for n in (1, 2)]
        told = [p.communicate(timeout=200)[1] for p in both]
        assert [p.returncode for p in both] == [0, 0], told
        users.reload()
        assert users.status == "running"
    finally:
        users.remove(force=True)
    assert left() == []


def test_a_killed_run_can_be_read_and_the_next_one_removes_what_it_left(labs, web, here, left):
    process = started(*QUICK)
    until("something of the run", lambda: "" if len(left()) > 2 else "it", Deadline.after(30))
    process.kill()
    process.communicate()
    (dead,) = (here / "runs").iterdir()
    assert left() != []
    done = labs(*QUICK, within_s=120)
    assert done.code == 0, done.err
    assert f"Removed what {dead.name} left behind" in done.err
    assert left() == []
    judged = labs("judge", str(dead), "--json", "-")
    assert judged.code == 3
    assert {c["verdict"] for c in json.loads(judged.out)["claims"]} == {"INCONCLUSIVE"}


@pytest.mark.slow
def test_of_two_runs_at_once_with_a_swarm_each_neither_disturbs_the_other(labs, web, here, left):
    claim = ("run", "selfhealing", "--trials", "1", "--claim", "docker-restart-needs-compose-or-swarm")
    both = [started(*claim, "--json", f"{n}.json") for n in (1, 2)]
    told = [p.communicate(timeout=400)[1] for p in both]
    assert [p.returncode for p in both] == [0, 0], told
    assert left() == []


@pytest.mark.slow
def test_what_runs_had_made_for_themselves_when_they_were_killed_is_removed_by_the_next(labs, web, here, left):
    """Killed one after the other: each but the first had removed what another one left when it was killed itself."""
    dead = ""
    for lab, after_s in (("architecture", 20), ("healthchecks", 12), ("healthchecks", 30), ("setup-and-scale", 20)):
        process = started("run", lab, "--trials", "1")
        run = begun(here, beside=dead)
        with suppress(subprocess.TimeoutExpired):
            process.wait(after_s)
        process.kill()
        told = process.communicate()[1]
        there = left()
        assert [one for one in there if run in one] != [], lab
        if dead:
            assert f"Removed what {dead} left behind" in told
            assert [one for one in there if dead in one] == []
        dead = run
    done = labs("run", "storage", "--trials", "1", within_s=200)
    assert done.code == 0, done.err
    assert f"Removed what {dead} left behind" in done.err
    assert left() == []


def begun(here, *, beside: str) -> str:
    """The run that is recorded now, once what others left is removed; names are in the order of time."""

    def newest() -> str:
        return max((one.name for one in (here / "runs").glob("*")), default="")

    until("a run that is recorded", lambda: "" if newest() > beside else "it", Deadline.after(90))
    return newest()


@pytest.mark.slow
def test_volumes_without_a_name_of_a_run_that_was_killed_are_removed_by_the_next(labs, web, here, host, left):
    process = started("run", "storage", "--trials", "2")
    stands = {"label": removal.HOLDS}
    held = partial(host.client.containers.list, all=True, ignore_removed=True, filters=stands)
    until("a container without its volume", lambda: "" if held() else "it", Deadline.after(60), pause_s=0.01)
    process.kill()
    process.communicate()
    assert held(), "its trial was over before the run was killed"
    assert labs(*QUICK, within_s=120).code == 0
    assert left() == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sign", "after_s"), [(signal.SIGTERM, 2), (signal.SIGINT, 10), (signal.SIGTERM, 22), (signal.SIGINT, 34)]
)
def test_an_interrupted_run_leaves_nothing_within_15_s(web, here, left, sign, after_s):
    """As it begins, with few trials, with many, and near its end."""
    interrupted(left, sign, "selfhealing", after_s)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sign", "after_s"), [(signal.SIGINT, 8), (signal.SIGTERM, 25), (signal.SIGINT, 45), (signal.SIGTERM, 70)]
)
def test_a_run_interrupted_while_it_makes_or_breaks_its_own_cluster_leaves_nothing(web, here, left, sign, after_s):
    """It takes a minute to make: half of these moments are before it is there."""
    interrupted(left, sign, "architecture", after_s)


@pytest.mark.slow
@pytest.mark.parametrize(("sign", "after_s"), [(signal.SIGINT, 12), (signal.SIGTERM, 20)])
def test_a_run_interrupted_among_a_hundred_copies_leaves_nothing(web, here, left, sign, after_s):
    interrupted(left, sign, "setup-and-scale", after_s)


@pytest.mark.slow
@pytest.mark.parametrize(("sign", "after_s"), [(signal.SIGINT, 3), (signal.SIGTERM, 6)])
def test_a_run_interrupted_while_clients_ask_from_inside_and_outside_leaves_nothing(web, here, left, sign, after_s):
    interrupted(left, sign, "networking", after_s)


def interrupted(left, sign, lab: str, after_s: float) -> None:
    process = started("run", lab, "--trials", "1")
    try:
        process.wait(after_s)
        pytest.skip(f"it was over before {after_s:.1f} s")
    except subprocess.TimeoutExpired:
        process.send_signal(sign)
    began = time.monotonic()
    told = process.communicate(timeout=60)[1]
    took = time.monotonic() - began
    assert process.returncode == 128 + sign, told
    assert left() == []
    assert took < 15
