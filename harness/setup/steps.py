"""What a set-up does, told while it happens: a live line for each step in a terminal, plain lines elsewhere."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rich.progress import Progress, ProgressColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console
    from rich.progress import Task

HEARTBEAT_S = 30.0


@dataclass(frozen=True, slots=True)
class Step:
    name: str
    took_s: float
    note: str = ""


@dataclass(slots=True)
class Doing:
    """The step that is being done: `progress` is shown while it lasts, `note` stays when it is done."""

    name: str
    began: float
    progress: str = ""
    note: str = ""

    def tell(self, progress: str) -> None:
        self.progress = progress


class _ProgressOfStep(ProgressColumn):
    """What a step tells of itself, read each time that its line is drawn."""

    def render(self, task: Task) -> Text:
        doing, width = task.fields["doing"], task.fields["width"]
        return Text(doing.progress[:width], style="dim")


@dataclass(slots=True)
class Steps:
    """Collects steps and shows them. Steps may run beside one another, in threads."""

    console: Console
    done: list[Step] = field(default_factory=list)
    _open: list[Doing] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _live: Progress | None = None

    def say(self, text: str) -> None:
        self.console.print(text, highlight=False, soft_wrap=True)

    @contextmanager
    def step(self, name: str) -> Iterator[Doing]:
        with self.live(name) as doing:
            yield doing
        step = Step(name, time.monotonic() - doing.began, doing.note)
        self.add(step)

    @contextmanager
    def live(self, name: str) -> Iterator[Doing]:
        """Shown while it lasts, not counted: what it consists of adds steps of its own."""
        doing = Doing(name, time.monotonic())
        with self._shown(doing):
            yield doing

    def add(self, step: Step) -> None:
        with self._lock:
            self.done.append(step)
        # One column of seconds: the lines, one beneath the other, are the table of the whole set-up.
        line = Text.assemble("  ", ("✓", "green"), f" {step.name:<54}", (f"{step.took_s:>7.1f} s", "bold"))
        self.console.print(line.append(f"  {step.note}", "dim"), soft_wrap=True)

    @contextmanager
    def _shown(self, doing: Doing) -> Iterator[None]:
        if self.console.is_terminal:
            with self._line(doing):
                yield
            return
        over = threading.Event()
        teller = threading.Thread(target=self._heartbeat, args=(doing, over), daemon=True)
        teller.start()
        try:
            yield
        finally:
            over.set()
            teller.join()

    def _heartbeat(self, doing: Doing, over: threading.Event) -> None:
        """A log that says nothing for minutes looks like a hang."""
        while not over.wait(HEARTBEAT_S):
            elapsed = time.monotonic() - doing.began
            self.say(f"  … {doing.name}, {elapsed:.0f} s so far{f': {doing.progress}' if doing.progress else ''}")

    @contextmanager
    def _line(self, doing: Doing) -> Iterator[None]:
        with self._lock:
            if self._live is None:
                columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), _ProgressOfStep())
                self._live = Progress(*columns, console=self.console, transient=True)
                self._live.start()
            live = self._live
            task = live.add_task(doing.name, total=None, doing=doing, width=max(10, self.console.width - 50))
            self._open.append(doing)
        try:
            yield
        finally:
            with self._lock:
                live.remove_task(task)
                self._open.remove(doing)
                if not self._open:
                    live.stop()
                    self._live = None
