"""Where an engine's clients are, and which names they find: those of the copies' own network, and no other."""

from __future__ import annotations

import pytest

from harness.lab.arm import Arm
from harness.lab.open_site import Ask
from harness.lab.site import engine
from tests.contract.conftest import HERE, brought_up
from tests.contract.kinds import only
from tests.contract.test_clients import OUTSIDE, named

RUN = "docker run --detach --cpus 0.1 --network"
WEB = "docker network create web"
ALIAS = Arm("three runs, one alias", engine, f"{WEB}; {RUN} web --network-alias web dk-labs/web:1 x 3")
NAME = Arm("a run with a name", engine, f"{WEB}; {RUN} web --name web dk-labs/web:1")
BRIDGE = Arm("two runs on the bridge", engine, f"{RUN} bridge dk-labs/web:1; {RUN} bridge --name web dk-labs/web:1")
COMPOSE = Arm("Compose on the default bridge", engine, "compose-bridge.yaml")
PORT = Arm("Compose at a port of its own", engine, "compose-port.yaml")
LATE = {"", "timeout"}
"""A machine that stalls for a moment answers late, and nothing else."""

QUICKLY_S = 0.25
"""Half of the time for which a client waits for an answer."""


def on_engine(kind):
    return kind.name == "runs"


@pytest.fixture
def up(opened, tmp_path):
    return lambda arm, copies: brought_up(opened, arm, HERE, tmp_path, copies)


def many(requests):
    return "" if len(requests) >= 30 else "requests"


@only(on_engine)
def test_a_name_that_several_share_leads_to_each_of_them(up):
    with up(ALIAS, 3) as site:
        found = site.asked(Ask(), lambda rs: "" if len(named(rs)) == 3 else "answers of all three")
        assert {r.error for r in found} <= LATE
        assert named(found) == {site.instance(c) for c in site.running()}


@only(on_engine)
def test_a_container_is_found_by_the_name_that_it_was_given(up):
    with up(NAME, 1) as site:
        found = site.asked(Ask(), many)
        assert named(found) == {site.instance(site.running()[0])}
        assert {r.error for r in found} <= LATE


@only(on_engine)
@pytest.mark.parametrize("name", ["nobody", "example.com"])
def test_what_the_network_has_no_name_for_is_not_found_and_soon(up, name):
    """Nor does anybody beyond it hear of the question."""
    with up(NAME, 1) as site:
        found = site.asked(Ask(to=(name,)), many)
        assert {r.error for r in found} == {"resolve"}
        assert sorted(r.took_s for r in found)[len(found) // 2] < QUICKLY_S


@only(on_engine)
@pytest.mark.parametrize(("arm", "copies"), [(BRIDGE, 2), (COMPOSE, 3)], ids=["runs", "Compose"])
def test_on_the_default_bridge_copies_are_reached_and_no_name_is_found(up, arm, copies):
    with up(arm, copies) as site:
        there = {c.address: site.instance(c) for c in site.running()}
        names = {"web", *(c.name for c in site.running())}
        found = site.asked(Ask(to=(*there, *names)), lambda rs: "" if len(rs) >= 60 else "requests")
        assert {r.to: r.by for r in found if not r.error} == there
        assert {(r.to, r.error) for r in found if r.error} == {(name, "resolve") for name in names}


@only(on_engine)
def test_a_client_in_one_network_does_not_reach_another(up):
    with up(NAME, 1) as site, up(BRIDGE, 2) as other:
        address = other.running()[0].address
        found = site.asked(Ask(to=(address,)), many)
        assert named(found) == set()
        assert {r.error for r in found} <= {"timeout", "unreachable"}


@only(lambda kind: kind.name == "compose")
def test_a_file_that_asks_for_a_port_of_the_trials_own_gets_another_one_each_time(up):
    with up(PORT, 1) as one, up(PORT, 1) as other:
        for site in (one, other):
            found = site.asked(OUTSIDE, many)
            assert named(found) == {site.instance(site.running()[0])}
            assert {r.error for r in found} <= LATE
        assert one.here.types("docker compose --file compose-port.yaml up --detach").code == 0
        assert len(one.running()) == 1


@only(lambda kind: kind.name == "compose")
def test_one_command_takes_down_a_project_with_its_network_though_we_were_in_it(up):
    with up(PORT, 1) as site:
        (copy,) = site.running()
        assert site.here.types("docker network ls --quiet").said != ""
        assert site.here.types("docker compose --file compose-port.yaml down").code == 0
        site.gone(copy)
        assert site.here.types("docker network ls --quiet").said == ""
