"""Runs other programs: bounded in time, ended with us, their output kept in a file and told when they fail."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections import deque
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

TAIL = 15
_guard = threading.Lock()
_running: dict[subprocess.Popen[str], Programs] = {}


@dataclass(eq=False)
class CommandFailed(Exception):
    """A program that ended with another code than 0, or not in time."""

    argv: tuple[str, ...]
    seen: str
    tail: str
    log: Path | None = None

    def __str__(self) -> str:
        return f"{Path(self.argv[0]).name} {self.seen}"


class Programs:
    """A group of programs that end together: once it is ended, none is started in it any more.

    One that was made inside another ends with it.
    """

    def __init__(self, outer: Programs | None = None) -> None:
        self._outer, self._ended = outer, False

    @contextlib.contextmanager
    def current(self) -> Iterator[None]:
        """Have what this thread runs from here on belong to this group."""
        before = _chosen.set(self)
        try:
            yield
        finally:
            _chosen.reset(before)

    @property
    def over(self) -> bool:
        return self._ended or (self._outer is not None and self._outer.over)

    def end(self) -> None:
        """End what still runs, and start nothing more."""
        with _guard:
            self._ended = True
            left = [process for process, its in _running.items() if its.over]
        for process in left:
            _end(process)


_all = Programs()
_chosen: ContextVar[Programs | None] = ContextVar("programs", default=None)


def group() -> Programs:
    """A new group inside the current one."""
    return Programs(_current())


def _current() -> Programs:
    return _chosen.get() or _all


def run(
    argv: Sequence[str],
    *,
    within_s: float,
    log: Path | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    text: str | None = None,
    on_line: Callable[[str], None] = lambda _line: None,
) -> str:
    """Run to the end and return what it printed (both streams); raise CommandFailed otherwise."""
    lines: list[str] = []
    tail: deque[str] = deque(maxlen=TAIL)
    process = _start(argv, env=env, cwd=cwd, feed=text is not None)
    slow = threading.Event()
    late = threading.Timer(within_s, _too_slow, args=(process, slow))
    late.daemon = True
    late.start()
    try:
        with contextlib.ExitStack() as stack:
            file = stack.enter_context(log.open("a")) if log else None
            feeder = _feed(process, text)
            assert process.stdout is not None  # noqa: S101  (Popen was given a pipe)
            for line in process.stdout:
                lines.append(line)
                tail.append(line.rstrip())
                if file:
                    file.write(line)
                    file.flush()
                on_line(line.rstrip())
            code = process.wait()
            feeder.join()
    finally:
        late.cancel()
        _end(process)
        if process.stdout is not None:
            process.stdout.close()
        with _guard:
            _running.pop(process, None)
    if code != 0:
        seen = f"did not end within {within_s:.0f} s" if slow.is_set() else f"ended with code {code}"
        raise CommandFailed(tuple(argv), seen, "\n".join(tail), log)
    return "".join(lines)


def _too_slow(process: subprocess.Popen[str], slow: threading.Event) -> None:
    slow.set()
    _end(process)


def _start(
    argv: Sequence[str], *, env: Mapping[str, str] | None, cwd: Path | None, feed: bool
) -> subprocess.Popen[str]:
    mine = _current()
    with _guard:
        if mine.over:
            raise CommandFailed(tuple(argv), "was not started: we are ending", "")
        try:
            process = subprocess.Popen(
                list(argv),
                stdin=subprocess.PIPE if feed else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                env=dict(env) if env is not None else None,
                cwd=cwd,
                start_new_session=True,  # a group of its own: we decide when it ends, not the terminal
            )
        except OSError as error:
            raise CommandFailed(tuple(argv), f"could not be started ({error.strerror})", "") from error
        _running[process] = mine
    return process


def _feed(process: subprocess.Popen[str], text: str | None) -> threading.Thread:
    """Write beside reading: a program that answers while it is fed would block both."""

    def write() -> None:
        if process.stdin is not None:
            with contextlib.suppress(BrokenPipeError), process.stdin as pipe:
                pipe.write(text or "")

    thread = threading.Thread(target=write, daemon=True)
    thread.start()
    return thread


def _end(process: subprocess.Popen[str]) -> None:
    """Ask the whole group to end, then make it end; what it started must not outlive it either."""
    if process.poll() is None:
        _signal_group(process, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=5)
        _signal_group(process, signal.SIGKILL)
        process.wait()


def _signal_group(process: subprocess.Popen[str], sign: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, sign)


def go_on() -> None:
    """Asked by long work in threads between its parts: a thread cannot be interrupted, it has to look."""
    if _current().over:
        raise CommandFailed(("the next part",), "was not begun: we are ending", "")


def end_all() -> None:
    """End every program of this process. What is started afterwards belongs to a new group of all."""
    global _all
    ended, _all = _all, Programs()
    ended.end()
