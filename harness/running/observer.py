"""Looks at the copies of one trial, and writes down what is new about each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from harness.lab.open_site import No, TrialSite
from harness.model.entries import Copy, Entry


class Observer:
    def __init__(self, site: TrialSite, now: Callable[[], float], put: Callable[[Entry], None]) -> None:
        self._site, self._now, self._put = site, now, put
        self._known = dict[str, Copy]()
        self._dead, self._said = set[str](), set[str]()
        self._owners = dict[str, str]()
        """Of each instance that has answered: the incarnation."""

        self.serving = set[str]()
        self.due = False
        """Whether an answer may come at any moment, so that the next look is soon."""

        self._looked_s = self._unseen_s = 0.0

    def look(self) -> None:
        """Raises No where the platform does not answer: the look was missed."""
        found = {c.thing: c for c in self._site.look()}
        self._unseen_s, self._looked_s = self._now() - self._looked_s, self._now()
        for thing, before in self._known.items():
            if thing not in found:
                self._gone(before)
            elif found[thing].id != before.id:
                self._died(before)
        for thing, copy in found.items():
            self._meet(copy, self._known.get(thing))
        self._known = found
        self.due = any(c.ready and c.id not in self.serving for c in found.values())

    def manner(self, copy: Copy) -> str:
        """How it meets a request."""
        try:
            return "answers" if self._site.ask(copy, "GET", "/").code == 200 else "refuses"
        except No:
            return "silent"

    def _meet(self, copy: Copy, before: Copy | None) -> None:
        serves = copy.id in self.serving
        if before is None:
            self._write(copy, "created")
        if copy.code >= 0:
            self._died(copy)
        elif copy.no:
            self._refused(copy)
        elif serves and not copy.ready:
            self._write(copy, "unready")
        elif not serves and copy.ready and copy.id and (serving := self._serving(copy)):
            self._write(serving, "serving")

    def _refused(self, copy: Copy) -> None:
        if copy.thing not in self._said:
            self._said.add(copy.thing)
            self._write(copy, "refused")

    def _died(self, copy: Copy) -> None:
        """Once for each incarnation, also for one that lived and died between two looks."""
        if copy.id and copy.id not in self._dead:
            self._dead.add(copy.id)
            self._write(copy, "died")

    def _gone(self, copy: Copy) -> None:
        self._dead.add(copy.id)
        self._write(copy, "gone")

    def _serving(self, copy: Copy) -> Copy | None:
        """With the instance as which it answers, if no other incarnation has: a status that lags names the last one.

        Whoever calls itself another version than it was declared as does not serve.
        """
        try:
            answer = self._site.ask(copy, "GET", "/readyz")
        except No:
            return None
        if answer.code != 200 or len(answer.by) != 1 or (copy.version and answer.said != copy.version):
            return None
        (by,) = answer.by
        return replace(copy, instance=by) if by and self._owners.setdefault(by, copy.id) == copy.id else None

    def _write(self, copy: Copy, what: str) -> None:
        (self.serving.add if what == "serving" else self.serving.discard)(copy.id)
        unseen_s = max(0.0, round(self._unseen_s, 6))
        self._put(replace(copy, at_s=self._now(), what=what, unseen_s=unseen_s))
