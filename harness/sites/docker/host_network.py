"""The network that Docker hosts are in: each has its address for good, even while it is down and others come."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from harness.model.errors import Problem

if TYPE_CHECKING:
    from docker.models.networks import Network

    from harness.setup.engine import Engine

TRIES = 5
FIRST = 10
"""The number of the first host in the subnet."""


class Plan(NamedTuple):
    """How a subnet is shared out: hosts in its lower half, whoever else comes in the upper one."""

    subnet: str
    gateway: str
    others: str

    def host(self, number: int) -> str:
        """The address of the host with this number, of which the first is 1."""
        return str(ipaddress.IPv4Network(self.subnet)[FIRST + number])


def plan(subnet: str) -> Plan:
    whole = ipaddress.IPv4Network(subnet)
    return Plan(subnet, str(whole[1]), str(list(whole.subnets(1))[1]))


def create(engine: Engine, name: str, labels: Mapping[str, str]) -> Plan:
    """Make it where the engine finds room for one. Addresses are only kept in a subnet that was asked for."""
    from docker.errors import APIError
    from docker.types import IPAMConfig, IPAMPool

    seen = ""
    for _ in range(TRIES):
        shared = plan(_free(engine.client.networks.create(name, labels=dict(labels))))
        pool = IPAMPool(shared.subnet, iprange=shared.others, gateway=shared.gateway)
        try:
            engine.client.networks.create(name, labels=dict(labels), ipam=IPAMConfig(pool_configs=[pool]))
        except APIError as error:  # somebody else has taken it meanwhile
            seen = str(error.explanation or error)
        else:
            return shared
    raise Problem(f"Making the network {name}", seen, "docker network prune")


def _free(made: Network) -> str:
    """The subnet that the engine gave to a network, which is free again."""
    made.reload()
    subnet = str(made.attrs["IPAM"]["Config"][0]["Subnet"])
    made.remove()
    return subnet
