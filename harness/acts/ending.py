"""Ways in which a copy of the application ends. `stop`, `kill` and `remove` are a person's intent; a crash is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.sites.place import Unanswered

if TYPE_CHECKING:
    from harness.acts.door import Door
    from harness.model.site import Replica


def crash(door: Door, victim: Replica) -> str:
    """It ends itself with code 1, as after an error that nobody caught."""
    return told(door, victim, "/crash?code=1")


def exit_0(door: Door, victim: Replica) -> str:
    """It ends itself with code 0, as when its work is done."""
    return told(door, victim, "/exit0?code=0")


def stop(door: Door, victim: Replica) -> str:
    return door.signal(victim, "stop")


def kill(door: Door, victim: Replica) -> str:
    return door.signal(victim, "kill")


def remove(door: Door, victim: Replica) -> str:
    """`docker rm --force`, or `kubectl delete pod`."""
    return door.signal(victim, "remove")


def host_kill(door: Door, victim: Replica) -> str:
    """SIGKILL from the host, of which the engine is not told beforehand."""
    return door.signal(victim, "host-kill")


def told(door: Door, victim: Replica, path: str) -> str:
    """What the application itself answered when it was asked to do it."""
    answer = door.ask(victim, "POST", path)
    if answer.status != 200:
        raise Unanswered(f"HTTP {answer.status}")
    return f"POST {path}, answered by instance {answer.instance}"
