"""What the tests on a real engine and cluster share: the command itself, run as a user runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.setup import endpoint, engine
from harness.setup.cluster import shared as cluster

ONE_NODE = """
kind: Cluster
apiVersion: kind.x-k8s.io/v1alpha4
networking: {ipFamily: ipv4}
kubeadmConfigPatches:
  - |
    kind: KubeletConfiguration
    failCgroupV1: false
"""


@dataclass
class Ended:
    code: int
    out: str
    err: str


@pytest.fixture(scope="session")
def labs():
    """Run `labs` to its end; what it prints is kept apart, as JSON for programs and text for people are."""

    def run(*arguments: str, within_s: float = 300, **env: str) -> Ended:
        done = subprocess.run(
            [sys.executable, "-m", "harness", *arguments],
            capture_output=True,
            text=True,
            timeout=within_s,
            stdin=subprocess.DEVNULL,
            env=dict(os.environ) | env,
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture(scope="session")
def host():
    """The engine that the tests run on."""
    found = engine.connect(endpoint.resolve())
    yield found
    found.client.close()


@pytest.fixture(scope="module")
def shared(labs):
    """The shared cluster, ready; its status document. Asked for anew by each file, since some take it down."""
    assert labs("up", within_s=3000).code == 0
    document = json.loads(labs("status", "--json").out)
    assert document["ready"], document
    return document


@pytest.fixture(scope="module")
def kubectl(shared, host):
    """kubectl as a student has it: on the host, with our kubeconfig."""
    from harness.setup import tools

    program = tools.kubectl("dk-labs-control-plane", endpoint_env=host.environment)

    def run(*arguments: str, text: str | None = None, within_s: float = 60) -> str:
        done = subprocess.run(
            [str(program), "--kubeconfig", shared["kubeconfig"], *arguments],
            capture_output=True,
            text=True,
            input=text,
            timeout=within_s,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture(scope="module")
def web(host, shared, labs):
    """The demo application's tag, loaded into every node."""
    done = labs("images")
    assert done.code == 0, done.err
    return done.err.splitlines()[-1].partition(": ")[0]


@pytest.fixture(scope="module")
def own(labs, tmp_path_factory):
    """The shape of a cluster of one node under a name of its own, for tests that break it; gone afterwards."""
    config = tmp_path_factory.mktemp("own") / "one.yaml"
    config.write_text(ONE_NODE)
    shape = cluster.shape("dk-labs-test", str(config))
    yield shape
    labs("down", "--name", shape.name)


def checkout() -> Path:
    return Path(__file__).resolve().parents[1]
