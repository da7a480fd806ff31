"""A run that stops before each act, says what will happen, and asks what the learner expects to come of it."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from rich.console import Console
from rich.text import Text

from harness.lab.cell import Scenario
from harness.lab.questions import Kept
from harness.lab.questions.kept import READ
from harness.lab.timeline import Timeline
from harness.model.clock import Clock, Mailbox, RealClock
from harness.model.entries import Told, Window
from harness.model.errors import Interrupted
from harness.model.verdict import NotShown
from harness.views.show import Show
from harness.views.words import act_in_words, one_line

ENDED_BY_HAND = 130
"""As if it had been Ctrl-C."""


@dataclass(slots=True)
class Gate:
    """What is about to be done in each trial of a scenario; none does it before somebody has answered."""

    what: str
    clock: Clock
    _open: bool = False
    _waiting: list[Mailbox] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def is_set(self) -> bool:
        return self._open

    def set(self) -> None:
        with self._lock:
            self._open = True
            for box in self._waiting:
                box.put(None)

    def wait(self, within_s: float) -> bool:
        """At most so long; whether it is open."""
        box = self.clock.mailbox()
        with self._lock:
            if self._open:
                return True
            self._waiting.append(box)
        with suppress(TimeoutError):
            box.get(within_s)
        with self._lock:
            self._waiting.remove(box)
            return self._open


class Stepper:
    """One scenario at a time, on all its arms at once."""

    def __init__(self, console: Console, show: Show, ask: Callable[[str], str], clock: Clock | None = None) -> None:
        self._console, self._show, self._ask, self._clock = console, show, ask, clock or RealClock()
        self._gates: list[Gate] = []
        self._lock = threading.Lock()
        self._scenario: Scenario | None = None
        self._arms: list[str] = []
        self._expected: frozenset[str] | None = None
        self.right = self.asked = 0

    def begin(self, scenario: Scenario, arms: Iterable[str]) -> None:
        """From now on it is about this one, on arms of these names."""
        with self._lock:
            self._scenario, self._arms, self._expected = scenario, list(dict.fromkeys(arms)), None
            self._gates = []

    def gate(self, number: int, what: str) -> Gate:
        """Before a trial's act of that number; what is waited for is that somebody answers."""
        with self._lock:
            while number >= len(self._gates):
                self._gates.append(Gate(what, self._clock))
            return self._gates[number]

    def answer(self) -> None:
        """Ask whoever sits at the terminal, where a trial has come to a gate that nobody has opened yet."""
        with self._lock:
            closed = [(n, g) for n, g in enumerate(self._gates) if not g.is_set()]
        for number, gate in closed:
            with self._show.held():
                self._put(number, gate)
            gate.set()

    def _put(self, number: int, gate: Gate) -> None:
        scenario = self._scenario
        if scenario is None:
            return
        if number:
            self._hear(f"  Next: {one_line(act_in_words(gate.what))}. Enter to go on: ")
            return
        self._say(f"\n{one_line(scenario.name)}", "bold")
        self._say(f"  {one_line(scenario.plan)}")
        for place, arm in enumerate(self._arms, 1):
            self._say(f"    {place}  {one_line(arm)}")
        self._say(f"  {one_line(scenario.asks)} Numbers, all or none; Enter if you would rather not guess.")
        self._expected = self._guess()

    def _guess(self) -> frozenset[str] | None:
        while True:
            said = self._hear("  > ").strip().lower()
            try:
                return read(said, self._arms)
            except ValueError as error:
                self._say(f"  {error}", "yellow")

    def _hear(self, prompt: str) -> str:
        try:
            return self._ask(prompt)
        except EOFError:  # Ctrl-D: nobody will answer any more
            raise Interrupted(ENDED_BY_HAND) from None

    def over(self, timelines: Mapping[str, Iterable[Timeline]]) -> None:
        """Say what came of the scenario, by the arms' names, beside what was expected."""
        with self._show.held():
            for arm in self._arms:
                each = [came_through(t) for t in timelines.get(arm, ())]
                if None not in each and each:
                    self._tell(arm, through=all(each))

    def _tell(self, arm: str, *, through: bool) -> None:
        line = Text.assemble(f"    {one_line(arm)}: ", ("yes" if through else "no", "bold"))
        if self._expected is not None:
            right = (arm in self._expected) == through
            self.asked += 1
            self.right += right
            line.append("  as you expected" if right else "  not what you expected", "green" if right else "red")
        self._console.print(line, soft_wrap=True)

    def score(self) -> None:
        if self.asked:
            outcomes = "outcome" if self.asked == 1 else "outcomes"
            self._say(f"\nYou guessed {self.right} of {self.asked} {outcomes} right.", "bold")

    def _say(self, text: str, style: str = "") -> None:
        self._console.print(Text(text, style), soft_wrap=True)


def read(said: str, arms: list[str]) -> frozenset[str] | None:
    """What was typed; None is no guess."""
    if not said:
        return None
    if said in ("all", "none"):
        return frozenset(arms if said == "all" else ())
    numbers = re.split(r"[\s,]+", said)
    if not all(n.isdecimal() and 1 <= int(n) <= len(arms) for n in numbers):
        raise ValueError(f"{said!r} is none of: numbers from 1 to {len(arms)}, all, none")
    return frozenset(arms[int(n) - 1] for n in numbers)


def came_through(timeline: Timeline) -> bool | None:
    """Whether what the scenario is about came: what was written is there, or what was watched for last was seen.

    None: nobody can say.
    """
    if timeline.wrong is not None:
        return None
    if any(told.fact == READ for told in timeline.of(Told)):
        try:
            return bool(Kept().answer(timeline.seen(Kept().label, "")))
        except NotShown:
            return None
    windows = [s.receipt for s in timeline.steps.values() if s.question and isinstance(s.receipt, Window)]
    watched = [w for w in windows if not w.must] or windows
    return watched[-1].proved if watched else None
