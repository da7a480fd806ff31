"""What people have in a cluster outlives its mending, and is named before a cluster goes that cannot be mended."""

from __future__ import annotations

import json
import subprocess

import pytest

from harness.model.clock import Deadline
from harness.model.waiting import until
from harness.setup import clean, tools
from harness.setup.cluster import nodes

MINE = "learners-own"


@pytest.fixture
def node(labs, own, host):
    """A cluster of one node, with a namespace of somebody's in it."""
    done = labs("up", "--yes", "--name", own.name, "--config", str(own.config), within_s=600)
    assert done.code == 0, done.err
    node = nodes.of(host, own.name)[0]
    if MINE not in namespaces(host, node):
        nodes.kubectl(host, node, "create", "namespace", MINE)
    return node


def namespaces(host, node) -> list[str]:
    listed = json.loads(nodes.kubectl(host, node, "get", "namespaces", "--output", "json"))
    return [one["metadata"]["name"] for one in listed["items"]]


def up(labs, own, *more: str):
    return labs("up", "--name", own.name, "--config", str(own.config), *more, within_s=600)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("part", "lost"),
    [
        ("coredns", ("-n", "kube-system", "scale", "deployment", "coredns", "--replicas=0")),
        ("coredns", ("-n", "kube-system", "delete", "deployment", "coredns")),
        ("metrics-server", ("-n", "kube-system", "scale", "deployment", "metrics-server", "--replicas=0")),
        ("metrics-server", ("delete", "apiservice", "v1beta1.metrics.k8s.io")),
        ("local-path-provisioner", ("delete", "storageclass", "standard")),
        ("local-path-provisioner", ("delete", "namespace", "local-path-storage")),
    ],
)
def test_a_part_that_is_lost_is_brought_back_and_nothing_goes(labs, own, host, node, part, lost):
    nodes.kubectl(host, node, *lost, within_s=60)
    done = up(labs, own)
    assert done.code == 0, done.err
    assert f"{part}: " in done.err
    assert "making it anew" not in done.err
    assert MINE in namespaces(host, node)
    assert is_ready(labs, own)


def is_ready(labs, own) -> bool:
    return json.loads(labs("status", "--json", "--name", own.name).out)["ready"]


@pytest.mark.slow
def test_what_cannot_be_mended_names_what_people_have_and_goes_only_when_somebody_says_so(labs, own, host, node):
    away = "mv /etc/kubernetes/manifests/kube-controller-manager.yaml /root/; pkill -x kube-controller-manager; true"
    nodes.inside(node.container, ["sh", "-c", away])
    until("that it is seen", lambda: "it" if is_ready(labs, own) else "", Deadline.after(60), pause_s=1)
    done = up(labs, own)
    assert done.code == 4, done.err
    assert f"namespace {MINE}, which no run owns, would go with it. Try: labs up --yes" in done.err
    assert MINE in namespaces(host, node)

    done = up(labs, own, "--yes")
    assert done.code == 0, done.err
    assert MINE in done.err
    assert MINE not in namespaces(host, nodes.of(host, own.name)[0])


@pytest.mark.slow
def test_what_cannot_be_seen_any_more_is_not_thrown_away_unasked(labs, own, host, node):
    away = "mv /etc/kubernetes/manifests/kube-apiserver.yaml /root/; pkill -x kube-apiserver; true"
    nodes.inside(node.container, ["sh", "-c", away])
    done = up(labs, own)
    assert done.code == 4, done.err
    assert "what people have in it cannot be seen" in done.err
    assert [one.container.id for one in nodes.of(host, own.name)] == [node.container.id]
    assert up(labs, own, "--yes").code == 0


@pytest.fixture
def peoples(host, web, tmp_path):
    """Containers that people started from the demo image: one by hand, one with Compose."""
    tools.compose()
    by_hand = host.client.containers.run(web, name="somebodys-web", detach=True, network_mode="none")
    file = tmp_path / "compose.yaml"
    file.write_text("services: {web: {image: 'dk-labs/web:1', network_mode: none}}")
    compose = [*tools.compose(), "--project-name", "dkl-exercise-shop", "--file", str(file)]
    try:
        subprocess.run([*compose, "up", "--detach", "--pull", "never"], check=True, capture_output=True)
        yield {"somebodys-web", "dkl-exercise-shop-web-1"}
    finally:
        subprocess.run([*compose, "down"], check=True, capture_output=True)
        by_hand.remove(force=True)


def test_what_people_started_from_our_image_is_left_alone_and_so_is_the_image(host, web, peoples):
    found = {(one.kind, one.name) for one in clean.find(host, images=True, everything=False)}
    assert peoples & {name for _, name in found} == set()
    assert not any(kind == "image" and web in name for kind, name in found)
    (told,) = (note for note in clean.notes(host) if note.startswith("Left alone"))
    assert all(name in told for name in peoples)


def test_nodes_and_what_runs_made_are_still_found(host, web, shared):
    names = {one.name for one in clean.find(host, images=False, everything=False)}
    assert {"dk-labs-control-plane", "dk-labs-worker", "dk-labs-worker2"} <= names
