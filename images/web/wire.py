"""Knows what JSON and HTTP/1.1 look like on a socket."""
# By hand, for two reasons: Debian's python3-minimal has no json, http or asyncio; and an interpreter that
# imports http.server starts in 51 ms, asyncio in 56 ms, the modules used here in 18 ms.

from __future__ import annotations

import os

TYPE_CHECKING = False  # importing typing costs 7 ms
if TYPE_CHECKING:
    from collections.abc import Callable

    Json = str | int | float | bool | None | dict[str, "Json"] | list["Json"]

HEAD_LIMIT = 16 * 1024
BODY_LIMIT = 8 * 1024 * 1024
METHODS = ("GET", "HEAD", "POST")
REASONS = {
    200: "OK", 400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed", 411: "Length Required",
    413: "Content Too Large", 431: "Request Header Fields Too Large", 500: "Internal Server Error",
    503: "Service Unavailable",
}  # fmt: skip
_ESCAPES = {code: f"\\u{code:04x}" for code in range(32)} | {ord('"'): '\\"', ord("\\"): "\\\\"}


class Refused(Exception):
    """A message that is not accepted, with the status that says so."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class EndOfStream(Exception):
    """The other side closed; `partly` tells whether it was in the middle of a message."""

    def __init__(self, *, partly: bool) -> None:
        super().__init__("closed in the middle of a message" if partly else "closed")
        self.partly = partly


class Request:
    """One request, as far as this application reads it."""

    __slots__ = ("body", "headers", "keep_alive", "method", "params", "path", "source")

    def __init__(self, method: str, target: str, version: str, headers: dict[str, str]) -> None:
        self.method = method
        self.path, _, query = target.partition("?")
        self.params = _params(query)
        self.headers = headers
        said = headers.get("connection", "").lower()
        self.keep_alive = said == "keep-alive" if version == "HTTP/1.0" else "close" not in said
        self.body = b""
        self.source = ""


class Reader:
    """The bytes of one connection in order; what was received too early is kept for the next message."""

    __slots__ = ("_kept", "_receive")

    def __init__(self, receive: Callable[[], bytes]) -> None:
        self._receive = receive
        self._kept = b""

    def head(self) -> bytes:
        """All before the empty line."""
        while (end := self._kept.find(b"\r\n\r\n")) < 0:
            if len(self._kept) > HEAD_LIMIT:
                raise Refused(431, f"more than {HEAD_LIMIT} bytes of headers")
            self._more()
        head, self._kept = self._kept[:end], self._kept[end + 4 :]
        return head

    def exactly(self, length: int) -> bytes:
        while len(self._kept) < length:
            self._more()
        body, self._kept = self._kept[:length], self._kept[length:]
        return body

    def up_to(self, mark: bytes) -> bytes:
        """All before the mark, which is taken off too."""
        while (end := self._kept.find(mark)) < 0:
            if len(self._kept) > BODY_LIMIT:
                raise Refused(413, f"more than {BODY_LIMIT} bytes")
            self._more()
        found, self._kept = self._kept[:end], self._kept[end + len(mark) :]
        return found

    def to_the_end(self) -> None:
        """Read on until the other side closes."""
        received = len(self._kept)
        self._kept = b""
        while more := self._receive():
            received += len(more)
            if received > BODY_LIMIT:
                raise Refused(413, f"more than {BODY_LIMIT} bytes")

    def _more(self) -> None:
        more = self._receive()
        if not more:
            raise EndOfStream(partly=bool(self._kept))
        self._kept += more


def read_request(reader: Reader, go_on: Callable[[], None]) -> Request:
    """The next request; `go_on` tells a client that waits for it to send the body."""
    request = parse_request(reader.head())
    if "transfer-encoding" in request.headers:
        raise Refused(411, "a body needs a Content-Length")
    length = request.headers.get("content-length", "0")
    if not is_whole(length):
        raise Refused(400, f"Content-Length: {length[:40]!r} is not a whole number")
    if int(length) > BODY_LIMIT:
        raise Refused(413, f"a body of {length} bytes: the most is {BODY_LIMIT}; bytes=N makes larger ones")
    if request.headers.get("expect", "").lower() == "100-continue":
        go_on()
    request.body = reader.exactly(int(length))
    return request


def parse_request(head: bytes) -> Request:
    first, headers = parse_head(head)
    words = first.split(" ")
    if len(words) != 3 or words[2] not in ("HTTP/1.0", "HTTP/1.1") or not words[1].startswith("/"):
        raise Refused(400, f"not an HTTP/1 request line: {first[:40]!r}")
    if words[0] not in METHODS:
        raise Refused(405, f"method {words[0][:40]!r}: only {', '.join(METHODS)}")
    return Request(words[0], words[1], words[2], headers)


def parse_head(head: bytes) -> tuple[str, dict[str, str]]:
    """The first line, and the headers by their names in small letters."""
    first, *lines = head.decode("latin-1").split("\r\n")
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip():
            raise Refused(400, f"not a header line: {line[:40]!r}")
        headers[name.lower()] = value.strip()
    return first, headers


def response(status: int, headers: dict[str, str], body: bytes, *, with_body: bool) -> bytes:
    lines = [f"HTTP/1.1 {status} {REASONS[status]}", "Content-Type: application/json"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines += [f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode("latin-1", "replace") + (body if with_body else b"")


def to_json(value: Json) -> str:
    if isinstance(value, str):
        return f'"{value.translate(_ESCAPES)}"'
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{to_json(name)}: {to_json(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(to_json, value)) + "]"
    return repr(value)


def write_line(descriptor: int, text: str) -> None:
    """One line in one write, so that the lines of several threads don't mix, and none waits in a buffer."""
    data = (text + "\n").encode("utf-8", "replace")
    while data:
        data = data[os.write(descriptor, data) :]


def is_whole(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 15


def _params(query: str) -> dict[str, str]:
    if not query:
        return {}
    from urllib.parse import parse_qsl

    try:
        return dict(parse_qsl(query, keep_blank_values=True, max_num_fields=20))
    except ValueError as wrong:
        raise Refused(400, f"the query: {wrong}") from None
