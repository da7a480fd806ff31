"""A container that plays a machine: commands in it, its power, and the engine in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.lab.open_site import No
from harness.setup.cluster import nodes
from harness.sites.docker.copies import answered

if TYPE_CHECKING:
    from docker.models.containers import Container

SHELL_S = 60
BREAKS, MENDS = ("stop", "pause", "stop-engine"), ("resume", "start-engine")
ENGINE = {"stop-engine": "dockerhost-stop", "start-engine": "dockerhost-start"}
"""Programs that every Docker host of ours has; both bear being repeated."""


def sh(container: Container, command: str) -> str:
    """What a command printed in the machine's shell; No with the end of that where it failed."""
    with answered():
        code, said = nodes.inside(container, ["timeout", str(SHELL_S), "bash", "-c", command])
    if code != 0:
        raise No(f"{command!r} ended with code {code}: {said.strip()[-200:]}")
    return said.strip()


def switch(container: Container, how: str) -> str:
    """`stop` is a pulled plug, `pause` a machine that hangs; answers what was done, without the machine's name."""
    if how in ENGINE:
        sh(container, ENGINE[how])
        return ENGINE[how]
    with answered():
        container.reload()
        return _switched(container, how)


def mend(container: Container) -> None:
    """Have it run again, and its engine with it, whatever was done to it."""
    with answered():
        container.reload()
    if container.status != "running":
        switch(container, "resume")
    switch(container, "start-engine")


def _switched(container: Container, how: str) -> str:
    if how == "stop":
        container.kill()
        return "docker kill"
    if how == "pause":
        container.pause()
        return "docker pause"
    if how != "resume":
        raise ValueError(f"a machine can be switched by {', '.join((*BREAKS, *MENDS))}, not by {how!r}")
    if container.status == "paused":
        container.unpause()
        return "docker unpause"
    container.start()
    return "docker start"
