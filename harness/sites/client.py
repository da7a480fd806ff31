"""Clients: processes that ask by a fixed schedule, and whose lines come here live."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

from harness.lab.arm import PORT
from harness.lab.open_site import Answer, Ask, No
from harness.model.clock import Deadline
from harness.model.entries import Asked, Asking, Entry, Request, label
from harness.model.waiting import Hopeless, TooLate, until
from harness.setup import paths

PROGRAM = ("python3", "-S", "-B", "/app/web.py", "client")
HERE = (sys.executable, "-S", "-B", str(paths.CHECKOUT / "images" / "web" / "web.py"), "client")
"""The same program on this machine, which is outside of every container's network."""

LONGEST_S = 3600
"""At most so long a client sends; it ends sooner, as soon as nobody speaks to it any more."""

PINGS = 5
READY_S, ENDS_S = 30.0, 15.0


class Client:
    """One `ask`. `heard` gets Asking when it sends, each Request where they are judged, and Asked at its end."""

    def __init__(self, ask: Ask, argv: Sequence[str], env: Mapping[str, str], heard: Callable[[Entry], None]) -> None:
        self.ask, self.label = ask, label(ask)
        self._heard = heard
        self._end: dict[str, Any] = {}
        self._began_s = self._offset_s = 0.0
        self._unsure_s = float("inf")
        """By how much the two clocks may differ from what is reckoned: half of the quickest answer to a ping."""

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
            errors="replace",
            start_new_session=True,  # Ctrl-C is for us to handle
        )
        self._reader = threading.Thread(target=self._read, daemon=True, name="client")
        self._reader.start()

    def ready(self, deadline: Deadline) -> None:
        """Wait until it sends, and its clock can be read."""
        until("the client sends", self._missing, deadline)

    def _missing(self) -> str:
        if self._process.poll() is not None:
            raise Hopeless(f"the client ended: {self._last_words}")
        if not self._began_s:
            return "its first line"
        if len(self._pinged) == self._pongs < PINGS:
            self._ping()
        return "" if self._pongs >= PINGS else f"{PINGS - self._pongs} answers to pings"

    def stop(self) -> str:
        """Have it settle what it has sent, and end; answers what it says of itself."""
        within_s = ENDS_S + self.ask.timeout_s
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):  # it has ended, and its last line says how
                self._process.stdin.close()
        try:
            self._process.wait(within_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(within_s)
        asked = self._asked()
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()
        self._heard(asked)
        return asked.wrong or f"{asked.sent} requests, {asked.failed} failed"

    def _asked(self) -> Asked:
        said = self._end
        return Asked(
            at_s=time.monotonic(),
            client=self.label,
            sent=int(said.get("sent", 0)),
            failed=int(said.get("failed", 0)),
            late_p99_s=float(said.get("late_p99_ms", 0.0)) / 1000,
            late_max_s=float(said.get("late_max_ms", 0.0)) / 1000,
            wrong="" if said else f"it broke off: {self._last_words}",
        )

    @cached_property
    def _last_words(self) -> str:
        """Of one that has ended."""
        said = self._process.stderr.read().strip() if self._process.stderr else ""
        return said.splitlines()[-1] if said else f"code {self._process.returncode}"

    def _ping(self) -> None:
        stdin = self._process.stdin
        if stdin is not None:
            self._pinged.append(time.monotonic())
            with contextlib.suppress(OSError):  # it has ended, which the next look finds
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
            self._end = told
        elif self._pongs < PINGS:
            self._early.append(told)
        else:
            self._tell(told)

    def _pong(self, theirs_s: float) -> None:
        now, sent = time.monotonic(), self._pinged[self._pongs]
        if (now - sent) / 2 < self._unsure_s:
            self._unsure_s, self._offset_s = (now - sent) / 2, (now + sent) / 2 - theirs_s
        if self._pongs + 1 == PINGS:
            resolution_s = round(1 / self.ask.per_s + self._unsure_s, 6)
            pace = {"per_s": self.ask.per_s, "resolution_s": resolution_s}
            self._heard(Asking(at_s=now, client=self.label, judged=self.ask.judged, **pace))
            for told in self._early:
                self._tell(told)
            self._early.clear()
        self._pongs += 1

    def _tell(self, told: Mapping[str, Any]) -> None:
        if not self.ask.judged:
            return
        status, failure = told["status"], told["error"]
        self._heard(
            Request(
                at_s=self._began_s + told["sent_s"] + self._offset_s,
                client=self.label,
                to=str(told["target"]),
                by=str(told["instance"] or ""),
                error=str(status) if status not in (200, None) else str(failure or ""),
                took_s=told["done_s"] - told["sent_s"],
            )
        )


class Clients:
    """Those of one trial."""

    def __init__(self, heard: Callable[[Entry], None]) -> None:
        self._heard = heard
        self._asking: dict[Ask, Client] = {}
        self.begun = 0
        """How many there ever were, so that each can have a name of its own."""

    def begin(self, ask: Ask, argv: Sequence[str], env: Mapping[str, str]) -> Answer:
        """Start one, and wait until it sends."""
        if ask in self._asking:
            raise No("it is asking already")
        client = Client(ask, argv, env, self._heard)
        self._asking[ask] = client
        self.begun += 1
        try:
            client.ready(Deadline.after(READY_S))
        except (TooLate, Hopeless) as why:
            self.end(ask)
            raise No(str(why)) from why
        return Answer(f"asks {', '.join(ask.to)} {ask.per_s:g} times a second")

    def end(self, ask: Ask | None = None) -> Answer:
        """One of them, or all."""
        ended = [ask] if ask is not None else list(self._asking)
        clients = [client for one in ended if (client := self._asking.pop(one, None)) is not None]
        return Answer("; ".join(client.stop() for client in clients) or "nobody was asking")


def flags(ask: Ask, places: Sequence[str] = ()) -> list[str]:
    """What the program is started with. `places`: HOST:PORT of each that is asked, where it is not its own name.

    Within the network it asks the name server itself: the system's resolver puts the addresses of a name in an order
    of its own, and would stick to one copy.
    """
    at = places or [f"{to}:{ask.port or PORT}" for to in ask.to]
    targets = [f"{to}=http://{place}{ask.path}" for to, place in zip(ask.to, at, strict=True)]
    return [
        *(word for target in targets for word in ("--target", target)),
        "--per-s", f"{ask.per_s:g}", "--seconds", str(LONGEST_S), "--timeout-ms", f"{ask.timeout_s * 1000:g}",
        "--handshake",
        *(["--in-turn"] if len(targets) > 1 else []),
        *(["--keep-alive"] if ask.kept else []),
        *(["--host", ask.host] if ask.host else []),
        *([] if ask.at else ["--dns"]),
    ]  # fmt: skip
