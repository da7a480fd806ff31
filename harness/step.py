"""A run that stops before what is done, says what will happen, and asks what the learner expects to come of it."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rich.text import Text

from harness.model import windows
from harness.model.errors import Interrupted
from harness.model.timeline import Kind
from harness.views.words import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from rich.console import Console

    from harness.model.scenario import Scenario
    from harness.model.timeline import Timeline
    from harness.views.show import Show


ENDED_BY_HAND = 130
"""As if it had been Ctrl-C."""


@dataclass(slots=True)
class Gate:
    """What is about to be done in each trial of a scenario; none does it before somebody has answered."""

    what: str
    opened: threading.Event = field(default_factory=threading.Event)


class Stepper:
    """One scenario at a time, on all its arms at once."""

    def __init__(self, console: Console, show: Show, ask: Callable[[str], str]) -> None:
        self._console, self._show, self._ask = console, show, ask
        self._gates: list[Gate] = []
        self._lock = threading.Lock()
        self._scenario: Scenario | None = None
        self._arms: list[str] = []
        self._expected: frozenset[str] | None = None
        self.right = self.asked = 0

    def begin(self, scenario: Scenario, arms: Iterable[str]) -> None:
        self._scenario, self._arms, self._expected = scenario, list(dict.fromkeys(arms)), None
        self._gates = []

    def gate(self, number: int, what: str) -> threading.Event:
        """Before the trial's act of that number; what is waited for is that somebody answers."""
        with self._lock:
            if number >= len(self._gates):
                self._gates.append(Gate(what))
            return self._gates[number].opened

    def answer(self) -> None:
        """Ask whoever sits before the terminal, where a trial has come to a gate that nobody has opened yet."""
        with self._lock:
            closed = [(n, g) for n, g in enumerate(self._gates) if not g.opened.is_set()]
        for number, gate in closed:
            with self._show.held():
                self._put(number, gate)
            gate.opened.set()

    def _put(self, number: int, gate: Gate) -> None:
        scenario = self._scenario
        if scenario is None:
            return
        if number:
            self._hear(f"  Next: {one_line(gate.what)}. Enter to go on: ")
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
        """Say what came of it, beside what was expected."""
        with self._show.held():
            for arm in self._arms:
                each = [came_through(t) for t in timelines.get(arm, ())]
                if None not in each and each:
                    self._tell(arm, all(each))

    def _tell(self, arm: str, through: bool) -> None:
        line = Text.assemble(f"    {one_line(arm)}: ", ("yes" if through else "no", "bold"))
        if self._expected is not None:
            right = (arm in self._expected) == through
            self.asked += 1
            self.right += right
            line.append("  as you expected" if right else "  not what you expected", "green" if right else "red")
        self._console.print(line, soft_wrap=True)

    def score(self) -> None:
        if self.asked:
            self._say(f"\nYou expected {self.right} of {self.asked} outcomes rightly.", "bold")

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
    """Whether what the scenario waits for came: what was written is there, it was reached, its window was met."""
    end, read_ = timeline.last(Kind.MARK, "end"), timeline.last(Kind.TRY, "read")
    if end is None or end.facts.get("how") != "done":
        return None
    if read_ is not None:
        written = timeline.first(Kind.TRY, "written")
        data = "" if written is None else written.facts.get("data", "")
        return read_.facts.get("data") == data if data else None
    return windows.came(timeline)
