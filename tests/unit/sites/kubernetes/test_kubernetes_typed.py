"""kubectl's surroundings, a client's Pod, and what the API server says of a Pod that does not answer."""

from __future__ import annotations

import json
import os
import stat
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from harness.model.errors import Problem
from harness.sites.kubernetes.asking import client_pod
from harness.sites.kubernetes.cluster import Unbreakable
from harness.sites.kubernetes.kubectl import environment, write_context
from harness.sites.kubernetes.trial import silence
from harness.sites.labels import BESIDE_LABEL


@dataclass
class Shape:
    name: str
    folder: Path

    @property
    def kubeconfig(self):
        return self.folder / "kubeconfig"


@pytest.fixture
def shape(tmp_path):
    made = Shape("dk-labs", tmp_path / "cluster")
    made.folder.mkdir()
    context = {"name": "kind-dk-labs", "context": {"cluster": "c", "user": "u", "namespace": "other"}}
    users = [{"name": "u", "user": {"client-key-data": "secret"}}]
    made.kubeconfig.write_text(json.dumps({"current-context": "kind-dk-labs", "contexts": [context], "users": users}))
    return made


def test_the_context_names_the_trial_s_namespace_and_holds_no_key(shape, tmp_path):
    file = tmp_path / "run" / "t001-kubeconfig"
    write_context(file, shape, "dkl-r-t001")
    said = yaml.safe_load(file.read_text())
    (context,) = [c["context"] for c in said["contexts"] if c["name"] == said["current-context"]]
    assert context == {"cluster": "c", "user": "u", "namespace": "dkl-r-t001"}
    assert "secret" not in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_kubeconfig_without_its_context_is_a_problem(shape, tmp_path):
    shape.kubeconfig.write_text('{"current-context": "gone", "contexts": []}')
    with pytest.raises(Problem, match="no context 'gone'"):
        write_context(tmp_path / "x", shape, "n")


def test_nothing_of_a_person_s_own_changes_what_is_typed(shape, tmp_path):
    env = environment(Path("/cache/bin/kubectl-1.36.1/kubectl"), shape, tmp_path / "context")
    assert env["KUBECONFIG"].split(os.pathsep) == [str(tmp_path / "context"), str(shape.kubeconfig)]
    assert env["PATH"].startswith("/cache/bin/kubectl-1.36.1:")
    assert env["KUBERC"] == "off"
    assert env["KUBECACHEDIR"].startswith(str(shape.folder))


def test_a_client_s_pod_is_no_copy():
    assert client_pod("dk-labs-client", "")["metadata"]["labels"] == {BESIDE_LABEL: "dk-labs-client"}
    assert "nodeName" not in client_pod("dk-labs-client", "")["spec"]


def test_a_client_at_a_node_is_in_its_network():
    spec = client_pod("dk-labs-client-worker", "dk-labs-worker")["spec"]
    assert (spec["nodeName"], spec["hostNetwork"]) == ("dk-labs-worker", True)
    assert spec["dnsPolicy"] == "ClusterFirstWithHostNet"


@pytest.mark.parametrize(
    ("said", "short"),
    [
        ("error trying to reach service: dial tcp 10.244.1.3:8080: connect: connection refused", "refused"),
        ("error trying to reach service: dial tcp 10.244.1.3:8080: i/o timeout", "timeout"),
        (
            "error trying to reach service: read tcp 10.0.0.1:1->10.244.1.3:8080: read: connection reset by peer",
            "reset",
        ),
        ("error trying to reach service: EOF", "closed"),
        ("something else", "something else"),
        ("", "no answer of its own"),
    ],
)
def test_silence_has_a_name(said, short):
    assert silence(said) == short


def test_nobody_breaks_a_cluster_that_is_shared():
    shared = Unbreakable()
    with pytest.raises(TypeError, match="one of their own"):
        shared.power("worker", "stop")
    with pytest.raises(TypeError, match="one of their own"):
        shared.take_away("coredns", "control-plane")
