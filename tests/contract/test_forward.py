"""A client at a port that kubectl forwards to a Service: one Pod gets all, and the program ends with the trial."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from harness.lab import acts
from harness.lab.open_site import Ask, No
from harness.setup import paths
from tests.contract.conftest import Site
from tests.contract.kinds import only
from tests.contract.test_clients import named

FORWARDED = Ask(at="forwarded")
BEGINS = """
import os, signal, sys
from harness.sites.kubernetes.forward import Forward
print(Forward(sys.argv[1], "web", 8080, os.environ).port(), flush=True)
signal.pause()
"""
"""Stands for a run that has a Service forwarded."""


def kubernetes(kind):
    return kind.name == "kubernetes"


def programs(site: Site) -> list[str]:
    """The port-forwards of the trial's that run here; they have its own kubeconfig."""
    found, own = [], str(site.scope.folder).encode()
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (process / "cmdline").read_bytes().split(b"\0")
            if b"port-forward" in words and own in (process / "environ").read_bytes():
                found.append(process.name)
    return found


def refused(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1.0).close()
    except OSError:
        return True
    return False


@only(kubernetes)
def test_one_pod_gets_all_connections_and_the_program_ends_with_the_trial(site):
    site.here.begin(FORWARDED)
    site.wait("requests", lambda: "" if len(site.of_requests()) >= 60 else "requests")
    assert not site.opened.real or programs(site)
    site.here.end(FORWARDED)
    assert {r.error for r in site.of_requests()} <= {"", "timeout"}
    (by,) = named(site.of_requests())
    assert by in {site.instance(c) for c in site.running()}
    site.here.leave()
    site.wait("its end", lambda: " ".join(programs(site)))


@only(kubernetes)
def test_when_that_pod_goes_no_other_one_takes_its_place(site):
    site.here.begin(FORWARDED)
    site.wait("an answer", lambda: "" if named(site.of_requests()) else "one")
    (by,) = named(site.of_requests())
    victim = next(c for c in site.running() if site.instance(c) == by)
    acts.remove.send(site.here, [victim])
    site.gone(victim)
    before = len(site.of_requests())
    site.wait("requests", lambda: "" if len(site.of_requests()) >= before + 60 else "requests")
    site.here.end(FORWARDED)
    assert {r.by for r in site.of_requests()[before + 30 :]} == {""}
    assert named(site.of_requests()) == {by}


@only(kubernetes)
def test_what_cannot_be_forwarded_is_told(site):
    with pytest.raises(No, match=r'services "nobody" not found'):
        site.here.begin(Ask(at="forwarded", to=("nobody",)))


@only(kubernetes)
def test_it_ends_when_the_harness_is_killed(site):
    if not site.opened.real:
        pytest.skip("nobody can be killed in memory")
    kubectl, env = str(site.opened.place.connection.kubectl), site.here._environment
    ours = subprocess.Popen(
        [sys.executable, "-c", BEGINS, kubectl], env=env | {"PYTHONPATH": str(paths.CHECKOUT)},
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert ours.stdout is not None
    port = int(ours.stdout.readline())
    assert not refused(port)
    assert programs(site)
    os.kill(ours.pid, signal.SIGKILL)
    ours.communicate()
    site.wait("its end", lambda: " ".join(programs(site)), within_s=10)
    assert refused(port)
