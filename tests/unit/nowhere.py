"""A site of which only the order in which it is asked is known."""

from __future__ import annotations

import threading


class Site:
    """Nothing runs there: it keeps what it is asked for, in order. What leaves it is slow to go."""

    def __init__(self, name: str, leaves_s: float = 0.0) -> None:
        self.name, self._leaves_s = name, leaves_s
        self.asked: list[str] = []
        self.sick, self.answers_s = 0, 0.0
        """So often it says that something is wrong when it is asked for its health, and how long that takes."""

    def open(self, deadline):
        pass

    def check(self, arm, folder):
        pass

    def health(self):
        threading.Event().wait(self.answers_s)
        self.sick -= 1
        return "" if self.sick < 0 else "a node is away"

    def streams(self):
        return {"events": "open"}

    def apply(self, scope):
        self.asked.append(f"apply {scope.trial}")
        return ["run"]

    def leave(self, scope):
        threading.Event().wait(self._leaves_s)
        self.asked.append(f"left {scope.trial}")

    def scale(self, scope, copies):
        self.asked.append(f"scale {scope.trial} to {copies}")
        return "scaled"

    def evidence(self, scope):
        return {}

    def close(self, deadline):
        return []
