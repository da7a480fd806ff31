"""The shared cluster as a user finds it after `labs up`."""

from __future__ import annotations

import json
import stat
import time
import uuid
from pathlib import Path

import pytest

from harness.model.clock import Deadline
from harness.model.waiting import until
from harness.setup.cluster import nodes


@pytest.fixture
def namespace(kubectl):
    name = f"dk-labs-test-{uuid.uuid4().hex[:8]}"
    kubectl("create", "namespace", name)
    yield name
    kubectl("delete", "pods", "--all", "-n", name, "--force", "--grace-period=0")
    kubectl("delete", "namespace", name, "--wait=false")


def test_status_is_one_document_with_the_names_that_others_build_on(shared):
    assert shared["schema"] == "labs.status/1"
    assert set(shared) >= {"ready", "cluster", "kubeconfig", "kubernetes", "nodes", "node_image", "steps"}
    assert len(shared["nodes"]) == 3
    assert all(n["ready"] and n["address"] for n in shared["nodes"])
    assert shared["kubernetes"] == "1.36.1"
    assert shared["node_image"]["origin"] in ("pulled", "built", "given")
    assert all(set(step) == {"name", "took_s"} for step in shared["steps"])


def test_json_goes_to_stdout_alone_and_words_to_stderr(labs, shared):
    for command in ("status", "list", "doctor"):
        assert json.loads(labs(command, "--json").out)["schema"] == f"labs.{command}/1"
    assert labs("status").out == ""


def test_a_second_up_finds_the_cluster_and_is_quick(labs, shared):
    began = time.monotonic()
    done = labs("up")
    assert done.code == 0
    assert "it was there" in done.err
    assert time.monotonic() - began < 6  # goal 2 s, on a quiet machine; measured in docs/measurements.md


def test_the_kubeconfig_is_ours_and_private(shared):
    path = Path(shared["kubeconfig"])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Path.home() / ".kube" not in path.parents


def test_the_users_kubeconfig_is_not_written(labs, shared, tmp_path):
    config = tmp_path / "users-own"
    config.write_text("apiVersion: v1\nkind: Config\ncurrent-context: production\n")
    assert labs("up", KUBECONFIG=str(config)).code == 0
    assert config.read_text().endswith("current-context: production\n")


def test_what_every_lab_needs_sits_on_the_control_plane(kubectl):
    found = json.loads(kubectl("get", "pods", "-A", "-o", "json"))["items"]
    for name in ("coredns", "metrics-server", "local-path-provisioner"):
        places = {p["spec"]["nodeName"] for p in found if p["metadata"]["name"].startswith(name)}
        assert places == {"dk-labs-control-plane"}, name


def test_kube_proxy_uses_iptables(kubectl):
    config = kubectl("get", "configmap", "kube-proxy", "-n", "kube-system", "-o", "jsonpath={.data['config\\.conf']}")
    assert "mode: iptables" in config


def test_top_shows_figures_of_every_node(kubectl):
    assert len(kubectl("top", "nodes", "--no-headers").splitlines()) == 3


def test_nodes_carry_our_label_so_that_clean_finds_them(host, shared):
    assert all("dk-labs" in node.container.labels for node in nodes.of(host, "dk-labs"))


WEB = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 4
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 1
      topologySpreadConstraints:
        - {maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: DoNotSchedule, nodeTaintsPolicy: Honor,
           labelSelector: {matchLabels: {app: web}}}
      containers:
        - name: web
          image: IMAGE
          imagePullPolicy: Never
          readinessProbe: {httpGet: {path: /readyz, port: 8080}, periodSeconds: 1}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  type: NodePort
  selector: {app: web}
  ports: [{port: 80, targetPort: 8080}]
"""


def test_pods_on_two_nodes_answer_under_one_name_and_at_every_nodes_port(kubectl, web, namespace, host):
    kubectl("apply", "-n", namespace, "-f", "-", text=WEB.replace("IMAGE", web))
    kubectl("rollout", "status", "deployment/web", "-n", namespace, "--timeout=60s")
    pods = json.loads(kubectl("get", "pods", "-n", namespace, "-o", "json"))["items"]
    assert {p["spec"]["nodeName"] for p in pods} == {"dk-labs-worker", "dk-labs-worker2"}

    client = ["exec", "-n", namespace, "deployment/web", "--", "python3", "/app/web.py", "client"]

    def ask(count: int) -> list[dict[str, str]]:
        printed = kubectl(*client, "--target", f"web=http://web.{namespace}/", "--per-s", "50", "--count", str(count))
        return [json.loads(line) for line in printed.splitlines()][1:-1]

    # kube-proxy learns of ready Pods up to a second after the API server does
    until("the Service's rules", lambda: ask(1)[0]["error"] or "", Deadline.after(10))
    answers = ask(60)
    assert [a["error"] for a in answers if a["error"]] == []
    assert {a["host"] for a in answers} == {p["metadata"]["name"] for p in pods}

    port = json.loads(kubectl("get", "service", "web", "-n", namespace, "-o", "json"))["spec"]["ports"][0]["nodePort"]
    control_plane, *workers = nodes.of(host, "dk-labs")
    for node in workers:
        assert "200 OK" in nodes.http_from(control_plane, node.address, "/", port=port)


CLAIM = """
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 16Mi}}}
---
apiVersion: v1
kind: Pod
metadata: {name: writer}
spec:
  restartPolicy: Never
  containers:
    - name: writer
      image: IMAGE
      imagePullPolicy: Never
      command: [sh, -c, "echo kept >/data/file && cat /data/file"]
      volumeMounts: [{name: data, mountPath: /data}]
  volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]
"""


def test_a_claim_gets_a_volume_from_the_default_class_and_it_goes_with_the_claim(kubectl, web, namespace):
    kubectl("apply", "-n", namespace, "-f", "-", text=CLAIM.replace("IMAGE", web))
    kubectl("wait", "-n", namespace, "pod/writer", "--for=jsonpath={.status.phase}=Succeeded", "--timeout=60s")
    assert kubectl("logs", "-n", namespace, "writer").strip() == "kept"

    kubectl("delete", "-n", namespace, "pod/writer", "pvc/data")
    volumes = "jsonpath={.items[*].spec.claimRef.namespace}"
    left = lambda: namespace if namespace in kubectl("get", "pv", "-o", volumes) else ""  # noqa: E731
    until("the volume is removed", left, Deadline.after(40), pause_s=0.5)


def test_an_image_is_loaded_only_where_it_is_missing(labs, web, host):
    assert "on every node already" in labs("images").err
    worker = nodes.of(host, "dk-labs")[-1]
    nodes.inside(worker.container, ["ctr", "-n", "k8s.io", "images", "rm", f"docker.io/{web}"])
    assert f"loaded into {worker.name}." in labs("images").err


def test_the_web_image_is_small(host, web):
    assert host.client.images.get(web).attrs["Size"] <= 150e6
