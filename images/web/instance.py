"""Knows who this process is, how its environment set it up, and what state it is in."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from wire import Json

LONGEST_S = 3600.0
PROBES = ("/healthz", "/readyz")


class Settings:
    """What can be set from outside; a ValueError says in one line what can't."""

    __slots__ = (
        "data_dir",
        "drain_s",
        "log_requests",
        "on_term",
        "port",
        "ready_delay_s",
        "request_s",
        "start_delay_s",
        "version",
    )

    def __init__(self, env: Mapping[str, str]) -> None:
        self.port = _port(env.get("PORT", "8080"))
        self.version = env.get("VERSION", "1")
        self.data_dir = env.get("DATA_DIR", "/data")
        self.log_requests = env.get("LOG_REQUESTS", "0") not in ("", "0")
        self.start_delay_s = _seconds("START_DELAY_S", env.get("START_DELAY_S", "0"))
        self.ready_delay_s = _seconds("READY_DELAY_S", env.get("READY_DELAY_S", "0"))
        self.request_s = _seconds("REQUEST_S", env.get("REQUEST_S", "0"))
        self.on_term, _, drain = env.get("ON_TERM", "exit").partition(":")
        if self.on_term not in ("exit", "drain", "ignore") or (self.on_term == "drain") != bool(drain):
            raise ValueError(f"ON_TERM={env['ON_TERM']!r}: it is exit, drain:SECONDS or ignore")
        self.drain_s = _seconds("ON_TERM=drain", drain or "0")


class Instance:
    """One process of the application, from its start to its end."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.host = socket.gethostname()
        # New at each start: a container that was restarted in place keeps its host name.
        self.id = os.urandom(6).hex()
        self.started = time.time()
        self.draining = False
        self.hung = False
        self._born = time.monotonic()
        self._ready_from = float("inf")
        self._requests = 0
        self._lock = threading.Lock()

    def identity(self, source: str) -> dict[str, Json]:
        return {
            "host": self.host,
            "instance": self.id,
            "pid": os.getpid(),
            "version": self.settings.version,
            "started": self.started,
            "uptime_s": round(time.monotonic() - self._born, 3),
            "source": source,
            "requests": self._requests,
        }

    def count(self, path: str) -> None:
        if path not in PROBES:  # the kubelet's probes would blur how a load was shared out
            with self._lock:
                self._requests += 1

    @property
    def ready(self) -> bool:
        return time.monotonic() >= self._ready_from

    def be_ready(self, after_s: float = 0.0) -> None:
        self._ready_from = time.monotonic() + after_s

    def hang(self) -> None:
        """No answers and no accepted connections from now on, at no cost of CPU."""
        self.hung = True
        # The main thread alone accepts, and waits for a connection: the signal wakes it.
        main = threading.main_thread().ident
        if main is not None:
            signal.pthread_kill(main, signal.SIGUSR1)

    def stay_if_hung(self) -> None:
        """Keep a connection's thread for ever, so that the connection is neither answered nor closed."""
        while self.hung:
            time.sleep(LONGEST_S)


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text[:6]) > 65535:
        raise ValueError(f"PORT={text!r}: it is a whole number up to 65535")
    return int(text)


def _seconds(name: str, text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0.0 <= seconds <= LONGEST_S:  # false for nan too
        raise ValueError(f"{name}: {text!r} is not a number of seconds up to {LONGEST_S:g}")
    return seconds
