"""Pods as copies of the application: which incarnation, whether it is ready, and why there will be none."""

from __future__ import annotations

import pytest

from harness.sites.kubernetes.copies import Refusal, copy_of, refusal, refused
from harness.sites.kubernetes.logs import logs_in
from harness.sites.kubernetes.pod_events import phases
from harness.sites.logs import Log

RUNNING = {"running": {"startedAt": "2026-11-30T17:01:19Z"}}
OLD, NEW = "a" * 64, "b" * 64


def ended(id_, code=1):
    return {"terminated": {"containerID": f"containerd://{id_}", "exitCode": code, "reason": "Error"}}


def pod(state=None, *, last=None, id_=OLD, ready=True, pod_ready=None, deleted=False, **told):
    status = {
        "name": "web", "ready": ready, "state": RUNNING if state is None else state, "lastState": last or {},
        "containerID": f"containerd://{id_}" if id_ else "",
    }  # fmt: skip
    condition = {"type": "Ready", "status": "True" if (ready if pod_ready is None else pod_ready) else "False"}
    meta = {"name": "web-1", "uid": "u-1", "namespace": "dkl-r-t1", "creationTimestamp": "2026-11-30T17:01:18Z"}
    return {
        "metadata": meta | ({"deletionTimestamp": "2026-11-30T17:02:00Z"} if deleted else {}),
        "spec": {
            "nodeName": "dk-labs-worker2",
            "containers": [{"name": "log"}, {"name": "web", "env": [{"name": "VERSION", "value": "2"}]}],
        },
        "status": {
            "phase": "Running", "podIP": "10.244.1.3", "conditions": [condition],
            "containerStatuses": [{"name": "log", "ready": True, "state": ended(NEW, 3)}, status],
        } | told,
    }  # fmt: skip


def seen(*args, **kwargs):
    return copy_of(pod(*args, **kwargs), "dk-labs")


def test_a_copy_is_what_the_application_s_own_container_is():
    copy = seen()
    assert (copy.name, copy.thing, copy.id) == ("web-1", "u-1", "a" * 12)
    assert (copy.ready, copy.state, copy.code, copy.no) == (True, "Running", -1, "")
    assert (copy.where, copy.address, copy.version) == ("worker2", "10.244.1.3", "2")


def test_a_pod_that_has_no_place_yet_has_no_incarnation():
    copy = seen({}, id_="", ready=False, containerStatuses=[], phase="Pending")
    assert (copy.id, copy.ready, copy.state, copy.code) == ("", False, "Pending", -1)


def test_the_end_of_an_incarnation_is_told_of_it_while_the_next_one_is_waited_for():
    assert seen(ended(OLD), ready=False).code == 1
    waits = seen({"waiting": {"reason": "CrashLoopBackOff"}}, last=ended(OLD), ready=False)
    assert (waits.id, waits.code, waits.state) == ("a" * 12, 1, "CrashLoopBackOff")


def test_the_end_that_a_running_one_remembers_was_that_of_another():
    copy = seen(last=ended(OLD), id_=NEW)
    assert (copy.id, copy.code, copy.ready) == ("b" * 12, -1, True)


def test_one_that_is_about_to_go_is_not_ready_any_more():
    copy = seen(deleted=True)
    assert (copy.ready, copy.state) == (False, "Terminating")


def test_of_a_node_that_is_lost_the_containers_last_word_does_not_count():
    assert not seen(pod_ready=False).ready


@pytest.mark.parametrize("reason", ["ErrImageNeverPull", "InvalidImageName"])
def test_what_will_never_run_says_why(reason):
    copy = seen({"waiting": {"reason": reason, "message": "no such image"}}, id_="", ready=False)
    assert copy.no == f"{reason}: no such image"


@pytest.mark.parametrize("reason", ["ImagePullBackOff", "ContainerCreating", "CreateContainerConfigError"])
def test_what_may_pass_is_no_refusal(reason):
    assert seen({"waiting": {"reason": reason}}, id_="", ready=False).no == ""


