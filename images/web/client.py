"""Open-loop HTTP client: asks its targets by a fixed schedule, and writes down what came back, and when."""
# A thread for each request, not asyncio, which Debian's python3-minimal lacks: nothing that one request waits
# for, the system's resolver included, can hold up the schedule.

from __future__ import annotations

import argparse
import math
import os
import signal
import sys
import threading
import time
from array import array
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple, NoReturn
from urllib.parse import urlsplit

from exchange import Outcome, Target, error_class, kept, once
from names import by_nameserver, by_system
from wire import EndOfStream, Refused, to_json, write_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from exchange import Find
    from wire import Json

MOST_PER_S = 200.0
LONGEST_S = 3600.0
LONGEST_TIMEOUT_MS = 10_000.0
MOST_TARGETS = 32
STOPS = {signal.SIGTERM, signal.SIGINT}


class Plan(NamedTuple):
    """What is asked for on the command line, checked."""

    targets: tuple[Target, ...]
    per_s: float
    requests: int
    timeout_s: float
    keep_alive: bool
    dns: bool
    handshake: bool
    in_turn: bool


class Slot(NamedTuple):
    """One place in the schedule."""

    n: int
    target: str
    planned_s: float


class Report:
    """The lines on stdout, each written at once; times count from the moment that this is made."""

    def __init__(self, plan: Plan) -> None:
        self._lock = threading.Condition()
        self._begun = 0
        self._settled = 0
        self._errors: Counter[str] = Counter()
        self._late_ms = array("d")
        start_ns, unix_ns = time.monotonic_ns(), time.time_ns()
        self.start_s = start_ns / 1e9
        self._write(
            {
                "schema": "labs.client/1",
                "start_monotonic_ns": start_ns,
                "start_unix_ns": unix_ns,
                "per_s": plan.per_s,
                "requests": plan.requests,
                "timeout_ms": plan.timeout_s * 1000,
                "keep_alive": plan.keep_alive,
                "dns": plan.dns,
                "in_turn": plan.in_turn,
                "targets": {target.name: target.url for target in plan.targets},
            }
        )

    def begin(self) -> None:
        with self._lock:
            self._begun += 1

    def record(self, slot: Slot, sent: float, outcome: Outcome) -> None:
        done_s = time.monotonic() - self.start_s
        sent_s = sent - self.start_s
        with self._lock:
            self._settled += 1
            self._late_ms.append((sent_s - slot.planned_s) * 1000)
            if outcome.error:
                self._errors[outcome.error] += 1
            self._write(
                {
                    "n": slot.n,
                    "target": slot.target,
                    "planned_s": round(slot.planned_s, 6),
                    "sent_s": round(sent_s, 6),
                    "done_s": round(done_s, 6),
                    "status": outcome.status,
                    "instance": outcome.instance,
                    "host": outcome.host,
                    "error": outcome.error,
                }
            )
            self._lock.notify_all()

    def pong(self) -> None:
        with self._lock:
            self._write({"pong": time.monotonic_ns()})

    def end(self, stopped: str | None, longest_s: float) -> None:
        """The last line, once every request is settled."""
        with self._lock:
            self._lock.wait_for(lambda: self._settled == self._begun, longest_s)
            failed = self._errors.total()
            late = sorted(self._late_ms) or [0.0]
            self._write(
                {
                    "end": True,
                    "sent": self._begun,
                    "ok": self._settled - failed,
                    "failed": failed,
                    "errors": dict(self._errors),
                    "late_p50_ms": round(late[math.ceil(len(late) * 0.50) - 1], 3),
                    "late_p99_ms": round(late[math.ceil(len(late) * 0.99) - 1], 3),
                    "late_max_ms": round(late[-1], 3),
                    "stopped": stopped,
                }
            )

    @staticmethod
    def _write(line: dict[str, Json]) -> None:
        try:
            write_line(1, to_json(line))
        except OSError:
            os._exit(1)  # nobody reads: go on and the requests would be noise for the next experiment


def main(arguments: list[str]) -> int:
    plan = read_plan(arguments)
    # Blocked and waited for, not handled: the wait for the next request is then the wait for a signal too. It
    # works as a container's first process as well, which no signal without a handler reaches otherwise.
    signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
    report = Report(plan)
    if plan.handshake:
        threading.Thread(target=answer_pings, args=(report,), daemon=True).start()
    report.end(run(plan, report), plan.timeout_s + 1.0)
    return 0


def run(plan: Plan, report: Report) -> str | None:
    """Send by the schedule, whatever became of the requests before; tells which signal ended it early."""
    find: Find = by_nameserver if plan.dns else by_system
    way = kept if plan.keep_alive else once
    ways = [(target, way(target, find)) for target in plan.targets]
    for n in range(plan.requests):
        planned_s = n / plan.per_s
        if stopped := wait_until(report.start_s + planned_s):
            return stopped
        for target, ask in [ways[n % len(ways)]] if plan.in_turn else ways:
            report.begin()
            slot = Slot(n, target.name, planned_s)
            threading.Thread(target=one, args=(report, slot, ask, plan.timeout_s), daemon=True).start()
    return None


