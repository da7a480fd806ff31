"""Asks and ends others on behalf of the bench: one line in, one line out, in whatever order they finish.

It runs in a helper container that shares the application's network, and sees the host's processes where that was
granted; so the bench itself needs neither a route into that network nor rights on the host.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING

from exchange import Target, error_class, once
from names import Unresolved, by_nameserver, by_system
from wire import EndOfStream, Refused, write_line

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_MS = 10_000


def main() -> int:
    """`N ask HOST PORT METHOD PATH MS`, `N find NAME MS` or `N kill PID START`.

    Answered by `N 200 INSTANCE DATA`, `N ok WHAT`, `N error WHY`.
    """
    for line in sys.stdin:
        threading.Thread(target=_answer, args=(line.split(),), daemon=True).start()
    return 0


def _answer(words: list[str]) -> None:
    try:
        what = ANSWERS[words[1]](*words[2:])
    except (IndexError, KeyError, TypeError, ValueError) as wrong:
        what = f"error what is {' '.join(words)[:80]!r}? {type(wrong).__name__}"
    write_line(1, f"{words[0] if words else '?'} {what}")


def ask(host: str, port: str, method: str, path: str, ms: str) -> str:
    length = "Content-Length: 0\r\n" if method == "POST" else ""
    head = f"{method} {path} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n{length}\r\n"
    target = Target(host, path, host, int(port), head.encode())
    try:
        outcome = once(target, by_system)(time.monotonic() + min(int(ms), MOST_MS) / 1000)
    except (OSError, EndOfStream, Refused) as fault:
        return f"error {error_class(fault)}"
    return f"{outcome.status} {outcome.instance or '-'} {outcome.data or '-'}"


def _find(name: str, ms: str) -> str:
    """What the name server says itself, as it is asked by clients: the system might know the name by other means."""
    try:
        return f"ok {by_nameserver(name, time.monotonic() + min(int(ms), MOST_MS) / 1000)}"
    except Unresolved as fault:
        return f"error {fault}"


def _kill(pid: str, start: str) -> str:
    """A process is named by its number and start time: numbers are used again."""
    try:
        with open(f"/proc/{int(pid)}/stat") as stat:  # noqa: PTH123  (pathlib costs 15 ms to import)
            began = stat.read().rpartition(")")[2].split()[19]
        if start not in ("-", began):
            return f"error process {pid} began at {began}"
        os.kill(int(pid), signal.SIGKILL)
    except OSError as fault:
        return f"error {fault.strerror}"
    return f"ok {began}"


ANSWERS: dict[str, Callable[..., str]] = {"ask": ask, "find": _find, "kill": _kill}