def test_an_image_of_an_init_container_counts_as_well():
    state = {"waiting": {"reason": "ErrImageNeverPull"}}
    assert seen(initContainerStatuses=[{"name": "first", "state": state}]).no == "ErrImageNeverPull"


DENIED = "forbidden: ValidatingAdmissionPolicy 'denies-pods' denied request: on purpose"


def event(message, last="2026-11-30T17:01:30Z", **more):
    return {
        "message": message, "lastTimestamp": last, "metadata": {"creationTimestamp": "2026-11-30T17:00:00Z"},
        "involvedObject": {"uid": "rs", "name": "web-6989457bc"},
    } | more  # fmt: skip


@pytest.mark.parametrize(
    "before",
    [
        'Error creating: pods "web-6989457bc-x" is ',
        '(combined from similar events): Error creating: pods "web-6989457bc-y" is ',
        'Create Pod web-0 in StatefulSet web failed error: pods "web-0" is ',
    ],
)
def test_a_refusal_reads_alike_whichever_pod_it_was(before):
    found = refusal(event(before + DENIED))
    assert found == Refusal("rs", "web-6989457bc", "2026-11-30T17:01:30", DENIED)


def test_a_webhook_s_no_is_a_refusal_too():
    assert refusal(event('Error creating: admission webhook "a.b" denied the request: no'))


YOUNG = 'pods "web-x" is forbidden: error looking up service account n/default: serviceaccount "default" not found'


@pytest.mark.parametrize(
    "message", [f"Error creating: {YOUNG}", "Error creating: the server was unable to return a response"]
)
def test_what_the_next_attempt_may_overcome_is_none(message):
    assert refusal(event(message)) is None


def test_an_event_of_the_new_kind_has_its_moment_elsewhere():
    found = refusal(event(f"x {DENIED}", last=None, eventTime="2026-11-30T17:01:31.123456Z"))
    assert found is not None
    assert found.last == "2026-11-30T17:01:31"


def made(at, owner="rs"):
    return {"metadata": {"creationTimestamp": at, "ownerReferences": [{"uid": owner}]}}


ONE = Refusal("rs", "web-6989457bc", "2026-11-30T17:01:30", DENIED)


def test_who_may_not_make_pods_is_seen_as_one_refused_copy():
    (copy,) = refused([], [ONE])
    assert (copy.name, copy.thing, copy.id, copy.ready, copy.no) == (ONE.name, "refused rs", "", False, DENIED)


@pytest.mark.parametrize(
    ("at", "counts"),
    [("2026-11-30T17:01:29Z", True), ("2026-11-30T17:01:30Z", True), ("2026-11-30T17:01:31Z", False)],
)
def test_it_counts_until_a_later_pod_was_made(at, counts):
    assert bool(refused([made(at)], [ONE])) == counts
    assert refused([made(at, "another")], [ONE])


def test_what_people_follow_of_a_pod():
    web = f"running {'a' * 12}, ready"
    assert phases(pod(), "dk-labs") == {
        "phase": "Running", "on node": "worker2", "container log": "terminated", "container web": web,
    }  # fmt: skip
    assert phases(pod(deleted=True, ready=False), "dk-labs")["terminating"] == "yes"


def test_every_container_that_was_started_has_a_log_init_containers_too():
    step = {"name": "first", "state": ended(NEW, 0), "containerID": f"containerd://{NEW}"}
    waits = {"name": "second", "state": {"waiting": {"reason": "PodInitializing"}}}
    assert list(logs_in([pod(initContainerStatuses=[step, waits])])) == [
        Log(NEW[:12], NEW[:12], "web-1", "first", runs=False),
        Log(OLD[:12], OLD[:12], "web-1", "web", runs=True),
    ]
    assert list(logs_in([{"metadata": {"name": "web-2"}}])) == []
