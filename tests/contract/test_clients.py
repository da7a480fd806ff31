"""Clients at any site: whom they reach by name, by address and from outside, and what they say of each request."""

from __future__ import annotations

import math

from harness.lab import acts
from harness.lab.open_site import Ask
from harness.model.entries import Asking
from tests.contract.kinds import only

OUTSIDE = Ask(at="outside")


def named(requests):
    return {r.by for r in requests} - {""}


@only(lambda kind: not kind.arm.typed)
def test_a_client_inside_reaches_every_copy_by_their_name(site):
    requests = site.asked(Ask(), lambda rs: "" if len(named(rs)) == 3 else "answers of all three")
    assert {r.to for r in requests} == {"web"}
    assert {r.error for r in requests} == {""}
    assert site.of(Asking)[0].client == "ask"
    assert named(requests) == {site.instance(c) for c in site.running()}


@only(lambda kind: not kind.arm.typed)
def test_a_client_outside_reaches_a_copy_at_the_published_port(site):
    requests = site.asked(OUTSIDE, lambda rs: "" if len(rs) > 10 else "requests")
    assert named(requests)
    assert named(requests) <= {site.instance(c) for c in site.running()}


def test_a_client_asks_several_addresses_in_turn(site):
    addresses = tuple(c.address for c in site.running())
    requests = site.asked(Ask(to=addresses), lambda rs: "" if len(rs) >= 30 else "requests")
    asked = [sum(r.to == a for r in requests) for a in addresses]
    assert max(asked) - min(asked) <= 1
    assert {r.to: r.by for r in requests if not r.error} == {c.address: site.instance(c) for c in site.running()}


@only(lambda kind: not kind.arm.typed)
def test_a_kept_connection_leads_to_one_copy(site):
    requests = site.asked(Ask(kept=True), lambda rs: "" if len(rs) >= 30 else "requests")
    assert len(named(requests)) == 1


def test_a_name_that_nobody_has_is_not_found(site):
    requests = site.asked(Ask(to=("nobody",)), lambda rs: "" if len(rs) >= 5 else "requests")
    assert {r.error for r in requests} == {"resolve"}


def test_requests_that_are_not_judged_are_not_written_down(site):
    ask = Ask(judged=False, to=tuple(c.address for c in site.running()))
    site.here.begin(ask)
    site.here.end()
    assert len(site.of(Asking)) == 1
    assert not [e for e in site.heard if type(e).__name__ == "Request"]


def test_a_client_goes_on_when_a_copy_ends_and_says_what_became_of_each_request(site):
    victim, other, _ = site.running()
    instance = site.instance(victim)
    ask = Ask(to=(victim.address, other.address))
    site.here.begin(ask)
    site.wait("answers", lambda: "" if len(named(site.of_requests())) == 2 else "both")
    acts.crash.send(site.here, [victim])

    def missing() -> str:
        failed_s = next((r.at_s for r in site.of_requests() if r.error and r.to == victim.address), math.inf)
        after = any(r.to == other.address and not r.error and r.at_s > failed_s for r in site.of_requests())
        return "" if after else "an answer of the other one after a failure"

    site.wait("failures", missing)
    site.here.end()
    assert {r.error for r in site.of_requests()} <= {"", "refused", "timeout", "reset", "unreachable"}
    assert any(r.by == instance for r in site.of_requests())
