"""Hosts that are broken on purpose and mended, without any: a container that only notes what is done to it."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from types import SimpleNamespace

import pytest

from harness.lab.open_site import No
from harness.model.entries import Copy
from harness.model.errors import Problem
from harness.sites.docker.docker_host import DockerHostSite
from harness.sites.docker.host_network import plan
from harness.sites.docker.hosts import Host, Hosts, unknown


class Container:
    """As the SDK shows it."""

    def __init__(self, name):
        self.name, self.status, self.done = name, "running", []
        self.code = 0

    def reload(self):
        pass

    def kill(self):
        self.done.append("kill")
        self.status = "exited"

    def pause(self):
        self.status = "paused"

    def unpause(self):
        self.status = "running"

    def start(self):
        self.done.append("start")
        self.status = "running"

    def exec_run(self, argv):
        self.done.append(argv[-1])
        return SimpleNamespace(exit_code=self.code, output=b"")


@pytest.fixture
def hosts():
    """Three of them; `hosts.again` tells which came back."""
    came = []
    made = Hosts(SimpleNamespace(), "r", "swarm of 3", 3, lambda host: came.append(host.name))
    for name in ("h1", "h2", "h3"):
        machine = SimpleNamespace(container=Container(name), answers=lambda: "")
        made.all.append(Host(name, f"10.0.0.{name[1:]}", machine, SimpleNamespace()))
    made.came = came
    return made


def container(hosts, name):
    return hosts.named(name).machine.container


def test_a_host_has_a_short_name_and_an_unknown_one_is_told_with_those_that_are_there(hosts):
    assert hosts.named("h2") is hosts.named("host-2")
    with pytest.raises(Problem, match=r"elsewhere.*h1, h2, h3"):
        hosts.named("elsewhere")


@pytest.mark.parametrize(
    ("breaks", "said", "ends"),
    [("stop", "docker kill h2", "resume"), ("pause", "docker pause h2", "resume"),
     ("stop-engine", "dockerhost-stop h2", "start-engine")],
)  # fmt: skip
def test_a_host_that_is_broken_is_not_up_until_that_is_ended(hosts, breaks, said, ends):
    assert hosts.power("h2", breaks).said == said
    assert [host.name for host in hosts.up] == ["h1", "h3"]
    hosts.power("h2", ends)
    assert [host.name for host in hosts.up] == ["h1", "h2", "h3"]
    assert hosts.came == ["h2"]


def test_what_was_not_broken_cannot_be_ended_and_what_is_broken_cannot_be_broken_so_again(hosts):
    with pytest.raises(No, match="not broken"):
        hosts.power("h2", "resume")
    hosts.power("h2", "stop")
    with pytest.raises(No, match="already"):
        hosts.power("h2", "stop")
    hosts.power("h3", "stop-engine")
    with pytest.raises(No, match="which start-engine ends"):
        hosts.power("h3", "resume")


def test_a_host_that_could_not_be_broken_counts_as_before(hosts):
    container(hosts, "h2").code = 1
    with pytest.raises(No, match="dockerhost-stop"):
        hosts.power("h2", "stop-engine")
    assert hosts.down == {}


def test_mending_ends_whatever_was_done_and_leaves_the_others_alone(hosts):
    hosts.power("h1", "pause")
    hosts.power("h3", "stop")
    hosts.mend()
    assert (hosts.down, hosts.came) == ({}, ["h1", "h3"])
    assert container(hosts, "h1").status == "running"
    assert container(hosts, "h3").done == ["kill", "start", "dockerhost-start"]
    assert container(hosts, "h2").done == []


def test_a_host_that_cannot_be_mended_is_told_and_is_trouble_from_then_on(hosts):
    hosts.power("h3", "stop")
    container(hosts, "h3").code = 1
    with pytest.raises(No, match=r"h3.*dockerhost-start"):
        hosts.mend()
    assert hosts.down == {}


def test_of_copies_on_a_host_that_is_down_nothing_is_known_but_that_they_were_there():
    copy = Copy(name="web.1", thing="c", id="c/1", ready=True, state="running", where="h2")
    [one] = unknown([copy])
    assert (one.id, one.ready, one.state, one.where) == ("c/1", False, "unknown", "h2")


def test_hosts_have_addresses_that_nobody_else_is_given():
    shared = plan("172.20.0.0/16")
    assert (shared.gateway, shared.others, shared.host(1)) == ("172.20.0.1", "172.20.128.0/17", "172.20.0.11")
    others = IPv4Network(shared.others)
    assert not any(IPv4Address(shared.host(n)) in others for n in range(1, 10))


class Inner:
    """An engine's site and trial in one."""

    def __init__(self):
        self.left, self.renewed, self.wrong = [], 0, ""

    def trial(self, scope):
        return SimpleNamespace(leave=lambda: self.left.append(scope.trial), quiet=lambda: None)

    def renew(self):
        self.renewed += 1

    def health(self):
        return self.wrong

    def streams(self):
        return {"docker-events": self.wrong}


@pytest.fixture
def site(hosts):
    made = DockerHostSite(SimpleNamespace(), "r")
    made.hosts.all.append(hosts.all[0])
    made._inner = Inner()
    return made


def trial(site, name):
    return site.trial(SimpleNamespace(trial=name, name=name, arm=None, heard=lambda _: None))


def test_a_site_is_mended_when_a_trial_that_broke_it_leaves(site):
    one = trial(site, "t001")
    one.power("h1", "stop")
    one.leave()
    assert (site.hosts.down, site.inner.renewed, site.inner.left) == ({}, 1, ["t001"])


def test_but_not_before_all_of_its_round_have_left(site):
    one, two = trial(site, "t001"), trial(site, "t002")
    one.power("h1", "stop")
    one.leave()
    assert (site.hosts.down, site.inner.left) == ({"h1": "stop"}, [])
    two.leave()
    assert (site.hosts.down, site.inner.left) == ({}, ["t001", "t002"])


def test_what_was_broken_on_purpose_is_no_trouble_and_anything_else_is(site):
    one = trial(site, "t001")
    one.power("h1", "pause")
    site.inner.wrong = "it does not answer"
    assert (site.health(), site.streams()) == ("", {"docker-events": ""})
    site.hosts.down.clear()
    assert (site.health(), site.streams()) == ("it does not answer", {"docker-events": "it does not answer"})


def test_a_site_that_was_never_opened_says_so():
    assert DockerHostSite(SimpleNamespace(), "r").health() == "it is not open"
