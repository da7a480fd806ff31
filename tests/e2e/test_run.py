"""Labs as a user runs them: verdicts, documents, exit codes; and nothing left behind, whatever happens."""

from __future__ import annotations

import json
import os
import resource
from functools import partial

import pytest

from harness.judging import catalog
from harness.model.clock import Deadline
from harness.model.waiting import until

QUICK = ("run", "selfhealing", "--trials", "1", "--claim", "docker-no-auto-restart")


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
@pytest.mark.parametrize("lab", [name for name in catalog.judged() if name != "selfhealing"])
def test_every_other_lab_gives_the_verdicts_that_are_expected_and_leaves_nothing(labs, web, here, left, lab):
    done = labs("run", lab, "--trials", "1", "--json", "-", within_s=600)
    assert done.code == 0, done.err  # so what is UNAVAILABLE here is what the register says that it needs
    document = json.loads(done.out)
    assert {c["verdict"] for c in document["claims"]} <= {"CONFIRMED", "CONDITIONAL", "REFUTED", "UNAVAILABLE"}
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
    (here / "runs" / "x" / "journal.jsonl").write_text('{"kind": "Run"\n{}\n')
    assert "journal.jsonl, line 1" in labs("judge", "runs/x").err
    done = labs("judge", "runs/y")
    assert done.code == 4
    assert "runs/y" in done.err


def test_of_two_runs_at_once_neither_disturbs_the_other_nor_what_bears_a_similar_name(started, web, here, host, left):
    """Two users of one engine: each with a state folder of their own."""
    users = host.client.containers.run(web, name="dkl-0000-web-1", detach=True, network_mode="none")
    theirs = os.environ | {"XDG_STATE_HOME": str(here / "theirs")}
    try:
        both = [started(*QUICK, "--json", "1.json"), started(*QUICK, "--json", "2.json", env=theirs)]
        told = [p.communicate(timeout=200)[1] for p in both]
        assert [p.returncode for p in both] == [0, 0], told
        users.reload()
        assert users.status == "running"
    finally:
        users.remove(force=True)
    runs = [folder.name for folder in (here / "runs").iterdir()]
    removed = [line for text in told for line in text.splitlines() if line.startswith("Removed what")]
    assert [run for run in runs if any(run in line for line in removed)] == []
    assert left() == []


def test_a_killed_run_can_be_read_and_the_next_one_removes_what_it_left(labs, started, web, here, left):
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


FULL = 24 << 10
"""As many bytes fit into a file: so it seems to be a disk that is full in the middle of the run."""


def test_a_disk_that_is_full_in_mid_run_is_told_in_one_line_and_nothing_is_left_behind(
    labs, started, web, here, left
):
    limited = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (FULL, FULL))
    process = started("run", "storage", preexec_fn=limited)
    _, told = process.communicate(timeout=120)
    (run,) = (here / "runs").iterdir()
    (line,) = [line for line in told.splitlines() if line.startswith("✗")]
    assert process.returncode == 4, told
    assert f"File too large: runs/{run.name}/journal.jsonl" in line
    assert "what was recorded before is kept" in line
    assert "what the run had made is removed" in line
    assert left() == []
    assert labs("judge", str(run)).code == 3
