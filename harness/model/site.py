"""Where things run, and what a look at them shows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Site:
    """A place for arms; `own` ones are made for a lab and thrown away, so it may take parts of them away."""

    name: str
    own: bool = False
    needs: frozenset[str] = frozenset()


engine = Site("engine")
"""The user's own Docker Engine, with Compose."""

cluster = Site("cluster")
"""The shared kind cluster: never damaged."""


@dataclass(frozen=True, slots=True)
class Replica:
    """One copy of the application as the platform describes it at one moment.

    `id` is the incarnation: a process restarted in place is another one, though container or Pod keep their name.
    `thing` is the container or the Pod itself, which a restart in place leaves the same.
    """

    name: str
    id: str
    thing: str
    state: str
    ready: bool
    code: int | None = None
    restarts: int = 0
    where: str = ""
