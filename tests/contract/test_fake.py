"""The platform in memory does by itself what real ones do."""

from __future__ import annotations

from itertools import pairwise

import pytest

from harness.lab import acts, site
from harness.lab.open_site import Ask, No
from harness.model.entries import Request
from tests.contract.alone import ENDS, FILES, Trial, changed
from tests.support.fake import Stuck, VirtualClock

# -- time


def test_threads_take_turns_in_the_order_in_which_they_are_due():
    clock, seen = VirtualClock(), []

    def writes(name, seconds):
        for _ in range(2):
            clock.sleep(seconds)
            seen.append((name, clock.now() - 1000))

    clock.spawn(lambda: writes("a", 3))
    clock.spawn(lambda: writes("b", 2))
    clock.after(2.5, lambda: seen.append(("c", clock.now() - 1000)))
    clock.sleep(10)
    assert seen == [("b", 2), ("c", 2.5), ("a", 3), ("b", 4), ("a", 6)]


def test_a_letter_comes_at_once_or_not_in_time():
    clock = VirtualClock()
    box = clock.mailbox()
    clock.after(2, lambda: box.put("late"))
    with pytest.raises(TimeoutError):
        box.get(1)
    assert clock.now() == 1001
    assert box.get(5) == "late"
    assert clock.now() == 1002
    box.put("there")
    assert box.get(0) == "there"


def test_a_wait_that_nobody_can_end_is_told_at_once():
    clock = VirtualClock()
    other = clock.mailbox()

    def waits():
        with pytest.raises(Stuck):
            other.get()

    clock.spawn(waits)
    with pytest.raises(Stuck):
        clock.mailbox().get()


# -- what platforms do by themselves


def test_an_engine_doubles_its_pause_before_each_restart(tmp_path):
    t = Trial(tmp_path, site.engine, "docker run --detach --restart always dk-labs/web:1 nonsense")
    t.up(0)
    t.clock.sleep(20)
    starts = [e.at_s for e in t.heard if e.what == "started"]
    pauses = [b - a for a, b in pairwise(starts)]
    assert len(starts) in (7, 8)
    assert pauses == sorted(pauses)
    assert {(c.state, c.code) for c in t.here.look()} == {("restarting", 2)}


@pytest.mark.parametrize(
    ("policy", "code", "back"),
    [("no", 1, False), ("on-failure:3", 1, True), ("on-failure", 0, False), ("unless-stopped", 0, True)],
)
def test_an_engine_restarts_as_the_policy_says(tmp_path, policy, code, back):
    t = Trial(tmp_path, site.engine, f"docker run --detach --restart {policy} dk-labs/web:1")
    (copy,) = t.up(1)
    t.clock.sleep(1)
    t.here.ask(copy, "POST", f"/crash?code={code}")
    t.clock.sleep(5)
    assert (len(t.ready()) == 1) == back


def test_a_port_of_the_host_can_be_published_once(tmp_path):
    compose = changed("compose-three.yaml", ("127.0.0.1::8080", "127.0.0.1:8081:8080"))
    t = Trial(tmp_path, site.engine, "fixed.yaml", fixed=compose)
    answer = t.here.types("docker compose --file fixed.yaml up --detach")
    assert answer.code == 1
    assert "port is already allocated" in answer.said
    assert len(t.ready()) == 1


def test_a_kubelet_waits_ten_seconds_before_a_second_restart(tmp_path):
    one = ("replicas: 3", "replicas: 1")
    text = changed("deployment-three.yaml", one, ("          image: dk-labs/web:1", ENDS))
    t = Trial(tmp_path, site.cluster, "ends.yaml", ends=text)
    t.up(0)
    t.clock.sleep(60)
    starts = [e.at_s for e in t.heard if getattr(e, "text", "").startswith("running")]
    pauses = [b - a for a, b in pairwise(starts)]
    assert 0.9 < pauses[0] < 3
    assert 10 < pauses[1] < 13
    assert 20 < pauses[2] < 23
    assert {(c.state, c.code) for c in t.here.look()} == {("CrashLoopBackOff", 2)}


def test_a_deployment_never_has_fewer_ready_than_it_may(tmp_path):
    strategy = ("  replicas: 3", "  replicas: 4\n  strategy: {rollingUpdate: {maxUnavailable: 1, maxSurge: 0}}")
    version = ("image: dk-labs/web:1", "image: dk-labs/web:1\n          env: [{name: VERSION, value: '2'}]")
    t = Trial(
        tmp_path, site.cluster, "first.yaml", first=changed("deployment-three.yaml", strategy),
        second=changed("deployment-three.yaml", strategy, version),
    )  # fmt: skip
    t.up(4)
    t.here.types("kubectl apply --filename second.yaml")
    least, most = 4, 0
    while {c.version for c in t.ready()} != {"2"}:
        least, most = min(least, len(t.ready())), max(most, len(t.here.look()))
        t.clock.sleep(0.1)
    assert (least, most) == (3, 5)  # one that ends is still to be seen


