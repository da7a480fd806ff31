"""The flags of a `docker run` as a person would type them."""

from __future__ import annotations

import ipaddress

import pytest

from harness.model.arm import IMAGE, Arm, Files, Run
from harness.model.site import docker_host, engine

ONE = f"docker run --detach --restart no --cpus 0.1 {IMAGE}"
NAMED = f"docker run --detach --restart no --cpus 0.1 --network web --network-alias web {IMAGE}"
WITHIN = f"docker run --detach --restart no --cpus 0.1 --network web {IMAGE}"


@pytest.mark.parametrize(
    ("run", "commands", "told"),
    [
        (Run(), [ONE], ONE),
        (Run(copies=3), [ONE] * 3, f"{ONE} (3 times)"),
        (Run(name="web"), ["docker network create web", NAMED], f"docker network create web; {NAMED}"),
        (
            Run(copies=2, name="web"),
            ["docker network create web", NAMED, NAMED],
            f"docker network create web; {NAMED} (2 times)",
        ),
        (
            Run(copies=2, addresses=13),
            ["docker network create --subnet 198.18.0.0/28 web", WITHIN, WITHIN],
            f"docker network create --subnet 198.18.0.0/28 web; {WITHIN} (2 times)",
        ),
        (
            Run(name="web", addresses=14),
            ["docker network create --subnet 198.18.0.0/27 web", NAMED],
            f"docker network create --subnet 198.18.0.0/27 web; {NAMED}",
        ),
    ],
)
def test_runs_are_the_commands_that_a_person_would_type(run, commands, told):
    assert list(run.commands) == commands
    assert str(run) == told


def test_flags_are_told_as_they_are():
    run = Run(restart="on-failure:3", cpus=1.5)

    assert str(run) == f"docker run --detach --restart on-failure:3 --cpus 1.5 {IMAGE}"


@pytest.mark.parametrize(
    ("addresses", "prefix"), [(1, 30), (2, 29), (5, 29), (6, 28), (13, 28), (14, 27), (29, 27), (30, 26), (253, 24)]
)
def test_a_network_has_room_for_so_many_and_the_gateway_and_is_the_smallest_that_has(addresses, prefix):
    create, *_ = Run(addresses=addresses).commands
    network = ipaddress.ip_network(create.split()[4])
    room = network.num_addresses - 3  # its own address, the gateway's and the broadcast

    assert network.prefixlen == prefix
    assert room >= addresses > (network.num_addresses / 2) - 3


@pytest.mark.parametrize(
    ("run", "network"), [(Run(), False), (Run(copies=9), False), (Run(name="web"), True), (Run(addresses=3), True)]
)
def test_runs_that_have_a_name_or_count_addresses_need_a_network_of_their_own(run, network):
    assert run.network is network
    assert any("network create" in command for command in run.commands) is network


def test_an_arm_keeps_its_recipe_and_the_files_of_its_next_version():
    arm = Arm("x", engine, "one.yaml two.yaml", update="one-next.yaml two.yaml")

    assert arm.recipe == Files(("one.yaml", "two.yaml"))
    assert arm.update.split() == ["one-next.yaml", "two.yaml"]
    assert Arm("x", docker_host(), Run()).update == ""
