"""Why a Swarm does not run a task: only reasons that stay, not those that it tries to get over by itself."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

FINAL = re.compile(
    r"no such image|invalid mount config|executable file not found|unknown or invalid runtime"
    r"|insufficient resources|scheduling constraints not satisfied|unsupported platform|missing plugin"
    r"|host-mode port already in use|max replicas per node limit exceed",
    re.IGNORECASE,
)
"""A network that a host does not know yet, or an address still in use, may be no matter at the next try."""

ENDED = ("complete", "shutdown", "failed", "rejected", "remove", "orphaned")
WAITING = ("new", "allocated", "pending", "assigned", "accepted", "preparing", "ready", "starting")
Task = Mapping[str, Any]


def final(said: str) -> str:
    """The reason, where it stays so; else nothing."""
    return said.strip() if FINAL.search(said) else ""


def refused(tasks: Iterable[Task], rolled_back: Collection[str] = ()) -> dict[str, str]:
    """By task, why it is not taken on. What was wrong with one stands until another of its kind has begun to run.

    `rolled_back`: services that went back to what they were, so that it does not matter where that runs.
    """
    every = [task for task in tasks if task["DesiredState"] != "remove"]
    found = {}
    for place in _places(every):
        last = place[-1]
        if last["ServiceID"] in rolled_back and any(t["Status"]["State"] == "running" for t in place):
            continue
        said = next(
            (t for t in reversed(place) if t["Status"]["State"] not in WAITING or t["Spec"] != last["Spec"]), last
        )
        for task in (last, said):
            if task["Spec"] == last["Spec"] and (why := _no(task, every)):
                found[str(task["ID"])] = why
    return found


def rolled_back(service: Mapping[str, Any]) -> bool:
    return str((service.get("UpdateStatus") or {}).get("State", "")).startswith("rollback")


def _places(tasks: Iterable[Task]) -> list[list[Task]]:
    """The tasks of each place of a service, in the order in which they came: the last is there now or is to be."""
    found: dict[tuple[str, object], list[Task]] = {}
    for task in sorted(tasks, key=lambda t: str(t["CreatedAt"])):
        found.setdefault((task["ServiceID"], task.get("Slot") or task.get("NodeID")), []).append(task)
    return list(found.values())


def _no(task: Task, every: list[Task]) -> str:
    state, said = task["Status"]["State"], str(task["Status"].get("Err") or "")
    if state in ("rejected", "failed"):
        return final(said)
    if state == "pending" and not any(_leaving(other) for other in every if other["ServiceID"] == task["ServiceID"]):
        return final(said)
    return ""


def _leaving(task: Task) -> bool:
    """What is being stopped gives back its port, its memory and its place in a moment."""
    return task["DesiredState"] in ("shutdown", "remove") and task["Status"]["State"] not in ENDED