def test_a_deployment_leaves_a_bad_version_where_it_is_until_somebody_undoes_it(tmp_path):
    deadline = ("  replicas: 3", "  replicas: 3\n  progressDeadlineSeconds: 10")
    bad = changed("deployment-three.yaml", deadline, ("          image: dk-labs/web:1", ENDS))
    t = Trial(tmp_path, site.cluster, "good.yaml", good=changed("deployment-three.yaml", deadline), bad=bad)
    before = t.up()
    t.here.types("kubectl apply --filename bad.yaml")
    t.clock.sleep(30)
    assert t.words("ProgressDeadlineExceeded") == ["ProgressDeadlineExceeded"]
    assert t.ready() == before
    assert len(t.here.look()) == 4
    t.here.types("kubectl rollout undo deployment web")
    t.clock.sleep(5)
    assert list(t.here.look()) == before


@pytest.mark.parametrize(("action", "back"), [("rollback", True), ("pause", False), ("continue", False)])
def test_a_swarm_does_with_a_bad_version_what_the_file_says(tmp_path, action, back):
    update = ("      replicas: 3", f"      replicas: 3\n      update_config: {{failure_action: {action}}}")
    bad = ("    image: dk-labs/web:1", "    image: dk-labs/web:1\n    command: [nonsense]")
    t = Trial(
        tmp_path, site.swarm(3), "good.yaml", good=changed("service-three.yaml", update),
        bad=changed("service-three.yaml", update, bad),
    )  # fmt: skip
    t.up()
    t.here.types("docker stack deploy --compose-file bad.yaml web")
    t.clock.sleep(60)
    assert (len(t.ready()) == 3) == back
    assert len(t.words("rollback_started")) == back


def test_a_pod_that_is_removed_answers_on_as_long_as_its_pre_stop_says_and_gets_no_requests(tmp_path):
    pause = "          lifecycle: {preStop: {sleep: {seconds: 8}}}\n          resources:"
    lingers = changed("deployment-three.yaml", ("          resources:", pause))
    t = Trial(tmp_path, site.cluster, "slow.yaml service.yaml", slow=lingers)
    victim = t.up()[0]
    t.clock.sleep(1)
    t.here.begin(Ask())
    acts.remove.send(t.here, [victim])
    t.clock.sleep(5)
    assert t.here.ask(victim, "GET", "/").code == 200
    (by,) = t.here.ask(victim, "GET", "/").by
    last = max(r.at_s for r in t.heard if isinstance(r, Request) and r.by == by)
    assert last < t.clock.now() - 4
    t.clock.sleep(5)
    with pytest.raises(No):
        t.here.ask(victim, "GET", "/")


def test_what_was_on_a_lost_node_comes_elsewhere_after_its_toleration(tmp_path):
    toleration = "{key: node.kubernetes.io/unreachable, operator: Exists, effect: NoExecute, tolerationSeconds: 10}"
    text = changed("deployment-three.yaml", ("    spec:", f"    spec:\n      tolerations: [{toleration}]"))
    t = Trial(tmp_path, site.own_cluster(3), "moves.yaml", moves=text)
    lost = [c for c in t.up() if c.where == "worker"]
    began = t.clock.now()
    t.here.power("worker", "stop")
    assert len(t.ready()) == 3
    t.wait_for(3 - len(lost), within_s=60)
    assert 40 < t.clock.now() - began < 56
    now = t.wait_for(3, within_s=20)
    assert {c.where for c in now} == {"worker2"}


def test_a_copy_asks_another_by_its_name_from_inside(tmp_path):
    t = Trial(tmp_path, site.cluster, "deployment-three.yaml service.yaml")
    copies = t.up()
    assert t.here.types("kubectl rollout status deployment web").code == 0
    t.clock.sleep(1)
    answer = t.here.types(f"kubectl exec {copies[0].name} -- ask GET / web:8080")
    assert answer.said.startswith("200 ")
    (own,) = t.here.ask(copies[0], "GET", "/").by
    assert t.here.types(f"kubectl exec {copies[0].name} -- ask GET /hello").code == 1
    assert t.here.types(f"kubectl exec {copies[0].name} -- ask GET /").said == f"200 {own} -"
    assert t.here.types(f"kubectl exec {copies[0].name} -- ask GET / nobody:8080").said == "error resolve"


def test_a_typed_command_that_it_does_not_know_can_be_brought_by_a_test(tmp_path):
    t = Trial(tmp_path, site.cluster, FILES[0], commands={
        "kubectl get deployment web": lambda world, command: (f"{len(world.estate.copies)} of {command}", 0),
        "kubectl top": ("Metrics API not available", 1),
        "kubectl top nodes": "worker 3%",
    })  # fmt: skip
    t.up()
    assert t.here.types("kubectl get deployment web").said == "3 of kubectl get deployment web"
    assert t.here.types("kubectl top pods").code == 1
    assert t.here.types("kubectl top nodes").said == "worker 3%"
    with pytest.raises(NotImplementedError, match="kubectl version"):
        t.here.types("kubectl version")
