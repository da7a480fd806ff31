"""What this host has and lacks for the labs: every question asked at once, answered in 3 s, hang or no hang."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, TypeVar

from rich.table import Table
from rich.text import Text

from harness.model.clock import Deadline
from harness.model.project import NAME
from harness.setup import endpoint, findings, host, places, tools
from harness.setup.findings import WHY, Finding, Route
from harness.setup.host import EngineFacts, MirrorFacts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from rich.console import Console

__all__ = ["Finding", "document", "examine", "show"]

WITHIN_S = 2.8
MARKS = {"ok": ("✓", "green", "+"), "note": ("•", "yellow", "-"), "problem": ("✗", "bold red", "!")}
"""The mark, its style, and what stands for it where the mark cannot be printed."""

T = TypeVar("T")


def start(ask: Callable[[], T]) -> Future[T]:
    """Ask in a thread that nobody has to wait for: a pool's would keep the program from ending."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(ask())
        except BaseException as error:  # noqa: BLE001  (it is raised again where the answer is read)
            future.set_exception(error)

    threading.Thread(target=run, daemon=True, name=f"{NAME}-doctor").start()
    return future


class Questions:
    """All questions, asked at once; each answer is waited for until one common end."""

    def __init__(self, flag: str) -> None:
        self._flag, self._end = flag, Deadline.after(WITHIN_S)
        self._engine = start(lambda: host.engine(flag))
        self._registry, self._image = start(self._ask_registry), start(self._ask_image)
        self._mirror, self._go, self._kind = start(host.mirror), start(host.go), start(host.kind)
        self._compose, self._kubectl = start(tools.compose_version), start(host.kubectl)
        self._host, self._kernel, self._loopback = start(host.host), start(host.kernel), start(host.loopback)
        self._cache = start(lambda: host.place(places.cache()))
        self._engine_disk = start(lambda: host.place(self._engine.result().root_dir))

    def _ask_registry(self) -> str | None:
        return None if self._engine.result().trouble else host.registry(self._flag)

    def _ask_image(self) -> host.Image:
        return "" if self._engine.result().trouble else host.image(self._flag)

    def _of(self, question: Future[T]) -> T:
        return question.result(timeout=self._end.left())

    def engine(self) -> EngineFacts:
        """An engine that cannot even be asked is a fact too, on which most findings rest."""
        try:
            return self._of(self._engine)
        except TimeoutError:
            where = endpoint.resolve(self._flag)
            return EngineFacts(where.url, where.source, "silent", elsewhere=host.elsewhere(where, {}))
        except Exception as error:  # noqa: BLE001  (whatever it is, it is told)
            return EngineFacts(trouble="context", seen=_told(error), fix="docker context ls")
