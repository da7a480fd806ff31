"""What copies use, as others have it: an engine at once, a cluster from its kubelets by way of metrics-server."""

from __future__ import annotations

import math
from typing import NamedTuple

from tests.support.fake.copies import Copy
from tests.support.fake.estate import Estate

EVERY_S = 10.0
"""So often a kubelet looks at a container, and metrics-server at the kubelets."""

FIRST_S = 2.0
LATE_S = 60.0
RECENT_S = 1.0
"""Over so long `docker stats` takes its average."""


class Figure(NamedTuple):
    """Processors that a Pod used, and in which time."""

    cpu: float
    since_s: float
    until_s: float


def known(estate: Estate) -> bool:
    """Whether there is anybody who can be asked for figures."""
    return estate.site.nodes.part("metrics-server") and not estate.faults.has("figures are away")


def of_pod(estate: Estate, copy: Copy) -> Figure | None:
    """The newest that metrics-server has; None where it has none yet."""
    if copy.process is None:
        return None
    now_s = estate.clock.now() - (LATE_S if estate.faults.has("figures are a minute old") else 0.0)
    asked_s = math.floor(now_s / EVERY_S) * EVERY_S
    first_s = copy.begun_s + FIRST_S + int(copy.incarnation, 16) % 1000 / 1000 * (EVERY_S - FIRST_S)
    nth = math.floor((asked_s - first_s) / EVERY_S)
    if nth < 0:
        return None
    until_s = first_s + nth * EVERY_S
    since_s = until_s - EVERY_S if nth else copy.begun_s
    return Figure(copy.process.work.use(since_s, until_s), since_s, until_s)


def of_pods(estate: Estate, copies: list[Copy]) -> dict[str, Figure]:
    """By name, of those that have one."""
    found = {c.name: of_pod(estate, c) for c in copies}
    return {name: figure for name, figure in found.items() if figure is not None}


def of_container(estate: Estate, copy: Copy) -> float:
    now_s = estate.clock.now()
    return copy.process.work.use(now_s - RECENT_S, now_s) if copy.process else 0.0
