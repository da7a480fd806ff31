"""Who asks: requests at a steady pace, whatever became of those before, each written down when it is settled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.lab.open_site import Ask, No
from harness.model.entries import Asked, Asking, Request, label
from tests.support.fake.copies import Copy, Process

if TYPE_CHECKING:
    from tests.support.fake.world import World

UNSURE_S, TOOK_S, REFUSED_S = 0.0002, 0.002, 0.0005
BREAKS_S, LATE_S, CUT_OFF_S = 2.0, 2.0, 2.0
STALLS_AT_S, STALLS_S = 0.5, 3.0


class Client:
    def __init__(self, world: World, ask: Ask) -> None:
        self.world, self.ask, self.label = world, ask, label(ask)
        self.sent = self.failed = self.settled = 0
        self.over = self._stopping = False
        self._faults = world.site.faults
        self._kept: dict[str, tuple[Copy, Process]] = {}
        self._began_s = world.clock.now()
        self._stalls = self._faults.nth("one client stalls") == 3
        world.heard(Asking(
            at_s=self._began_s, client=self.label, per_s=ask.per_s, resolution_s=1 / ask.per_s + UNSURE_S,
            judged=ask.judged,
        ))  # fmt: skip
        if not self._faults.has("the client is silent"):
            self._send()

    def _send(self) -> None:
        clock, ask = self.world.clock, self.ask
        if self.over or self._stopping or self.world.estate.left:
            return
        now = clock.now()
        if self._faults.has("the client breaks off") and now - self._began_s >= BREAKS_S:
            self._last("it ended by itself with code 137")
            return
        if self._stalls and now - self._began_s >= STALLS_AT_S:
            self._stalls = False
            clock.after(STALLS_S, self._send)
            return
        to = ask.to[self.sent % len(ask.to)]
        self.sent += 1
        self._try(to, now)
        # By the number that was sent, so that nothing adds up.
        late_s = LATE_S * (self.sent % 50) / 50 if self._faults.has("the client is late") else 0.0
        clock.after(self._began_s + self.sent / ask.per_s + late_s - now, self._send)

    def _try(self, to: str, sent_s: float) -> None:
        try:
            copy, process = self._connect(to, sent_s)
        except No as no:
            error = str(no)
            took_s = self.ask.timeout_s if error == "timeout" else REFUSED_S
            self.world.clock.after(took_s, lambda: self._settle(to, sent_s, "", error))
            return
        takes_s = process.takes_s("/" if self._faults.has("loads cost nothing") else self.ask.path, sent_s)
        if takes_s > self.ask.timeout_s:
            self.world.clock.after(self.ask.timeout_s, lambda: self._settle(to, sent_s, "", "timeout"))
            return
        self.world.clock.after(takes_s, lambda: self._answer(to, sent_s, copy, process))

    def _connect(self, to: str, now_s: float) -> tuple[Copy, Process]:
        if self._faults.has("a client is cut off") and now_s - self._began_s >= CUT_OFF_S:
            raise No("timeout")
        if (kept := self._kept.get(to)) is not None:
            if kept[0].process is kept[1]:
                if why := self.world.deaf(kept[0]):
                    raise No(why)
                return kept
            del self._kept[to]
            raise No("reset")
        copy = self.world.routes.find(self.ask, to)
        if why := self.world.deaf(copy):
            raise No(why)
        assert copy.process is not None
        if self.ask.kept:
            self._kept[to] = copy, copy.process
        return copy, copy.process

    def _answer(self, to: str, sent_s: float, copy: Copy, process: Process) -> None:
        if copy.process is not process:
            self._settle(to, sent_s, "", "reset")
            return
        status, _ = process.answer("GET", self.ask.path, self.world.clock.now())
        self._settle(to, sent_s, process.instance, "" if status == 200 else str(status))

    def _settle(self, to: str, sent_s: float, by: str, error: str) -> None:
        self.settled += 1
        self.failed += bool(error)
        if not self.ask.judged or (self._faults.has("requests are lost") and self.settled % 10 == 0):
            return
        took_s = round(self.world.clock.now() - sent_s, 6)
        self.world.heard(Request(at_s=sent_s, client=self.label, to=to, by=by, error=error, took_s=took_s))

    def end(self) -> None:
        """What it has sent by now is settled first."""
        self._stopping = True
        while self.settled < self.sent and not self.over:
            self.world.clock.sleep(0.05)
        self._last()

    def _last(self, wrong: str = "") -> None:
        if self.over:
            return
        self.over = True
        late_s = LATE_S if self._faults.has("the client is late") else 0.0004
        sent, failed = (0, 0) if wrong else (self.sent, self.failed)
        self.world.heard(Asked(
            at_s=self.world.clock.now(), client=self.label, sent=sent, failed=failed,
            late_p99_s=late_s, late_max_s=late_s, wrong=wrong,
        ))  # fmt: skip
