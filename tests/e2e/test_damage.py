"""Dead, damaged, interrupted, two at once: always a ready cluster in bounded time, or a clear end."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time

import pytest

from harness.model.clock import Deadline
from harness.setup import engine, removal
from harness.setup.cluster import create, nodes
from harness.waiting import until

pytestmark = pytest.mark.slow

REMAKE_S = 120
"""The goal for a dead cluster of three nodes is 75 s on a quiet machine; these run on busy ones."""


@pytest.fixture
def up(labs, own):
    """Have it ready (as the test before left it, where that will do); answers what was told, and the seconds."""

    def ready():
        began = time.monotonic()
        done = labs("up", "--name", own.name, "--config", str(own.config), within_s=1500)
        assert done.code == 0, done.err
        status = json.loads(labs("status", "--json", "--name", own.name).out)
        assert status["ready"], status
        return done.err, time.monotonic() - began

    ready()
    return ready


@pytest.fixture
def node(host, own, up):
    return nodes.of(host, own.name)[0]


def test_a_stopped_node_is_started_once_more(up, node):
    node.container.stop()
    told, took = up()
    assert "starting once more" in told
    assert took < REMAKE_S


def test_a_frozen_node_is_thawed(up, node):
    node.container.pause()
    told, took = up()
    assert "paused: starting once more" in told
    assert "making it anew" not in told
    assert took < 40


def test_a_node_that_was_removed_makes_the_cluster_anew(up, node):
    removal.remove([node.container])
    _, took = up()
    assert took < REMAKE_S


def test_an_api_server_that_is_gone_is_found_out_in_seconds(up, node):
    nodes.inside(node.container, ["mv", "/etc/kubernetes/manifests/kube-apiserver.yaml", "/root/"])
    pattern = ["sh", "-c", "pkill -x kube-apiserver; while pgrep -x kube-apiserver; do sleep 0.1; done"]
    nodes.inside(node.container, pattern)
    told, took = up()
    assert "is of no use" in told
    assert took < REMAKE_S


def test_a_stopped_kubelet_is_found_out_while_its_node_is_still_called_ready(up, node):
    nodes.inside(node.container, ["systemctl", "stop", "kubelet"])
    told, took = up()
    assert f"{node.name}/proxy/healthz" in told
    assert "making it anew" in told
    assert took < REMAKE_S


def test_a_lost_state_folder_costs_nothing(up, own):
    own.kubeconfig.unlink()
    told, _ = up()
    assert "it was there" in told
    assert own.kubeconfig.stat().st_mode & 0o777 == 0o600


def test_a_half_made_cluster_is_made_anew(up, node, host):
    nodes.kubectl(host, node, "-n", "dk-labs", "delete", "configmap/cluster")
    told, _ = up()
    assert "making it anew" in told


@pytest.fixture
def gone(labs, own):
    """No cluster to start with."""
    labs("down", "--name", own.name)
    return own


def start(own) -> subprocess.Popen[str]:
    argv = [sys.executable, "-m", "harness", "up", "--name", own.name, "--config", str(own.config)]
    return subprocess.Popen(argv, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)


def test_of_two_at_once_one_works_and_the_other_reuses(gone, own, host):
    first, second = start(own), start(own)
    told = [p.communicate(timeout=600)[1] for p in (first, second)]
    assert (first.returncode, second.returncode) == (0, 0), told
    assert sum("it was there" in t for t in told) == 1
    assert sum("waiting for it to end" in t for t in told) == 1
    assert len(nodes.of(host, own.name)) == 1


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("moment", [1, 2, 3])
def test_an_interrupted_set_up_leaves_no_node(gone, own, host, sign, moment):
    after_s = random.Random(f"{sign}{moment}").uniform(0.3, 25)
    process = start(own)
    try:
        process.wait(after_s)
        pytest.skip(f"it was ready before {after_s:.1f} s")
    except subprocess.TimeoutExpired:
        process.send_signal(sign)
    began = time.monotonic()
    told = process.communicate(timeout=30)[1]
    assert process.returncode == 128 + sign, told
    assert time.monotonic() - began < 15
    assert nodes.of(host, own.name) == []


def test_after_kill_9_the_next_one_goes_on(gone, own, host, labs):
    process = start(own)
    until("its nodes", lambda: "" if nodes.of(host, own.name) else "nodes", Deadline.after(60))
    process.kill()
    process.communicate()
    done = labs("up", "--name", own.name, "--config", str(own.config), within_s=600)
    assert done.code == 0, done.err


def test_a_failed_creation_keeps_its_log_and_no_node(gone, own, host, labs):
    from harness.setup.images.node_build import Inputs

    tag = "dk-labs/test-broken:x"
    container = host.client.containers.create(Inputs.here().tag, ["true"], entrypoint=[], labels={"dk-labs": "test"})
    container.commit(repository="dk-labs/test-broken", tag="x", changes=['ENTRYPOINT ["/bin/false"]'])
    container.remove()
    try:
        done = labs("up", "--name", own.name, "--config", str(own.config), "--node-image", tag)
        assert done.code == 4
        assert "Making cluster" in done.err
        assert nodes.of(host, own.name) == []
        assert (create.Shape(own.name, own.config).folder / "create.log").stat().st_size > 0
    finally:
        host.client.images.remove(tag, force=True)


def test_an_engine_that_we_started_and_that_was_killed_is_started_again(labs, own, up):
    pid = engine.started_by_us()
    if pid is None:
        pytest.skip("the engine here was not started by us, so it is not ours to kill")
    os.kill(pid, signal.SIGKILL)
    told, took = up()
    assert "Docker engine started" in told
    assert took < REMAKE_S + 30
    assert engine.started_by_us() not in (None, pid)
