"""A proxy before three copies: each connection goes to the next of those that are there."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from rich.console import Console

from harness.lab import manifests
from harness.lab.arm import Arm
from harness.lab.open_site import Ask
from harness.lab.site import engine
from harness.setup.images import proxy
from harness.setup.steps import Steps
from tests.contract.conftest import Site
from tests.contract.kinds import only

OUTSIDE = Ask(per_s=50, at="outside", timeout_s=5.0)
PROXIED = Arm("Compose of three with a proxy", engine, "compose-proxy.yaml")
FOLDER = manifests.FOLDER / "networking"
PATIENT = Ask(per_s=20, at="outside", timeout_s=0.9)
"""The proxy tries to connect for a second: what is sent to nobody fails, and a machine that is busy is forgiven."""

NOTICED_S = 3.0
"""Once a second the proxy asks who is there."""


@pytest.fixture
def proxied(opened, tmp_path):
    """Three copies and the proxy, brought up as the lab does."""
    if opened.real:
        proxy.have(opened.place.engine, Steps(Console(quiet=True)))
    heard = []
    scope = replace(opened.scope(tmp_path, heard.append), arm=PROXIED, manifests=FOLDER)
    opened.place.check(PROXIED, FOLDER)
    here = opened.place.trial(scope)
    found = Site(opened, here, scope, heard)
    try:
        for command in PROXIED.commands():
            assert (answer := here.types(command)).code == 0, answer.said
        found.wait_for(3)
        yield found
    finally:
        here.leave()


def by(requests) -> Counter[str]:
    return Counter(r.by for r in requests if not r.error)


@only(lambda kind: kind.name == "compose")
def test_connections_are_shared_evenly_and_none_is_lost(proxied):
    """From the first answer on: until the proxy has heard from the name server it knows nobody."""
    every = proxied.asked(OUTSIDE, lambda rs: "" if len(rs) >= 300 else "300 requests")
    asked = every[next(n for n, one in enumerate(every) if not one.error) :]
    assert len(asked) > 0.8 * len(every)
    shared = by(asked)

    assert shared.keys() == {proxied.instance(c) for c in proxied.running()}
    assert shared.total() == len(asked)
    assert max(shared.values()) - min(shared.values()) <= len(asked) / 20


@only(lambda kind: kind.name == "compose")
def test_who_is_removed_gets_no_more_connections_and_who_comes_gets_a_share(proxied):
    victim, *others = proxied.running()
    gone, stay = proxied.instance(victim), {proxied.instance(c) for c in others}
    proxied.here.begin(PATIENT)
    proxied.wait("answers of all three", lambda: "" if by(proxied.of_requests()).keys() == {gone, *stay} else "them")
    proxied.here.signal(victim, "remove")
    proxied.gone(victim)
    noticed_s = max(r.at_s for r in proxied.of_requests()) + NOTICED_S

    def later():
        return [r for r in proxied.of_requests() if r.at_s > noticed_s]

    proxied.wait("a hundred requests more", lambda: "" if len(later()) >= 100 else "them")
    assert by(later()).keys() == stay
    assert by(later()).total() > 0.9 * len(later())  # with a third of them sent to nobody it would be two thirds

    for command in PROXIED.commands():
        assert proxied.here.types(command).code == 0
    (fresh,) = {proxied.instance(c) for c in proxied.wait_for(3)} - stay
    proxied.wait("answers of the new one", lambda: "" if by(proxied.of_requests())[fresh] >= 10 else "them")
    proxied.here.end(PATIENT)
