"""One trial, from a look at its site's health to another one. There is no second way to record one."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from harness.lab.cell import Trials
from harness.lab.open_site import Scope, TrialSite
from harness.model.clock import Clock
from harness.model.entries import STEADY_S, Began, Checked, Ended, Entry
from harness.model.lines import Trouble
from harness.model.packed import rounded
from harness.model.verdict import NotShown
from harness.running.beside import Beside, Stopped
from harness.running.recorder import Recorder


@dataclass(frozen=True, slots=True)
class Bench:
    """What a trial is recorded with."""

    clock: Clock
    put: Callable[[Entry], None]
    """Writes a line of this trial."""

    entries: Sequence[Entry]
    """Those that were written so far."""

    health: Callable[[], str]
    streams: Callable[[], dict[str, str]]
    beside: Beside = field(default_factory=Beside)
    steady_s: float = STEADY_S
    began_s: float = 0.0
    """When it begins, on the run's clock."""

    lets: tuple[type[Exception], ...] = ()
    """What ends more than the trial."""

    watch: Callable[[Callable[[str], None]], None] = lambda _told: None
    """Has somebody told what is wrong with its site while the trial is on."""


class Pen:
    """Writes a trial's lines; none after its end, though the platform goes on telling while all is removed."""

    def __init__(self, bench: Bench) -> None:
        self._bench, self._lock, self._over = bench, threading.Lock(), False

    def put(self, one: Entry) -> None:
        with self._lock:
            if not self._over:
                self._bench.put(one)

    def end(self, at_s: float, wrong: str) -> None:
        with self._lock:
            self._over = True
            self._bench.put(Ended(at_s=at_s, entries=len(self._bench.entries), wrong=wrong))


def record(bench: Bench, trials: Trials, scope: Scope, begin: Callable[[Scope], TrialSite]) -> TrialSite | None:
    """Answers what is left standing, for whoever removes it; `begin` hands over the trial's part of its site."""
    clock = bench.clock
    began, pen = clock.now(), Pen(bench)
    put = pen.put

    def heard(one: Entry) -> None:
        put(rounded(replace(one, at_s=one.at_s - began)))

    def now() -> float:
        return round(clock.now() - began, 6)

    put(Began(began_s=round(bench.began_s, 3), steady_s=bench.steady_s))
    sick, wrong, here = bench.health(), "", None
    put(Checked(at_s=now(), what="site before", wrong=sick))
    bench.watch(lambda wrong: put(Checked(at_s=now(), what="site during", wrong=wrong)))
    try:
        if sick:
            raise NotShown("sick-site", f"site before: {sick}")
        here = begin(replace(scope, heard=heard))
        recorder = Recorder(
            site=here, clock=clock, beside=bench.beside, put=put, entries=bench.entries, began=began,
            folder=scope.manifests, steady_s=bench.steady_s,
        )  # fmt: skip
        trials.scenario.play(recorder)
        here.end()
        put(Checked(at_s=now(), what="files", wrong=here.altered()))
    except bench.lets:
        raise
    except NotShown as why:
        wrong = str(why)
    except Stopped:
        wrong = "stopped: the run was ended"
    except Exception as error:  # a scenario that stumbles is a broken trial, not a broken run
        wrong = f"broke-off: {type(error).__name__}: {error}"
        put(Trouble(at_s=now(), text=traceback.format_exc()))
    if wrong and here is not None:
        _gather(bench, scope, here, wrong)
    for what, trouble in {"site after": bench.health(), **bench.streams()}.items():
        name = what if what == "site after" else f"stream {what}"
        put(Checked(at_s=now(), what=name, wrong=trouble))
    pen.end(now(), wrong)
    return here


def _gather(bench: Bench, scope: Scope, here: TrialSite, wrong: str) -> None:
    """Its clients end, and what could tell why it broke is kept before it is removed."""
    try:
        here.end()
        if wrong.startswith("stopped"):
            return
        folder: Path = scope.folder / scope.trial
        folder.mkdir(exist_ok=True)
        for name, text in here.evidence().items():
            (folder / name).write_text(text)
    except Exception as error:  # a site that is gone has no evidence to give
        bench.put(Trouble(text=f"evidence of {scope.trial}: {type(error).__name__}: {error}"))
