"""In memory, containers share a network and volumes, and objects are owned, as on the real platforms."""

from __future__ import annotations

import pytest

from harness.lab import acts, site
from tests.contract.alone import Trial, changed

WEB = "docker run --detach --name web --volume shared:/data dk-labs/web:1"
SECOND = "docker run --detach --name second --label dk-labs.beside=second {} --env PORT=8081 dk-labs/web:1"
RUNS = f"{WEB}; {SECOND.format('--network container:web --volumes-from web')}"
POD = """
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  volumes: [{name: shared, emptyDir: {}}]
  containers:
    - {name: web, image: "dk-labs/web:1", volumeMounts: [{name: shared, mountPath: /data}]}
    - name: second
      image: dk-labs/web:1
      env: [{name: PORT, value: "8081"}]
      volumeMounts: [{name: shared, mountPath: /data}]
"""
APART = """
apiVersion: v1
kind: Pod
metadata: {name: web}
spec: {containers: [{name: web, image: "dk-labs/web:1"}]}
---
apiVersion: v1
kind: Pod
metadata: {name: second, labels: {dk-labs.beside: second}}
spec: {containers: [{name: second, image: "dk-labs/web:1", env: [{name: PORT, value: "8081"}]}]}
"""
INSIDE = {"kubectl": "kubectl exec web --container web -- ask {}", "docker": "docker exec web ask {}"}
SECOND_VERSION = '          image: dk-labs/web:1\n          env: [{name: VERSION, value: "2"}]'
OWNERS = "UID:.metadata.uid,OF:.metadata.ownerReferences[*].uid,HOW:.metadata.ownerReferences[0].controller"


def inside(t: Trial, ask: str) -> tuple[list[str], int]:
    answer = t.here.types(INSIDE[t.here.arm.site.program].format(ask))
    return answer.said.split(), answer.code


def up(folder, declared, recipe, **files):
    t = Trial(folder, declared, recipe, **files)
    t.up(1)
    t.clock.sleep(3)
    return t


@pytest.mark.parametrize(
    ("declared", "recipe"), [(site.cluster, "pod.yaml"), (site.engine, RUNS)], ids=["a Pod", "runs"]
)
def test_two_in_one_network_are_told_apart_by_their_ports_and_share_a_volume(tmp_path, declared, recipe):
    t = up(tmp_path, declared, recipe, pod=POD)
    (own,) = t.here.ask(t.ready()[0], "GET", "/").by
    assert inside(t, "GET /") == inside(t, "GET / localhost:8080") == (["200", own, "-"], 0)
    (status, other, data), _ = inside(t, "POST /data?name=a&bytes=8 localhost:8081")
    assert (status, other != own) == ("200", True)
    assert inside(t, "GET /data?name=a") == (["200", own, data], 0)
    assert inside(t, "GET / localhost:8082") == (["error", "refused"], 1)


@pytest.mark.parametrize(
    ("declared", "recipe"),
    [(site.cluster, "apart.yaml"), (site.engine, f"{WEB}; {SECOND.format('')}")],
    ids=["two Pods", "runs"],
)
def test_two_apart_do_not_meet_at_localhost(tmp_path, declared, recipe):
    t = up(tmp_path, declared, recipe, apart=APART)
    assert inside(t, "GET / localhost:8081") == (["error", "refused"], 1)


def test_what_is_beside_in_a_pod_ends_with_it_and_is_there_again_after_it_ended_by_itself(tmp_path):
    t = up(tmp_path, site.cluster, "pod.yaml", pod=POD)
    _, second, _ = inside(t, "GET / localhost:8081")[0]
    assert inside(t, "POST /crash localhost:8081")[1] == 0
    t.clock.sleep(5)
    assert inside(t, "GET / localhost:8081")[0][1] != second
    assert t.here.types("kubectl delete --filename pod.yaml").code == 0
    assert t.here.estate.copies == []


@pytest.mark.parametrize("flag", ["--network container:nobody", "--volumes-from nobody"])
def test_nothing_is_begun_beside_what_is_not_there(tmp_path, flag):
    t = Trial(tmp_path, site.engine, SECOND.format(flag))
    answer = t.here.types(t.here.arm.commands()[0])
    assert (answer.code, "No such container: nobody" in answer.said) == (125, True)


def rows(t: Trial, kind: str) -> dict[str, tuple[str, str]]:
    told = t.here.types(f"kubectl get {kind} --no-headers --output custom-columns={OWNERS}").said
    return {uid: (of, how) for uid, of, how in (line.split() for line in told.splitlines())}


def test_a_deployment_owns_a_replicaset_for_each_version_and_takes_one_up_again(tmp_path):
    second = changed("deployment-three.yaml", ("          image: dk-labs/web:1", SECOND_VERSION))
    t = Trial(tmp_path, site.cluster, "deployment-three.yaml", second=second)
    before = {c.thing for c in t.up()}
    (deployment,), (first,) = rows(t, "deployments"), rows(t, "replicasets")
    assert rows(t, "deployments") == {deployment: ("<none>", "<none>")}
    assert rows(t, "replicasets") == {first: (deployment, "true")}
    assert rows(t, "pods") == dict.fromkeys(before, (first, "true"))
    t.here.types("kubectl apply --filename second.yaml")
    t.clock.sleep(20)
    assert set(rows(t, "replicasets").values()) == {(deployment, "true")}
    (other,) = rows(t, "replicasets").keys() - {first}
    assert set(rows(t, "pods").values()) == {(other, "true")}
    t.here.types("kubectl apply --filename deployment-three.yaml")
    t.clock.sleep(20)
    assert rows(t, "replicasets").keys() == {first, other}
    assert set(rows(t, "pods").values()) == {(first, "true")}


def test_a_file_that_is_deleted_takes_along_all_that_it_names(tmp_path):
    service = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}}\n"
    both = changed("deployment-three.yaml") + "---\n" + service
    t = Trial(tmp_path, site.cluster, "both.yaml", both=both)
    t.up()
    assert t.here.types("kubectl delete --filename both.yaml").code == 0
    t.clock.sleep(5)
    assert (list(t.here.look()), t.here.services) == ([], {})


def test_a_pod_that_nobody_made_has_no_owner(tmp_path):
    t = up(tmp_path, site.cluster, "pod.yaml", pod=POD)
    assert rows(t, "pods") == {t.ready()[0].thing: ("<none>", "<none>")}
    acts.remove.send(t.here, t.ready())
    t.clock.sleep(3)
    assert rows(t, "pods") == {}
