"""The client's part of a trial: who is asked, at which pace, and what became of the requests."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from harness.model.clock import Deadline
from harness.model.requests import ENOUGH, QUIET_S, fair
from harness.model.timeline import Entry, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.model.site import Replica
    from harness.sites.client import Client, Hear
    from harness.sites.place import Ask
    from harness.watch import Pace, Watch

CLIENT_S = 30.0
LATELY = 2000
LATE_S = 10.0
"""So much longer than its schedule says a number of requests may take."""

WORK = "load"
"""What a client that only makes the copies work is called."""


class _Request(NamedTuple):
    at_s: float
    by: str
    ok: bool


@dataclass(slots=True)
class Asking:
    """The clients of one trial: the one whose requests are judged, and the one that is there to make work."""

    watch: Watch
    pace: Pace
    unsure_s: float = 0.0
    """The bench's own error with an outage, as it was measured last."""

    _clients: dict[str, Client] = field(default_factory=dict)
    _requests: list[_Request] = field(default_factory=list)
    _per_s: float = 0.0

    def begin(self, name: str, ask: Ask) -> None:
        hear: Hear = self._request if name != WORK else _ignore
        client = self.watch.place.client(self.watch.scope, ask, hear)
        self._clients[name] = client
        client.ready(Deadline(self.watch.clock.now() + CLIENT_S, self.watch.clock))
        self._per_s = ask.per_s if name != WORK else self._per_s
        resolution_s = 1 / ask.per_s + client.unsure_s + self.unsure_s
        facts = {"per_s": f"{ask.per_s:g}", "resolution_s": f"{resolution_s:.6f}"}
        facts |= {"from": "outside"} if ask.outside else {}
        self.watch.put(Kind.MARK, name, "begins", path=ask.path, **facts)
        if name == WORK:
            said = f"{ask.per_s:g} times a second GET {ask.path}"
            self.watch.put(Kind.ACT, "platform", "load", ok="yes", sent_s=f"{self.watch.now():.6f}", said=said)

    def _request(self, at_s: float, told: Mapping[str, Any]) -> None:
        facts = {"n": str(told["n"]), "done_s": f"{told['done_s'] - told['sent_s']:.6f}"}
        facts |= {"by": str(told["instance"])} if told.get("instance") else {}
        what = str(told["error"] or told["status"])
        self._requests.append(_Request(at_s, facts.get("by", ""), told["error"] is None and told["status"] == 200))
        self.watch.write(Entry(at_s - self.watch.began, Kind.REQUEST, str(told["target"]), what, facts))

    def end(self, name: str = "") -> None:
        """Nobody asks any more; what the client says of itself is written down."""
        for one in [name] if name else list(self._clients):
            client = self._clients.pop(one, None)
            if client is None:
                continue
            client.stop()
            numbers = ("sent", "ok", "failed", "late_p99_ms", "late_max_ms")
            facts = {number: str(client.end[number]) for number in numbers} if client.end else {"why": "it broke off"}
            self.watch.put(Kind.MARK, one, "ends", **facts)
            if one == WORK and not client.end:
                self.watch.put(Kind.ACT, "platform", "load", ok="no", why="the client broke off")

    def left_out(self, victim: Replica, acted: float | None, *, within_s: float) -> bool:
        began = self.watch.clock.now()
        instance = self.watch.served[victim.id]

        def missing() -> str:
            now = self.watch.clock.now()
            self.watch.look()
            last = next((r.at_s for r in reversed(self._requests) if r.by == instance), began)
            others = sum(1 for r in self._requests[-LATELY:] if r.by not in ("", instance) and r.at_s > last)
            if now - last >= QUIET_S and others >= ENOUGH:
                self.pace.took(max(0.0, last - (acted or began)))
                return ""
            return "it still gets requests"

        return self.watch.window("left out", missing, self.pace, within_s=within_s, more_s=QUIET_S)

    def shared(self, requests: int, copies: int) -> bool:
        """Wait for so many requests, and see whether every copy answered its part of them."""

        def missing() -> str:
            self.watch.look()
            done = len(self._requests)
            return "" if done >= requests else f"{requests - done} of {requests} requests"

        began = self.watch.clock.now()
        self.watch.wait("requests", missing, requests / self._per_s + LATE_S, otherwise=None)
        self.end("client")  # what is counted is what it has sent by now
        met = fair((r.by for r in self._requests if r.ok), copies, len(self._requests)) >= copies
        self.watch.put_window("shared", met, began, 1.0, 0.0, copies=str(copies))
        return met


def _ignore(_at_s: float, _told: Mapping[str, Any]) -> None:
    """There are many of them, and nobody judges them: how many were answered is told at the end."""
