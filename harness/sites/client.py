"""The client's view: one process inside the network that asks by a fixed schedule, and whose lines come here live."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

from harness.setup import paths as places
from harness.sites.place import FRONT
from harness.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from harness.model.clock import Deadline
    from harness.sites.place import Ask

    Hear = Callable[[float, Mapping[str, Any]], None]

PROGRAM = ("python3", "-S", "-B", "/app/web.py")
HERE = (sys.executable, "-S", "-B", str(places.CHECKOUT / "images" / "web" / "web.py"))
"""The same program on this machine, which is outside of every container's network."""

LONGEST_S = 600
TIMEOUT_MS = 500
PINGS = 5


class Client:
    """Hands each request to `hear(moment of sending on our clock, line)`."""

    def __init__(self, argv: Sequence[str], env: Mapping[str, str], hear: Hear) -> None:
        self._hear = hear
        self.end: dict[str, Any] = {}
        self.offset_s = 0.0
        self.unsure_s = float("inf")
        """By how much the two clocks may differ from what is reckoned: half of the quickest answer to a ping."""

        self._began_s = 0.0
        self._pinged: list[float] = []
        self._pongs = 0
        self._early: list[dict[str, Any]] = []
        self._process = subprocess.Popen(
            list(argv),
            env=dict(env),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C is for us to handle
        )
        self._reader = threading.Thread(target=self._read, daemon=True, name="client")
        self._reader.start()

    def ready(self, deadline: Deadline) -> None:
        """Wait until it sends, and its clock can be read."""
        until("the client sends", self._missing, deadline)

    def _missing(self) -> str:
        if self._process.poll() is not None:
            said = self._process.stderr.read().strip() if self._process.stderr else ""
            raise RuntimeError(f"the client ended: {said or self._process.returncode}")
        if not self._began_s:
            return "its first line"
        if len(self._pinged) == self._pongs < PINGS:
            self._ping()
        return "" if self._pongs >= PINGS else f"{PINGS - self._pongs} answers to pings"

    def stop(self, within_s: float = 15.0) -> None:
        """It ends when nobody speaks to it any more; what it has sent by then is settled first."""
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):  # it has ended, and its last line says how
                self._process.stdin.close()
        try:
            self._process.wait(within_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(within_s)
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()

    def _ping(self) -> None:
        stdin = self._process.stdin
        if stdin is not None:
            self._pinged.append(time.monotonic())
            stdin.write("ping\n")
            stdin.flush()

    def _read(self) -> None:
        stdout = self._process.stdout
        for line in stdout or ():
            try:
                told = json.loads(line)
            except ValueError:
                continue
            self._take(told)

    def _take(self, told: dict[str, Any]) -> None:
        if "pong" in told:
            self._pong(told["pong"] / 1e9)
        elif "start_monotonic_ns" in told:
            self._began_s = told["start_monotonic_ns"] / 1e9
        elif told.get("end"):
            self.end = told
        elif self._pongs < PINGS:
            self._early.append(told)
        else:
            self._tell(told)

    def _pong(self, theirs_s: float) -> None:
        now, sent = time.monotonic(), self._pinged[self._pongs]
        if (now - sent) / 2 < self.unsure_s:
            self.unsure_s, self.offset_s = (now - sent) / 2, (now + sent) / 2 - theirs_s
        self._pongs += 1
        if self._pongs == PINGS:
            for told in self._early:
                self._tell(told)
            self._early.clear()

    def _tell(self, told: Mapping[str, Any]) -> None:
        self._hear(self._began_s + told["sent_s"] + self.offset_s, told)


def flags(host: str, port: int, ask: Ask) -> list[str]:
    """What the client is started with; it ends by itself should nobody end it.

    It asks the name server itself: the system's resolver puts the addresses of a name in an order of its own, and
    would stick to one copy.
    """
    own_names = [] if ask.outside else ["--dns"]
    return [
        "--target",
        f"{FRONT}=http://{host}:{port}{ask.path}",
        "--per-s",
        f"{ask.per_s:g}",
        "--seconds",
        str(LONGEST_S),
        "--timeout-ms",
        str(TIMEOUT_MS),
        "--handshake",
        *own_names,
    ]