def wait_until(moment: float) -> str | None:
    caught = signal.sigtimedwait(STOPS, max(0.0, moment - time.monotonic()))
    return signal.Signals(caught.si_signo).name if caught else None


def one(report: Report, slot: Slot, ask: Callable[[float], Outcome], timeout_s: float) -> None:
    sent = time.monotonic()
    try:
        outcome = ask(sent + timeout_s)
    except (OSError, Refused, EndOfStream) as fault:
        outcome = Outcome(None, None, None, error_class(fault))
    report.record(slot, sent, outcome)


def answer_pings(report: Report) -> None:
    """Lets the other side relate its clock to this one's; when that is gone, this ends too."""
    text = b""
    while more := os.read(0, 4096):
        *lines, text = (text + more).split(b"\n")
        for line in lines:
            if line.strip() == b"ping":
                report.pong()
    os.kill(os.getpid(), signal.SIGTERM)  # taken by the wait for the next request


class Parser(argparse.ArgumentParser):
    """Argparse with errors of one line."""

    def error(self, message: str) -> NoReturn:
        write_line(2, f"client: {message}. Try: client --help")
        sys.exit(2)


def read_plan(arguments: list[str]) -> Plan:
    parser = Parser(prog="client", description=__doc__, allow_abbrev=False)
    parser.add_argument("--target", action="append", default=[], metavar="NAME=URL", help="may be repeated")
    parser.add_argument(
        "--per-s", type=float, default=10.0, help="requests a second to each target, or with --in-turn to all"
    )
    parser.add_argument("--seconds", type=float, help="how long to send (10, unless --count says it)")
    parser.add_argument("--count", type=int, help="the most requests to each target")
    parser.add_argument("--timeout-ms", type=float, default=500.0, help="for lookup, connection and answer together")
    parser.add_argument("--keep-alive", action="store_true", help="one kept connection to each target")
    parser.add_argument("--in-turn", action="store_true", help="each request to the next target, not to all of them")
    parser.add_argument("--host", default="", help="the Host header, where it is not the target's own HOST:PORT")
    parser.add_argument("--dns", action="store_true", help="ask the name server itself, not the system's resolver")
    parser.add_argument("--handshake", action="store_true", help="answer 'ping' on stdin with the monotonic clock")
    given = parser.parse_args(arguments)
    try:
        targets = read_targets(given.target, keep_alive=given.keep_alive, host=given.host)
        requests = count_requests(given.per_s, given.seconds, given.count)
        timeout_s = read_timeout(given.timeout_ms)
    except ValueError as wrong:
        parser.error(str(wrong))
    asked = (given.keep_alive, given.dns, given.handshake, given.in_turn)
    return Plan(targets, given.per_s, requests, timeout_s, *asked)


def read_timeout(timeout_ms: float) -> float:
    if not 1.0 <= timeout_ms <= LONGEST_TIMEOUT_MS:
        raise ValueError(f"--timeout-ms {timeout_ms:g}: it is 1 to {LONGEST_TIMEOUT_MS:g}")
    return timeout_ms / 1000


def count_requests(per_s: float, seconds: float | None, count: int | None) -> int:
    if not 0.0 < per_s <= MOST_PER_S:
        raise ValueError(f"--per-s {per_s:g}: it is more than 0, and at most {MOST_PER_S:g} to each target")
    if seconds is None:
        seconds = 10.0 if count is None else LONGEST_S
    if not 0.0 < seconds <= LONGEST_S:
        raise ValueError(f"--seconds {seconds:g}: it is more than 0, and at most {LONGEST_S:g}")
    fitting = math.ceil(per_s * seconds - 1e-9)
    if count is not None and not 0 < count <= per_s * LONGEST_S:
        raise ValueError(f"--count {count}: it is 1 to {per_s * LONGEST_S:g} at this rate, which is an hour's")
    return fitting if count is None else min(count, fitting)


def read_targets(texts: list[str], *, keep_alive: bool, host: str = "") -> tuple[Target, ...]:
    if not 0 < len(texts) <= MOST_TARGETS:
        raise ValueError(f"--target: {len(texts)} given, from 1 to {MOST_TARGETS} are needed")
    if not host.isascii() or not host.isprintable() or " " in host:
        raise ValueError(f"--host {host!r}: it is a name, with a port or without")
    targets = tuple(read_target(text, keep_alive=keep_alive, host=host) for text in texts)
    if len({target.name for target in targets}) < len(targets):
        raise ValueError("--target: two of the same name")
    return targets


def read_target(text: str, *, keep_alive: bool, host: str = "") -> Target:
    name, _, url = text.partition("=")
    try:
        parts, port = urlsplit(url), urlsplit(url).port or 80
    except ValueError as wrong:
        raise ValueError(f"--target {text}: {wrong}") from None
    if not name or parts.scheme != "http" or not parts.hostname or not url.isascii() or " " in url:
        raise ValueError(f"--target {text}: it is NAME=http://HOST:PORT/PATH")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: {host or parts.netloc}",
        "User-Agent: labs-client",
        f"Connection: {'keep-alive' if keep_alive else 'close'}",
    ]
    return Target(name, url, parts.hostname, port, ("\r\n".join(lines) + "\r\n\r\n").encode())
