"""Knows how one request is sent to one address, and what its answer says."""

from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING, NamedTuple

from names import Unresolved
from wire import BODY_LIMIT, EndOfStream, Reader, Refused, parse_head

if TYPE_CHECKING:
    from collections.abc import Callable

    Find = Callable[[str, float], str]

MOST_TEXT = 200  # of a header that is copied into a line


class Target(NamedTuple):
    """What is asked, under the name that its lines carry."""

    name: str
    url: str
    host: str
    port: int
    request: bytes


class Outcome(NamedTuple):
    """What came of one request."""

    status: int | None
    instance: str | None
    host: str | None
    error: str | None
    data: str | None = None
    """How much was written or read, and its checksum."""


def error_class(fault: Exception) -> str:
    match fault:
        case Unresolved():
            return "resolve"
        case Refused():
            return "protocol"
        case TimeoutError():
            return "timeout"
        case ConnectionRefusedError():
            return "refused"
        case EndOfStream() | ConnectionError():
            return "reset"
    return "unreachable"


def once(target: Target, find: Find) -> Callable[[float], Outcome]:
    """A new lookup and a new connection for each request."""

    def ask(deadline: float) -> Outcome:
        with connect(target, find, deadline) as sock:
            return exchange(sock, target, deadline)[0]

    return ask


class Kept:
    """One connection that is used again as long as it lasts; requests wait for their turn at it."""

    def __init__(self, target: Target, find: Find) -> None:
        self._target = target
        self._find = find
        self._turn = threading.Lock()
        self._sock: socket.socket | None = None

    def ask(self, deadline: float) -> Outcome:
        if not self._turn.acquire(timeout=left(deadline)):
            raise TimeoutError("the request before is still unanswered")
        try:
            # A kept connection found dead is a failed request: a quiet second try would hide it.
            sock, self._sock = self._sock or connect(self._target, self._find, deadline), None
            try:
                outcome, reusable = exchange(sock, self._target, deadline)
            except BaseException:
                sock.close()
                raise
            if reusable:
                self._sock = sock
            else:
                sock.close()
            return outcome
        finally:
            self._turn.release()


def kept(target: Target, find: Find) -> Callable[[float], Outcome]:
    return Kept(target, find).ask


def connect(target: Target, find: Find, deadline: float) -> socket.socket:
    """To the first address alone: trying the next one would hide a dead copy."""
    address = find(target.host, deadline)
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    try:
        sock.settimeout(left(deadline))
        sock.connect((address, target.port))
    except BaseException:
        sock.close()
        raise
    return sock


def exchange(sock: socket.socket, target: Target, deadline: float) -> tuple[Outcome, bool]:
    """One request and its whole answer; tells too whether the connection can be used again."""

    def receive() -> bytes:
        sock.settimeout(left(deadline))
        return sock.recv(65536)

    sock.sendall(target.request)
    reader = Reader(receive)
    status, headers = read_status(reader)
    reusable = read_body(reader, status, headers)
    error = None if 200 <= status < 300 else "http"
    said = (headers.get(name) for name in ("x-instance", "x-host", "x-data"))
    instance, host, data = (text and text[:MOST_TEXT] for text in said)
    return Outcome(status, instance, host, error, data), reusable


def read_status(reader: Reader) -> tuple[int, dict[str, str]]:
    while True:
        try:
            first, headers = parse_head(reader.head())
        except EndOfStream as end:
            if end.partly:
                raise Refused(400, "closed within the headers") from None
            raise
        version, _, rest = first.partition(" ")
        if not version.startswith("HTTP/1.") or not rest[:3].isdigit():
            raise Refused(400, f"not an HTTP/1 answer: {first[:40]!r}")
        if not rest.startswith("1"):  # 100 Continue and its like come before the answer
            return int(rest[:3]), headers


def read_body(reader: Reader, status: int, headers: dict[str, str]) -> bool:
    if status not in (204, 304):
        if "chunked" in headers.get("transfer-encoding", "").lower():
            read_chunks(reader)
        elif "content-length" in headers:
            reader.exactly(whole(headers["content-length"], 10))
        else:
            reader.to_the_end()
            return False
    return headers.get("connection", "").lower() != "close"


def read_chunks(reader: Reader) -> None:
    while size := whole(reader.up_to(b"\r\n").decode("latin-1").partition(";")[0], 16):
        reader.exactly(size + 2)
    while reader.up_to(b"\r\n"):
        pass  # trailers, up to the empty line


def whole(text: str, base: int) -> int:
    try:
        number = int(text[:20], base)
    except ValueError:
        number = -1
    if not 0 <= number <= BODY_LIMIT:
        raise Refused(400, f"not a length: {text[:40]!r}")
    return number


def left(deadline: float) -> float:
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise TimeoutError("no time left")
    return seconds
