"""In memory, names, addresses and ports lead to whom they lead on the real platforms."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from harness.lab import acts, site
from harness.lab.open_site import Ask
from harness.model.entries import Copy, Request
from harness.model.errors import Problem
from tests.contract.alone import Trial, changed

HEADLESS = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {clusterIP: None, selector: {app: web}}\n"
OF_ONE = """
apiVersion: v1
kind: Pod
metadata: {{name: {0}, labels: {{app: {0}}}}}
spec: {{containers: [{{name: web, image: "dk-labs/web:1"}}]}}
---
apiVersion: v1
kind: Service
metadata: {{name: {0}}}
spec: {{type: NodePort, selector: {{app: {0}}}, ports: [{{port: 8080}}]}}
"""
MODE = "endpoint_mode: {}"


def up(t: Trial, n: int = 3) -> list[Copy]:
    """They are known to all that send to them."""
    t.up(n)
    t.clock.sleep(1)
    return t.ready()


def requests(t: Trial, ask: Ask, seconds: float = 10.0) -> list[Request]:
    t.here.begin(ask)
    t.clock.sleep(seconds)
    t.here.end(ask)
    return [e for e in t.heard if isinstance(e, Request)]


def by(found):
    return Counter(r.by for r in found if not r.error)


def again(found) -> int:
    """How often a copy got two in a row."""
    return sum(a.by == b.by for a, b in pairwise(found))


@pytest.mark.parametrize(("mode", "in_turn"), [("vip", True), ("dnsrr", False)])
def test_a_virtual_address_takes_turns_and_a_name_does_not(tmp_path, mode, in_turn):
    text = changed("service-three.yaml", (MODE.format("dnsrr"), MODE.format(mode)))
    t = Trial(tmp_path, site.swarm(3), "mode.yaml", mode=text)
    up(t)
    found = requests(t, Ask())
    assert len(by(found)) == 3
    assert (max(by(found).values()) - min(by(found).values()) <= 1) == in_turn
    assert (again(found) == 0) == in_turn


def test_the_name_of_a_headless_service_needs_no_kube_proxy(tmp_path):
    t = Trial(
        tmp_path, site.cluster, "deployment-three.yaml headless.yaml", "kube-proxy is stopped", headless=HEADLESS
    )
    up(t)
    found = requests(t, Ask())
    assert len(by(found)) == 3
    assert {r.error for r in found} == {""}


@pytest.mark.parametrize("at", ["", "outside"])
def test_of_several_services_each_leads_to_its_own_pod(tmp_path, at):
    names = ("web-1", "web-2", "web-3")
    t = Trial(tmp_path, site.cluster, "three.yaml", three="---".join(map(OF_ONE.format, names)))
    own = {c.name: t.here.ask(c, "GET", "/").by[0] for c in up(t)}
    found = requests(t, Ask(to=names, at=at))
    assert {r.to: r.by for r in found} == own
    assert max(by(found).values()) - min(by(found).values()) <= 1


def test_pods_that_come_are_at_other_addresses_and_nobody_is_at_the_old_ones(tmp_path):
    t = Trial(tmp_path, site.cluster, "deployment-three.yaml service.yaml")
    before = up(t)
    acts.remove.send(t.here, before)
    t.clock.sleep(10)
    after = t.wait_for(3)
    assert not {c.address for c in before} & {c.address for c in after}
    found = requests(t, Ask(to=(before[0].address,)))
    assert {r.error for r in found} == {"timeout"}
    assert len(by(found + requests(t, Ask()))) == 3


def test_from_outside_a_compose_service_is_asked_at_its_own_port_if_it_has_one(tmp_path):
    compose = changed("compose-three.yaml", ("  web:", "  other: {image: 'dk-labs/web:1', ports: ['8080']}\n  web:"))
    t = Trial(tmp_path, site.engine, "two.yaml", two=compose)
    copies = {c.name: t.here.ask(c, "GET", "/").by[0] for c in up(t, 4)}
    found = requests(t, Ask(to=("other", "web"), at="outside"))
    assert {r.to: r.by for r in found} == {"other": copies["other-1"], "web": copies["web-1"]}


def test_an_engine_forwards_nothing(tmp_path):
    t = Trial(tmp_path, site.engine, "compose-three.yaml")
    t.up()
    with pytest.raises(Problem, match="nothing but outside"):
        t.here.begin(Ask(at="forwarded"))


def test_an_alias_on_the_default_bridge_is_refused(tmp_path):
    t = Trial(tmp_path, site.engine, "docker run --network bridge --network-alias web dk-labs/web:1")
    answer = t.here.types(t.here.arm.commands()[0])
    assert answer.code == 125
    assert "only supported for user-defined networks" in answer.said
