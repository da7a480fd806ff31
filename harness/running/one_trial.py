"""One trial of a run, in its own thread: what it shares with the others, and where it waits for them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from harness.journal import Journal
from harness.lab import manifests
from harness.lab.open_site import Answer, Scope, TrialSite
from harness.model.clock import Clock, Mailbox
from harness.model.lines import Trouble
from harness.running.beside import Beside, Sent
from harness.running.gates import Gates
from harness.running.record import Bench, record
from harness.running.schedule import Job
from harness.running.site_life import SiteLife
from harness.running.stepping import Stepping
from harness.running.waits import Waiting


@dataclass(frozen=True, slots=True)
class Together:
    """What the trials of a run share."""

    journal: Journal
    clock: Clock
    began: float
    gates: Gates
    letters: Mailbox
    waiting: Waiting
    stepping: Stepping
    round_of: Callable[[Job], list[Job]]
    steady_s: float
    came: defaultdict[tuple[str, ...], list[float]] = field(default_factory=lambda: defaultdict(list))
    """How long what was waited for took, by lab, scenario, site and question."""


@dataclass
class OneTrial:
    together: Together
    job: Job
    site: SiteLife
    left: TrialSite | None = None
    """What it left standing."""

    def record(self) -> None:
        us, job = self.together, self.job
        clock, put = us.gates.clock(), partial(us.journal.put, job.id)
        scope = Scope(
            us.journal.run, job.id, job.trials.arm, manifests.FOLDER / job.lab, us.journal.folder.resolve(),
            stirred=clock.stir, over=lambda: us.gates.over,
        )  # fmt: skip
        bench = Bench(
            clock, put, us.journal.trials[job.id], self._health, self.site.streams, self._beside(), us.steady_s,
            us.clock.now() - us.began, watch=partial(self.site.watch, job.id),
        )  # fmt: skip
        try:
            self.left = record(bench, job.trials, scope, self.site.site.trial)
        finally:
            self.site.unwatch(job.id)

    def leave(self) -> None:
        try:
            if self.left is not None:
                self.left.leave()
        except Exception as error:  # it is tried again, and then told, when the site is closed
            text = f"leaving: {type(error).__name__}: {error}"
            self.together.journal.put(self.job.id, Trouble(text=text))

    # -- what it waits for

    def _tell(self, missing: str, waited_s: float = 0.0, allowed_s: float = 0.0) -> None:
        self.together.waiting.told(self.job.id, missing, waited_s, allowed_s)

    def _health(self) -> str:
        wrong = self.site.sound(self._tell)
        self._tell("")
        return wrong

    def _beside(self) -> Beside:
        us, kind = self.together, (self.job.lab, *self.job.trials.kind)
        return Beside(
            partial(self._gate, "standing"), self._strike, lambda of: us.came[(*kind, of)],
            us.stepping.before(self._tell, lambda: us.gates.over), self._tell,
        )  # fmt: skip

    def _gate(self, state: str) -> Any:
        """Wait until the trial may go on."""
        self._tell("room beside the others" if state == "standing" else "the others of its round")
        self.together.letters.put((self.job.id, state))
        return self.together.gates.wait(self.job.id)

    def _strike(self, send: Callable[[], Sent]) -> Sent:
        """Who leads the round does it, and tells the others when it was and what came of it."""
        us, job = self.together, self.job
        if not job.round:
            raise TypeError(f"this hits every trial on {job.site}: say @scenario(round=...)")
        if (told := self._gate("striking")) is not None:
            return told  # type: ignore[no-any-return]
        try:
            sent = send()
        except Exception as error:  # the others wait for an answer
            sent = us.clock.now(), Answer(no=f"{type(error).__name__}: {error}")
        us.letters.put((job.site, "broken"))
        for other in us.round_of(job):
            if other.id != job.id:
                us.gates.open(other.id, sent)
        return sent
