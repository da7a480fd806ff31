"""Why a Swarm does not run a task, where that stays so."""

from __future__ import annotations

import pytest

from harness.sites.docker.tasks import final, refused

NO_IMAGE = "No such image: dk-labs/none:1"
NO_ROOM = "no suitable node (insufficient resources on 3 nodes)"
PORT = "no suitable node (host-mode port already in use on 3 nodes)"


def task(id_, state, said="", *, slot=1, at=1, wanted="running", service="s", image="a"):
    return {
        "ID": id_, "ServiceID": service, "Slot": slot, "CreatedAt": f"2026-01-01T00:00:0{at}Z",
        "DesiredState": wanted, "Spec": {"Image": image},
        "Status": {"State": state, "Err": said},
    }  # fmt: skip


@pytest.mark.parametrize("said", [NO_IMAGE, NO_ROOM, PORT, 'invalid mount config for type "bind": no dir'])
def test_what_the_next_try_cannot_mend_is_final(said):
    assert final(said) == said


@pytest.mark.parametrize(
    "said",
    [
        "", "task: non-zero exit (1)", "network dkl-r-t001_default not found", "Address already in use",
        "starting container failed: failed to set up container networking: network sandbox join failed",
        "No such container: dkl-r-t001_web.1.x", "no suitable node (1 node not available for new tasks)",
    ],
)  # fmt: skip
def test_what_the_swarm_gets_over_by_itself_is_not(said):
    assert final(said) == ""


def test_a_task_without_its_image_is_refused():
    assert refused([task("a", "rejected", NO_IMAGE)]) == {"a": NO_IMAGE}


def test_a_reason_stands_while_the_next_try_has_not_begun_to_run():
    last = task("a", "rejected", NO_IMAGE, wanted="shutdown")
    for state in ("new", "preparing", "ready"):
        assert refused([task("b", state, at=2), last]) == {"a": NO_IMAGE}
    assert refused([last, task("b", "running", at=2)]) == {}
    assert refused([last, task("b", "failed", "task: non-zero exit (1)", at=2)]) == {}


def test_the_last_try_is_the_one_that_counts():
    assert refused([task("b", "rejected", NO_IMAGE, at=2), task("a", "running")]) == {"b": NO_IMAGE}
    assert refused([task("b", "rejected", "Address already in use", at=2), task("a", "rejected", NO_IMAGE)]) == {}


def test_what_was_wrong_with_another_version_is_history_at_once():
    assert refused([task("a", "rejected", NO_IMAGE), task("b", "preparing", at=2, image="b")]) == {}


def test_after_a_rollback_what_runs_is_what_counts():
    new = task("b", "rejected", NO_IMAGE, at=2, image="b")
    assert refused([task("a", "running"), new]) == {"b": NO_IMAGE}
    assert refused([task("a", "running"), new], ["s"]) == {}
    assert refused([task("a", "shutdown"), new], ["s"]) == {"b": NO_IMAGE}


def test_a_task_that_is_not_wanted_any_more_is_not_refused():
    assert refused([task("a", "rejected", NO_IMAGE, wanted="remove")]) == {}


def test_other_places_and_services_are_no_successors():
    every = [
        task("a", "rejected", NO_IMAGE),
        task("b", "running", slot=2, at=2),
        task("c", "running", service="t", at=3),
    ]
    assert refused(every) == {"a": NO_IMAGE}


def test_a_task_that_finds_no_room_is_refused():
    assert refused([task("a", "running"), task("b", "pending", NO_ROOM, slot=2)]) == {"b": NO_ROOM}


def test_but_not_while_another_one_is_just_being_stopped():
    leaving = task("a", "running", wanted="shutdown")
    assert refused([leaving, task("b", "pending", PORT, at=2)]) == {}
    assert refused([task("a", "shutdown", wanted="shutdown"), task("b", "pending", PORT, at=2)]) == {"b": PORT}


def test_a_task_that_ended_by_itself_was_not_refused():
    assert refused([task("a", "failed", "task: non-zero exit (1)")]) == {}
