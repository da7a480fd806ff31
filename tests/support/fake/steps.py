"""What containers of a Pod do before, beside and at the end of the application: init steps, others, hooks."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.fake import scripts
from tests.support.fake.copies import Copy
from tests.support.fake.estate import Estate

BEGINS_S, RUNS_S = (0.2, 0.5), (0.03, 0.1)
"""A container more in a Pod; a hook in a container that is there."""


class Steps:
    def __init__(self, estate: Estate) -> None:
        self.estate = estate

    def before(self, copy: Copy, then: Callable[[], None]) -> None:
        """One step at a time, each once in the life of a Pod; then the application."""
        steps = [] if copy.starts else list(copy.container.steps)
        if self.estate.faults.has("init steps run side by side"):
            for name, text in steps:
                self._run(copy, name, text, lambda: None)
            steps = []
        self._next(copy, steps, then)

    def _next(self, copy: Copy, steps: list[tuple[str, str]], then: Callable[[], None]) -> None:
        if steps:
            (name, text), *rest = steps
            self._run(copy, name, text, lambda: self._next(copy, rest, then))
        else:
            then()

    def beside(self, copy: Copy) -> None:
        """Containers that have no order, and the hook of the application's own."""
        for name, text in copy.container.sides:
            self._run(copy, name, text, lambda: None)
        self._hook(copy, copy.container.post_start)

    def at_the_end(self, copy: Copy) -> float:
        """How long it takes before the application is told to end."""
        return max(copy.container.pre_stop_s, self._hook(copy, copy.container.pre_stop))

    def _hook(self, copy: Copy, text: str) -> float:
        if not text or self.estate.faults.has("hooks do not run"):
            return 0.0
        script, begins_s = scripts.read(text, hook=True), self.estate.between(*RUNS_S)
        for after_s, line in script.lines:
            self._says(copy, "", begins_s + after_s, line)
        return begins_s + (script.lasts_s or 0.0)

    def _run(self, copy: Copy, name: str, text: str, then: Callable[[], None]) -> None:
        script, begins_s = scripts.read(text), self.estate.between(*BEGINS_S)
        for after_s, line in script.lines:
            self._says(copy, name, begins_s + after_s, line)
        if script.lasts_s is not None and not script.code:
            self.estate.after(begins_s + script.lasts_s, lambda: then() if copy in self.estate.copies else None)

    def _says(self, copy: Copy, name: str, after_s: float, line: str) -> None:
        self.estate.after(after_s, lambda: self.estate.say(copy, line, name) if copy in self.estate.copies else None)
