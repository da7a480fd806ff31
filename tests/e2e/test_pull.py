"""The way of most users, who can pull: a registry on loopback serves the node image under another name."""

from __future__ import annotations

import io
import json
import shutil
import socket
import subprocess
import time
import urllib.request

import pytest
from rich.console import Console

from harness.model.clock import Deadline
from harness.model.project import KIND, PUBLISHED_NODE_IMAGES
from harness.model.waiting import until
from harness.setup.images import builds, node_build, node_image
from harness.setup.steps import Steps

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    """Debian's docker-registry, with a folder of its own."""
    program = shutil.which("docker-registry")
    if program is None:
        pytest.skip("docker-registry is not installed: apt-get install docker-registry")
    folder = tmp_path_factory.mktemp("registry")
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    config = {
        "version": "0.1",
        "log": {"level": "error"},
        "storage": {"filesystem": {"rootdirectory": str(folder / "data")}},
        "http": {"addr": address},
    }
    (folder / "config.yml").write_text(json.dumps(config))
    with (folder / "log").open("w") as log:
        process = subprocess.Popen([program, "serve", str(folder / "config.yml")], stdout=log, stderr=log)

    def answers() -> str:
        with urllib.request.urlopen(f"http://{address}/v2/", timeout=2) as answer:
            return "" if answer.status == 200 else str(answer.status)

    until("the registry", answers, Deadline.after(20), passing=(OSError,))
    yield address
    process.terminate()
    process.wait(10)


@pytest.fixture(scope="module")
def served(registry, host, shared):
    """The node image's name in that registry; on the engine it is not, or pulling would prove nothing."""
    ref = f"{registry}/kindest/node:v1.36.1"
    image = host.client.images.get(node_build.Inputs.here().tag)
    image.tag(f"{registry}/kindest/node", "v1.36.1")
    for line in host.client.api.push(f"{registry}/kindest/node", "v1.36.1", stream=True, decode=True):
        assert "error" not in line, line
    host.client.images.remove(ref)
    yield ref
    builds.forget(host, ref)
    for origin in ("pulled", "given"):
        builds.forget(host, f"dk-labs/node:{origin}-{str(image.id).removeprefix('sha256:')[:12]}")


def steps() -> Steps:
    return Steps(Console(file=io.StringIO()))


def test_auto_pulls_the_published_image_where_it_can_run(monkeypatch, served, host):
    monkeypatch.setitem(PUBLISHED_NODE_IMAGES, KIND, served)
    monkeypatch.setattr(node_image, "_unfit", lambda _engine: "")
    told = steps()
    image = node_image.get(host, told, "auto")
    assert (image.source, image.origin, image.kubernetes) == (served, "pulled", "1.36.1")
    assert host.client.images.get(image.ref).labels["dk-labs.origin"] == "pulled"
    assert any(step.name.startswith(served) for step in told.done)


def test_auto_builds_where_the_registry_accepts_and_never_answers(monkeypatch, host, shared):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        ref = f"127.0.0.1:{silent.getsockname()[1]}/kindest/node:v1.36.1"
        monkeypatch.setitem(PUBLISHED_NODE_IMAGES, KIND, ref)
        monkeypatch.setattr(node_image, "_unfit", lambda _engine: "")
        began = time.monotonic()
        image = node_image.get(host, steps(), "auto")
    assert image.origin == "built"
    assert time.monotonic() - began < 15


def test_a_host_where_the_published_image_cannot_run_builds_though_a_registry_answers(monkeypatch, served, host):
    monkeypatch.setitem(PUBLISHED_NODE_IMAGES, KIND, served)
    monkeypatch.setattr(node_image, "_unfit", lambda _engine: "cgroup v1")
    assert node_image.get(host, steps(), "auto").origin == "built"


def test_a_cluster_is_made_of_an_image_that_was_given(served, own, labs):
    done = labs("up", "--name", own.name, "--config", str(own.config), "--node-image", served)
    assert done.code == 0, done.err
    status = json.loads(labs("status", "--json", "--name", own.name).out)
    assert status["ready"]
    assert status["node_image"] == {"ref": served, "origin": "given"}


def test_a_name_that_the_registry_does_not_have(registry, labs, own):
    ref = f"{registry}/kindest/node:v0"
    done = labs("up", "--name", own.name, "--config", str(own.config), "--node-image", ref)
    assert done.code == 4
    assert ref in done.err
