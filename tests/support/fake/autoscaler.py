"""HorizontalPodAutoscalers in memory: they look at what Pods use, and set the number of their Deployment."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tests.support.fake import figures
from tests.support.fake.copies import Copy
from tests.support.fake.estate import Estate
from tests.support.fake.files import Autoscaler, Workload

LOOKS_S, SOON_S = 15.0, 0.5
TOLERATED = 0.1
READY_S = 1.0
"""After its start a Pod is thought ready; a figure that goes back to before says nothing yet."""


@dataclass(eq=False)
class State:
    declared: Autoscaler
    said: list[tuple[float, int]] = field(default_factory=list)
    """When so many were thought right."""

    reason: str = ""
    """Whether it has figures, in its own word."""


class Autoscalers:
    """Those of one namespace."""

    def __init__(
        self, estate: Estate, find: Callable[[str], Workload | None], of: Callable[[str], list[Copy]],
        scale: Callable[[str, int], object],
    ) -> None:  # fmt: skip
        self.estate, self._find, self._of, self._scale = estate, find, of, scale
        self.known: dict[str, State] = {}

    def apply(self, one: Autoscaler) -> None:
        if (known := self.known.get(one.name)) is not None:
            known.declared = one
            return
        state = self.known[one.name] = State(one)
        self.estate.after(SOON_S, lambda: self._look(one.name, state))

    def altered(self) -> str:
        """What somebody has made of them on their way in."""
        if not (self.known and self.estate.faults.has("HPAs are for another")):
            return ""
        name, state = next(iter(self.known.items()))
        return f"HorizontalPodAutoscaler {name}: it is for another than {state.declared.of_name}"

    def _look(self, name: str, state: State) -> None:
        if self.known.get(name) is not state:
            return
        idle = self.estate.faults.has("HPAs do nothing") or self.estate.faults.has("HPAs are for another")
        if not idle and self.estate.site.nodes.part("kube-controller-manager"):
            self._decide(state)
        self.estate.after(LOOKS_S, lambda: self._look(name, state))

    def _decide(self, state: State) -> None:
        one, now_s = state.declared, self.estate.clock.now()
        target = self._find(one.of_name)
        if target is None or target.kind != one.of_kind:
            return
        wanted = proposed(self._of(target.name), self._figures(target.name), target.n, one.percent / 100)
        state.reason = "FailedGetResourceMetric" if wanted is None else "ValidMetricFound"
        if wanted is None:
            self.estate.tell(target.name, "FailedGetResourceMetric", "the HPA has no figures to go by")
            return
        wanted = min(max(wanted, one.least), one.most, max(2 * target.n, target.n + 4))
        state.said = [(at_s, n) for at_s, n in state.said if at_s > now_s - one.stays_s] + [(now_s, wanted)]
        if wanted < target.n:
            wanted = min(target.n, max(n for _, n in state.said))
            wanted = target.n if self.estate.faults.has("HPAs take none away") else wanted
        if wanted != target.n:
            self.estate.tell(target.name, "SuccessfulRescale", f"the HPA wants {wanted}")
            self._scale(target.name, wanted)

    def _figures(self, name: str) -> Mapping[str, figures.Figure]:
        return figures.of_pods(self.estate, self._of(name)) if figures.known(self.estate) else {}


def proposed(pods: Sequence[Copy], known: Mapping[str, figures.Figure], now: int, target: float) -> int | None:
    """How many would bring the use to its target, as the controller computes it; None where it cannot be said.

    Of Pods that are not ready, or not known well, the cautious is assumed: that they use nothing where there would
    be more, and all that they request where there would be fewer.
    """
    if not all(c.container.requested for c in pods):
        return None
    young = {c.name for c in pods if c.process is None or _is_young(c, known.get(c.name))}
    used = {c.name: known[c.name].cpu for c in pods if c.name in known and c.name not in young}
    if not used:
        return None
    requested = {c.name: c.container.requested for c in pods}
    missing = [c.name for c in pods if c.name not in used and c.name not in young]

    def ratio() -> float:
        return sum(used.values()) / sum(requested[name] for name in used) / target

    first = ratio()
    if first > 1:
        used |= dict.fromkeys([*missing, *young], 0.0)
    elif first < 1:
        used |= {name: requested[name] for name in missing}
    again = ratio()
    if abs(1 - again) <= TOLERATED or (first > 1) != (again > 1):
        return now
    # A product like 2.0000000000000004 is no reason for a third one.
    found = math.ceil(again * len(used) - 1e-9)
    return now if (again > 1 and found < now) or (again < 1 and found > now) else found


def _is_young(copy: Copy, figure: figures.Figure | None) -> bool:
    return figure is not None and figure.since_s < copy.begun_s + READY_S
