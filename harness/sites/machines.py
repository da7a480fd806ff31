"""What can be done to a container that plays a machine: a command in it, and its power."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.setup.cluster import nodes
from harness.sites.place import Unanswered

if TYPE_CHECKING:
    from docker.models.containers import Container


SHELL_S = 60
ENGINE = {"stop-engine": "dockerhost-stop", "start-engine": "dockerhost-start"}
"""What a Docker host of ours has for it."""


def sh(container: Container, command: str) -> str:
    """Run it in the machine's shell; answers what it printed, or raises Unanswered with the end of that."""
    code, said = nodes.inside(container, ["timeout", str(SHELL_S), "bash", "-c", command])
    if code != 0:
        raise Unanswered(f"{command!r} ended with code {code}: {said.strip()[-200:]}")
    return said.strip()


def switch(container: Container, how: str) -> str:
    """stop: as when its plug is pulled. pause: as when it hangs. resume: whichever of both ends that."""
    container.reload()
    if how == "stop":
        container.kill()
        return f"docker kill {container.name}"
    if how == "pause":
        container.pause()
        return f"docker pause {container.name}"
    if how in ENGINE:
        sh(container, ENGINE[how])
        return ENGINE[how]
    if how != "resume":
        raise ValueError(how)
    if container.status == "paused":
        container.unpause()
        return f"docker unpause {container.name}"
    container.start()
    return f"docker start {container.name}"
