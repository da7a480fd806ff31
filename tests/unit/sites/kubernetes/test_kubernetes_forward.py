"""What kubectl says when it forwards a port, and when it cannot; a script stands in its place."""

from __future__ import annotations

import os

import pytest

from harness.lab.open_site import No
from harness.model.clock import Deadline
from harness.model.waiting import until
from harness.sites.kubernetes import forward
from harness.sites.kubernetes.forward import Forward


@pytest.fixture
def kubectl(tmp_path):
    """Has it say something, and go on or end."""
    begun = []

    def write(script: str) -> Forward:
        program = tmp_path / "kubectl"
        program.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/typed\n{script}\n')
        program.chmod(0o755)
        begun.append(Forward(str(program), "web", 8080, os.environ))
        return begun[-1]

    yield write
    for one in begun:
        one.end()


def test_it_says_which_port_it_took(kubectl, tmp_path):
    one = kubectl("echo 'Forwarding from 127.0.0.1:40123 -> 8080'\nsleep 60")
    assert one.port() == 40123
    assert (tmp_path / "typed").read_text() == "port-forward service/web :8080 --address 127.0.0.1\n"


@pytest.mark.parametrize("says", ["error: timed out waiting for the condition", "Forwarding from [::1]:40123 -> 80"])
def test_why_it_does_not_is_told_in_its_own_words(kubectl, says):
    with pytest.raises(No, match="kubectl port-forward: ") as no:
        kubectl(f"echo '{says}' >&2\nexit 1").port()
    assert says in str(no.value)


def test_one_that_says_nothing_is_not_waited_for_forever(kubectl, monkeypatch):
    monkeypatch.setattr(forward, "BEGINS_S", 0.2)
    with pytest.raises(No, match=r"nothing said in 0\.2 s"):
        kubectl("sleep 60").port()


def test_one_that_tells_of_each_connection_does_not_stop_at_a_full_pipe(kubectl, tmp_path):
    done = tmp_path / "done"
    one = kubectl(f"""echo 'Forwarding from 127.0.0.1:40123 -> 8080'
        yes 'Handling connection for 40123' | head --lines 20000; touch {done}; sleep 60""")
    assert one.port() == 40123
    until("the last of its words", lambda: "" if done.exists() else "them", Deadline.after(10))
