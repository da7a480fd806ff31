"""A lab's script, typed: what comes of it is what the lab says."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from harness.setup import paths
from harness.setup.cluster import shared as cluster

MUCH = "8388608"
WITHIN_S = 240


def script(name: str) -> str:
    """As a person gets it."""
    argv = [sys.executable, "-m", "harness", "show", name, "--sh"]
    return subprocess.run(argv, cwd=paths.CHECKOUT, capture_output=True, text=True, check=True).stdout


def parts(text: str) -> dict[str, str]:
    """By what each says that it is about; the head goes before each."""
    head, *blocks = text.split("echo '== ")
    return {block.partition(", on ")[0]: f"{head}echo '== {block}" for block in blocks}


def typed(name: str, block: str) -> str:
    from harness.setup import tools

    kubectl = tools.kubectl(f"{cluster.SHARED.name}-control-plane", endpoint_env=dict(os.environ)).parent
    env = os.environ | {
        "KUBECONFIG": str(cluster.SHARED.kubeconfig),
        "PATH": f"{kubectl}:{os.environ['PATH']}",
    }
    folder = paths.CHECKOUT / "manifests" / name
    argv = ["bash", "-c", block]
    ran = subprocess.run(argv, cwd=folder, env=env, capture_output=True, text=True, timeout=WITHIN_S, check=False)
    assert ran.returncode == 0, ran.stderr[-1000:]
    return ran.stdout


@pytest.mark.parametrize(("arm", "kept"), [("named volume", True), ("anonymous volume", False)])
def test_what_a_container_wrote_is_there_for_its_successor_or_not(host, web, arm, kept):
    before = {volume.name for volume in host.client.volumes.list()}
    said = typed("storage", parts(script("storage"))[f"remove and recreate @ {arm}"])
    answers = [line.split() for line in said.splitlines() if line.startswith("200 ")]
    data = [a for a in answers if len(a) == 3 and (":" in a[2] or a[2] == "none")]  # the others say a version
    (written,), (read,) = (data[n::2] for n in (0, 1))

    assert written[2].startswith(f"{MUCH}:")
    assert (read[2] == written[2]) is kept
    assert read[1] != written[1]
    assert {volume.name for volume in host.client.volumes.list()} <= before


@pytest.mark.slow
def test_a_pod_is_restarted_in_its_place(host, web):
    said = typed("selfhealing", parts(script("selfhealing"))["crash @ Pod"])
    last = [line for line in said.splitlines() if line.startswith("web ")][-1]

    assert last.split()[1:4] == ["1/1", "Running", "1"]


@pytest.mark.slow
def test_a_container_with_a_policy_is_restarted_and_one_without_is_not(host, web):
    blocks = parts(script("selfhealing"))
    back, away = (typed("selfhealing", blocks[f"crash @ run, policy {policy}"]) for policy in ("always", "no"))

    assert "Up " in back.splitlines()[-2]
    assert "Exited (1)" in away.splitlines()[-2]
