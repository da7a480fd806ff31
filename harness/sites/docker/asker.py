"""The one `docker run` by which a client asks from within a network of an engine's."""

from __future__ import annotations

import contextlib
import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from harness.lab.arm import IMAGE
from harness.lab.open_site import Ask
from harness.model.project import NAME
from harness.setup import tools
from harness.sites.docker.compose import SERVICE
from harness.sites.labels import BESIDE_LABEL, RUN_LABEL

NOBODY = "127.0.0.1"
"""In a container nobody listens there."""


def asker(name: str, network: str, labels: Mapping[str, str], asked: Sequence[str]) -> list[str]:
    """`asked` are the client program's own arguments. It ends when nobody speaks to it any more, and is gone then.

    Its lines come over the connection, not by way of a log, which would be rotated away. What the network itself has
    no name for is asked of nobody: the host's name servers might answer anything, and would hear of it.
    """
    names = [] if network == "host" else ["--dns", NOBODY]
    return [
        str(tools.docker_cli()), "run", "--rm", "--interactive", "--init", "--log-driver", "none",
        "--name", name, "--network", network, *names, "--pull", "never", *label_flags(labels),
        IMAGE, "client", *asked,
    ]  # fmt: skip


def client_labels(run: str, trial: str) -> dict[str, str]:
    """So that it is the run's, and no copy of the application's."""
    return {NAME: "client", RUN_LABEL: run, BESIDE_LABEL: trial}


def label_flags(labels: Mapping[str, str]) -> list[str]:
    return [word for name, value in labels.items() for word in ("--label", f"{name}={value}")]


def published(listed: Iterable[Mapping[str, Any]], ask: Ask) -> list[int]:
    """For each that is asked a port of the host's: one of its own service's, else the first that anybody publishes.

    `listed`: the containers as the engine lists them. Empty where nobody publishes any.
    """
    if ask.port:
        return [ask.port] * len(ask.to)
    ports = {
        (str(one["Names"][0]), int(p["PrivatePort"])): (one["Labels"].get(SERVICE, ""), int(p["PublicPort"]))
        for one in listed
        for p in one["Ports"]
        if "PublicPort" in p
    }
    found = [ports[key] for key in sorted(ports)]
    return [next((port for service, port in found if service == to), found[0][1]) for to in ask.to] if found else []


def places(ask: Ask, host: str, ports: Sequence[int]) -> list[str]:
    """HOST:PORT of each that is asked at a port that is published; an address stands for itself."""
    return [f"{to if is_address(to) else host}:{port}" for to, port in zip(ask.to, ports, strict=True)]


def is_address(text: str) -> bool:
    with contextlib.suppress(ValueError):
        return bool(ipaddress.ip_address(text))
    return False
