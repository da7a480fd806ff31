"""Asks for facts: at once, or beside the looks of a window, which must not wait for a program that is slow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextvars import copy_context
from typing import Any

from harness.lab.open_site import Answer, No, TrialSite
from harness.lab.question import Fact
from harness.model.clock import Clock
from harness.model.entries import Told

FACT_S = 1.0
"""At least so much lies between two looks at a fact that is waited for: each starts a program."""


class Facts:
    def __init__(self, site: TrialSite, clock: Clock, now: Callable[[], float]) -> None:
        self._site, self._clock, self._now = site, clock, now
        self._arrived = clock.mailbox()
        self._asked_s: dict[str, float] = {}
        self._pending: set[str] = set()

    @property
    def pending(self) -> bool:
        return bool(self._pending)

    def ask(self, fact: Fact[Any]) -> Told:
        try:
            answer = fact.asked(self._site)
        except No as no:
            return Told(at_s=self._now(), fact=fact.name, said="", no=str(no) or "no answer", of=fact.of)
        wrong = answer.no or (answer.said or f"exit code {answer.code}" if failed(answer) else "")
        by = answer.by[0] if answer.by else ""
        return Told(at_s=self._now(), fact=fact.name, said="" if wrong else answer.said, no=wrong, by=by, of=fact.of)

    def begin(self, facts: Sequence[Fact[Any]]) -> None:
        """A window begins: whatever is still under way was asked before it."""
        for fact in facts:
            self._asked_s.pop(fact.name, None)

    def look(self, facts: Sequence[Fact[Any]]) -> list[Told]:
        """Ask for those that are due, and answer what has arrived meanwhile."""
        for fact in facts:
            due = self._now() - self._asked_s.get(fact.name, -FACT_S) >= FACT_S
            if due and fact.name not in self._pending:
                self._begin(fact)
        found = list[Told]()
        while True:
            try:
                name, asked_s, told = self._arrived.get(0.0)
            except TimeoutError:
                return found
            self._pending.discard(name)
            if isinstance(told, Exception):
                raise told
            if asked_s == self._asked_s.get(name):
                found.append(told)

    def _begin(self, fact: Fact[Any]) -> None:
        asked_s = self._asked_s[fact.name] = self._now()
        self._pending.add(fact.name)
        context = copy_context()  # whose program it is goes along

        def ask() -> None:
            try:
                told: Told | Exception = context.run(self.ask, fact)
            except Exception as error:  # raised where it is waited for
                told = error
            self._arrived.put((fact.name, asked_s, told))

        self._clock.spawn(ask, f"fact {fact.name}")


def failed(answer: Answer) -> bool:
    return answer.code != 0 if answer.typed else answer.code >= 400
