"""A newcomer's machine: Debian with git, make and Python, and nothing else. One command must do it all.

It runs in a privileged container whose root is made for it, so that nothing of this host's is found: no engine, no
Go, no kind, no cache. Packages come from the mirrors that this host uses, with its certificates and proxies.
"""

from __future__ import annotations

import os
import subprocess
import time
import uuid
from pathlib import Path

import pytest

from harness.model.project import NAME
from harness.setup import debian, endpoint, engine
from harness.setup.images import builds, stages
from harness.setup.steps import Doing

CHECKOUT = Path(__file__).resolve().parents[2]
PACKAGES = ("git", "make", "python3", "ca-certificates", "init-system-helpers")
PASSED_ON = (
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "GOPROXY",
    "GOSUMDB",
    "GONOSUMDB",
    "PIP_INDEX_URL",
    "PIP_DEFAULT_TIMEOUT",
)
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
PIP = Path("/etc/pip.conf")


@pytest.fixture
def bare(tmp_path):
    """The container, running and empty-handed."""
    host = engine.connect(endpoint.resolve())
    tag = f"{NAME}/bare:{builds.digest(*PACKAGES)}"
    if not host.client.images.list(name=tag):
        builds.check_root()
        builds.import_root(host, tag, PACKAGES, (), Doing("bare", 0.0), stages.log_file("bare"))
    mounts = {str(CHECKOUT): "/checkout"} | {str(p): str(p) for p in (CERTIFICATES, PIP) if p.exists()}
    variables = [name for name in (*PASSED_ON, *(n.lower() for n in PASSED_ON)) if name in os.environ]
    environment = {name: os.environ[name] for name in variables} | {
        "PIP_CERT": str(CERTIFICATES),
        "SSL_CERT_FILE": str(CERTIFICATES),
    }
    container = host.client.containers.run(
        tag,
        ["sleep", "infinity"],
        name=f"{NAME}-bare-{uuid.uuid4().hex[:8]}",
        detach=True,
        privileged=True,
        cgroupns="private",
        init=True,
        environment=environment,
        labels={NAME: "test"},
        volumes={source: {"bind": target, "mode": "ro"} for source, target in mounts.items()},
        # An engine cannot keep its layers on the overlay that the container itself stands on.
        mounts=[_volume("/var/lib/docker"), _volume("/var/lib/containerd"), _volume("/root")],
    )
    lines = "\\n".join(debian.mirror().lines(builds.SUITE))
    container.exec_run(["sh", "-c", f"printf '{lines}\\n' >/etc/apt/sources.list"])
    yield container
    container.remove(force=True, v=True)


def _volume(target: str):
    from docker.types import Mount

    return Mount(target=target, source=None, type="volume")


def test_one_command_on_a_bare_machine(bare):
    assert bare.exec_run(["sh", "-c", "command -v docker dockerd go kind kubectl"]).exit_code != 0
    script = "git clone -q -c safe.directory='*' /checkout /root/labs && cd /root/labs && time make lab-selfhealing"
    began = time.monotonic()
    told = []
    with subprocess.Popen(
        ["docker", "exec", bare.name, "bash", "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            told.append(line)
            print(f"{time.monotonic() - began:7.1f} s  {line}", end="", flush=True)
    assert process.returncode == 0
    assert "cluster dk-labs is ready" in "".join(told)
