"""What a trial may rely on where a site is the run's own, so that its hosts, nodes and parts may be broken."""

from __future__ import annotations

import pytest

from harness.lab import acts
from harness.lab.arm import repeated
from harness.lab.open_site import No
from harness.lab.site import Kind
from harness.model.errors import Problem
from harness.model.parts import DAEMONS, KNOWN, KUBELET
from harness.model.waiting import until
from tests.contract.kinds import only

BACK_S = 120.0


def own(kind):
    return kind.arm.site.own


def clusters(kind):
    return kind.arm.site.kind is Kind.OWN_CLUSTER


def hosts(kind):
    return kind.arm.site.kind is Kind.DOCKER_HOST


def on(site, node):
    """Those that are there, of which there is one at least."""
    found = [c for c in site.running() if c.where == node]
    assert found
    return found


def silence(site, copies):
    site.wait("silence", lambda: ", ".join(c.name for c in copies if site.answers(c)))


def mended(site):
    site.opened.place.open(site.opened.deadline(600))
    assert site.opened.place.health() == ""


@only(lambda kind: not own(kind))
def test_nothing_of_a_shared_site_may_be_broken(site):
    with pytest.raises(TypeError, match="own"):
        site.here.power("worker", "stop")
    with pytest.raises(TypeError):
        site.here.take_away("kube-proxy", "worker")


@only(own)
def test_a_node_that_is_not_there_is_told_with_those_that_are(site):
    with pytest.raises(Problem, match="elsewhere"):
        site.here.power("elsewhere", "stop")


@only(own)
@pytest.mark.parametrize("how", ["stop", "pause"])
@pytest.mark.slow
def test_the_copies_of_a_node_that_is_lost_are_silent_and_the_others_are_not(site, how):
    node = site.kind.breaks
    there = on(site, node)
    others = [c for c in site.running() if c not in there]
    site.here.power(node, how)
    silence(site, there)
    assert all(site.answers(c) for c in others)
    site.here.power(node, "resume")
    site.wait("three copies", lambda: "" if sum(map(site.answers, site.running())) == 3 else "three", BACK_S)
    assert site.opened.place.health() == ""


@only(own)
@pytest.mark.slow
def test_a_node_that_a_trial_left_broken_is_sound_when_the_site_is_opened_again(site):
    site.here.power(site.kind.breaks, "stop")
    site.here.leave()
    mended(site)


@only(hosts)
@pytest.mark.slow
def test_the_containers_of_an_engine_that_was_stopped_end_and_begin_again_with_it(site):
    before = site.running()
    site.here.power("h1", "stop-engine")
    silence(site, before)
    assert {c.ready for c in site.here.look()} == {False}
    site.here.power("h1", "start-engine")
    site.wait("three copies", lambda: "" if sum(map(site.answers, site.running())) == 3 else "three", BACK_S)
    now = site.running()
    assert {c.thing for c in now} == {c.thing for c in before}
    assert not {c.id for c in now} & {c.id for c in before}


@only(hosts)
def test_a_network_of_13_addresses_has_room_for_so_many_copies_and_the_engine_says_so(opened, tmp_path):
    here = opened.place.trial(opened.scope(tmp_path))
    try:
        assert here.types("docker network create --subnet 198.18.0.0/28 small").code == 0
        each = "docker run --detach --restart no --network small --cpus 0.1 dk-labs/web:1 x 20"
        answers = [here.types(command) for command in repeated(each)]
        refused = [a for a in answers if a.code]
        assert 12 <= len(answers) - len(refused) <= 13
        assert all("no available IPv4 addresses on this network's address pools" in a.said for a in refused)

        def missing() -> str:
            ready = [c for c in here.look() if c.ready]
            told = [c for c in here.look() if "no available IPv4 addresses" in c.no]
            done = (len(ready), len(told)) == (len(answers) - len(refused), len(refused))
            return "" if done else f"{len(ready)} run, {len(told)} do not"

        until("so many run", missing, opened.deadline())
    finally:
        here.leave()


# -- a cluster of one's own


@only(clusters)
def test_a_service_answers_at_its_address_from_each_node(site):
    for node in site.kind.nodes:
        site.wait("an answer", lambda node=node: "" if site.here.reach("web", node).code == 200 else "200")
    with pytest.raises(No):
        site.here.reach("nobody", "worker")


@only(clusters)
@pytest.mark.slow
@pytest.mark.parametrize("part", KNOWN)
def test_a_part_that_was_taken_away_is_there_again_when_the_site_is_opened_again(site, part):
    node = "worker" if part in (KUBELET, *DAEMONS) else "control-plane"
    assert part in site.here.take_away(part, node).said
    assert site.opened.place.health() == ""
    site.here.leave()
    mended(site)


@only(clusters)
@pytest.mark.slow
def test_a_node_without_kube_proxy_learns_of_no_new_service_and_another_one_does(site):
    site.wait("the old one", lambda: "" if site.here.reach("web", "worker").by else "an answer")
    site.here.take_away("kube-proxy", "worker")
    assert acts.apply("service-new.yaml").send(site.here, [None]).no == ""
    site.wait("the new one", lambda: "" if site.here.reach("new", "control-plane").by else "an answer")
    assert site.here.reach("web", "worker").by
    with pytest.raises(No):
        site.here.reach("new", "worker")
    site.here.leave()
    mended(site)


@only(clusters)
@pytest.mark.slow
def test_without_its_controllers_a_cluster_replaces_nothing(site):
    victim = site.running()[0]
    site.here.take_away("kube-controller-manager", "control-plane")
    site.here.signal(victim, "remove")
    site.gone(victim)
    site.opened.clock.sleep(5.0)
    assert len(site.running()) == 2
    site.here.leave()
    mended(site)
