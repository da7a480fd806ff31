"""What containers write: the log of each, followed from its first line on while a trial listens."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from harness.lab.open_site import Answer, No, Scope
from harness.model.entries import Said

MOST = 1000
"""Characters of a line that are kept."""

AHEAD_S = 0.5
"""A line is never written so long after it was read, unless its clock is not ours."""

ENDS_S = 1.0


class Gone(Exception):
    """The container went, and its log with it."""


class Log(NamedTuple):
    id: str
    incarnation: str
    """The last one that writes into it: whoever is started again in place may go on with the same log."""

    name: str
    """The copy's."""

    container: str
    runs: bool


Opens = Callable[[Log], tuple[Iterator[bytes], Callable[[], None]]]
"""The log in pieces as they come, each line behind its moment; and what ends that, from another thread."""


class Logs:
    """Those of one trial."""

    def __init__(self, scope: Scope, opens: Opens, elsewhere: str) -> None:
        """`elsewhere`: the machine on which the containers are, where it is not this one."""
        self._scope, self._opens, self._elsewhere = scope, opens, elsewhere
        self._followed: dict[str, Followed] = {}
        self._zero = 0.0
        """By this machine's own clock, the moment from which the time of day counts."""

        self._ahead_s = 0.0
        self.on = False

    def begin(self, look: Callable[[], object]) -> Answer:
        """`look` hands over what there is by now."""
        if self._elsewhere:
            raise No(f"{self._elsewhere} is another machine, and its clock is not ours")
        self.on, self._zero = True, time.monotonic() - time.time()
        look()
        return Answer(f"listens to {len(self._followed)} containers")

    def take(self, logs: Iterable[Log]) -> None:
        """What a look found: who is new is followed, and who ended is read once more to its end."""
        for log in logs if self.on else ():
            if log.id not in self._followed:
                self._followed[log.id] = Followed(self._opens, self._tell)
            self._followed[log.id].take(log)

    def wrong(self) -> str:
        """Why not all that was written was read."""
        if self._ahead_s > AHEAD_S:
            return f"what containers write is {self._ahead_s:.1f} s ahead of this machine's clock"
        return next((f"{f.name}: {f.broke}" for f in list(self._followed.values()) if f.broke), "")

    def end(self) -> None:
        self.on = False
        for one in self._followed.values():
            one.end()
        self._followed.clear()

    def _tell(self, log: Log, text: str) -> None:
        stamp, _, line = text.partition(" ")
        try:
            at_s = datetime.fromisoformat(stamp).timestamp() + self._zero
        except ValueError:
            return  # the runtime's own word, such as that it has no log any more
        self._ahead_s = max(self._ahead_s, at_s - time.monotonic())
        self._scope.heard(Said(at_s=at_s, name=log.name, container=log.container, line=line[:MOST]))
        self._scope.stirred()


class Followed:
    """One log: it is read by a thread of its own, and taken up again where that broke off."""

    def __init__(self, opens: Opens, tell: Callable[[Log, str], None]) -> None:
        self._opens, self._tell = opens, tell
        self._thread: threading.Thread | None = None
        self._lines, self._incarnation = 0, ""
        self._to_its_end = self._over = self._ended = False
        self._cut: Callable[[], None] = lambda: None
        self.name = self.broke = ""

    def take(self, log: Log) -> None:
        if self._thread is not None and self._thread.is_alive():
            return
        again = log.incarnation != self._incarnation
        if again or (not self._over and (self.broke or not log.runs)):
            self.name, self._incarnation = f"{log.name}/{log.container}", log.incarnation
            if again:
                self._to_its_end = self._over = False
            self._thread = threading.Thread(target=self._read, args=(log,), daemon=True, name=f"log {self.name}")
            self._thread.start()

    def end(self) -> None:
        self._ended = True
        with contextlib.suppress(Exception):  # it has ended by itself just now
            self._cut()
        if self._thread is not None:
            self._thread.join(ENDS_S)

    def _read(self, log: Log) -> None:
        try:
            pieces, self._cut = self._opens(log)
            if self._ended:
                self._cut()
            for number, line in enumerate(whole(pieces), 1):
                if number > self._lines:
                    self._lines = number
                    self._tell(log, line)
        except Gone as gone:
            self.broke, self._over = "" if self._to_its_end else str(gone) or "its log is gone", True
        except Exception as error:  # whatever broke it off: it is taken up again at the next look
            self.broke = "" if self._to_its_end else str(error) or type(error).__name__
        else:
            # That it ended is seen later than its log's end: what came in between is read then.
            self.broke, self._to_its_end, self._over = "", True, not log.runs


def whole(pieces: Iterable[bytes]) -> Iterator[str]:
    """Line by line."""
    rest = b""
    for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        yield from (line.decode(errors="replace").rstrip("\r") for line in lines)
    if rest:
        yield rest.decode(errors="replace")


def listening(every: Iterable[Logs]) -> dict[str, str]:
    """What is wrong with those that are listened to; where nobody listens, there is nothing to be told."""
    wrong = [logs.wrong() for logs in every if logs.on]
    return {"logs": next(filter(None, wrong), "")} if wrong else {}
