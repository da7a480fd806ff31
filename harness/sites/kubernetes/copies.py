"""Pods as copies of the application, and what controllers could not make of them."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.model.entries import Copy

Json = Mapping[str, Any]
APPLICATION = "web"
FINAL = ("ErrImageNeverPull", "InvalidImageName")
"""Reasons to wait that do not pass by themselves, unlike a pull that failed or a place that was not found."""

TOLD = 300
"""Letters of a refusal."""

_PODS_NAME = re.compile(r'^.*?\bpods? "[^"]*" is (?=forbidden|invalid)')
SECOND = len("2026-11-30T17:01:18")


@dataclass(frozen=True, slots=True)
class Refusal:
    """A controller was not allowed to make a Pod."""

    owner: str
    """Its uid."""

    name: str
    last: str
    """When it was last told, to a second, on the cluster's clock."""

    why: str


def refusal(event: Json) -> Refusal | None:
    """What an event of the reason FailedCreate tells, if it is final."""
    message = str(event.get("message", ""))
    # Of a namespace that is a moment old the service account is still to come.
    final = "forbidden" in message or "denied the request" in message
    if not final or "looking up service account" in message:
        return None
    of = event["involvedObject"]
    told = event.get("lastTimestamp") or event.get("eventTime") or event["metadata"]["creationTimestamp"]
    why = textwrap.shorten(_PODS_NAME.sub("", message), TOLD, placeholder=" …")
    return Refusal(str(of.get("uid", "")), str(of.get("name", "")), str(told)[:SECOND], why)


def refused(pods: Iterable[Json], refusals: Iterable[Refusal]) -> list[Copy]:
    """One for each owner whose last attempt to make a Pod failed."""
    made: dict[str, str] = {}
    for pod in pods:
        for owner in pod["metadata"].get("ownerReferences", ()):
            at = str(pod["metadata"]["creationTimestamp"])[:SECOND]
            made[owner["uid"]] = max(made.get(owner["uid"], ""), at)
    return [
        Copy(name=one.name, thing=f"refused {one.owner}", id="", state="FailedCreate", no=one.why)
        for one in refusals
        if made.get(one.owner, "") <= one.last
    ]


def copy_of(pod: Json, cluster: str) -> Copy:
    meta, status = pod["metadata"], pod.get("status", {})
    spec = _application(pod["spec"]["containers"])
    told: Json = next((s for s in status.get("containerStatuses", ()) if s["name"] == spec["name"]), {})
    state: Json = told.get("state", {})
    ending = bool(meta.get("deletionTimestamp"))
    running = "running" in state and not ending
    return Copy(
        name=str(meta["name"]),
        thing=str(meta["uid"]),
        id=incarnation(told),
        ready=running and bool(told.get("ready")) and _is_ready(status),
        state="Terminating" if ending else _word(state) or str(status.get("phase", "")),
        code=_code(told),
        no=_final(status),
        where=short(str(pod["spec"].get("nodeName", "")), cluster),
        address=str(status.get("podIP", "")),
        version=next((str(e.get("value", "")) for e in spec.get("env", ()) if e["name"] == "VERSION"), ""),
    )


def short(node: str, cluster: str) -> str:
    """A node as labs call it: without the cluster's name."""
    return node.removeprefix(f"{cluster}-")


def incarnation(status: Json) -> str:
    """Each container that is started in the Pod's place of one has an id of its own."""
    return str(status.get("containerID", "")).rpartition("/")[2][:12]


def _application(containers: Iterable[Json]) -> Json:
    every = list(containers)
    return next((c for c in every if c["name"] == APPLICATION), every[0])


def _is_ready(status: Json) -> bool:
    """The Pod as a whole, which a node that is lost is not, although its containers' last word was that they are."""
    return any(c["type"] == "Ready" and c["status"] == "True" for c in status.get("conditions", ()))


def _word(state: Json) -> str:
    """As kubectl prints it."""
    if "running" in state:
        return "Running"
    return next((str(told.get("reason") or name) for name, told in state.items()), "")


def _code(status: Json) -> int:
    """Of this incarnation: while another one is waited for, it is the last state that tells of it."""
    state = status.get("state", {})
    ended = state.get("terminated")
    if ended is None and "running" not in state:
        last = status.get("lastState", {}).get("terminated") or {}
        ended = last if last.get("containerID", "") == status.get("containerID") else None
    return int(ended["exitCode"]) if ended else -1


def _final(status: Json) -> str:
    """Why it will never run."""
    for told in (*status.get("initContainerStatuses", ()), *status.get("containerStatuses", ())):
        waiting = told.get("state", {}).get("waiting") or {}
        if waiting.get("reason") in FINAL:
            text = ": ".join(filter(None, (waiting["reason"], str(waiting.get("message", "")))))
            return textwrap.shorten(text, TOLD, placeholder=" …")
    return ""
