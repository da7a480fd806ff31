"""The demo application's client: its schedule, what it writes down, and how it finds addresses."""

from __future__ import annotations

import errno
import importlib
import itertools
import json
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Handler = Callable[[socket.socket], object]

WEB = Path(__file__).parents[3] / "images" / "web"
CLIENT = [sys.executable, "-S", "-B", str(WEB / "web.py"), "client"]
DEADLINE_S = 10.0
FIELDS = ["n", "target", "planned_s", "sent_s", "done_s", "status", "instance", "host", "error"]

sys.path.insert(0, str(WEB))
try:
    exchange, names = importlib.import_module("exchange"), importlib.import_module("names")
    client = importlib.import_module("client")
finally:
    sys.path.remove(str(WEB))


class Run(NamedTuple):
    header: dict[str, Any]
    requests: list[dict[str, Any]]
    summary: dict[str, Any]


class Fake:
    """A server whose handler does what it likes with each connection."""

    def __init__(self, handler: Handler) -> None:
        self.accepted = 0
        self._handler = handler
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.port = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            if self._handler is _stop:
                connection.close()
                self._listener.close()
                return
            self.accepted += 1
            self._threads.append(threading.Thread(target=self._serve, args=(connection,)))
            self._threads[-1].start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            connection.settimeout(DEADLINE_S)
            try:
                self._handler(connection)
            except OSError:
                return  # the client went away, as it may

    def end(self) -> None:
        self._handler = _stop
        socket.create_connection(("127.0.0.1", self.port)).close()
        for thread in self._threads:
            thread.join(DEADLINE_S)


def _stop(connection: socket.socket) -> None:
    raise NotImplementedError


@pytest.fixture
def serve() -> Iterator[Callable[[Handler], Fake]]:
    running: list[Fake] = []

    def new(handler: Handler) -> Fake:
        running.append(Fake(handler))
        return running[-1]

    yield new
    for fake in running:
        fake.end()


def says(answer: bytes, *, wait_s: float = 0.0) -> Handler:
    """A handler that gives the same bytes to each request, and closes if they say so."""

    def handle(connection: socket.socket) -> None:
        while connection.recv(65536):
            time.sleep(wait_s)
            connection.sendall(answer)
            if b"Content-Length" not in answer and b"chunked" not in answer:
                return

    return handle


OK = b"HTTP/1.1 200 OK\r\nX-Instance: i1\r\nX-Host: h1\r\nContent-Length: 2\r\n\r\nok"


def run(*options: str, target: str) -> Run:
    done = subprocess.run(
        [*CLIENT, "--target", target, *options],
        capture_output=True,
        text=True,
        check=True,
        timeout=DEADLINE_S,
    )
    assert done.stderr == ""
    header, *requests, summary = map(json.loads, done.stdout.splitlines())
    return Run(header, requests, summary)


def ask(port: int, *, way: str = "once", timeout_s: float = 2.0, address: str = "127.0.0.1") -> Any:
    """One request from within this process, with a resolver of the test's own."""
    target = client.read_target(f"t=http://name.test:{port}/", keep_alive=way == "kept")
    return getattr(exchange, way)(target, lambda _host, _deadline: address)(time.monotonic() + timeout_s)


def error_of(port: int, **how: Any) -> str | None:
    try:
        return str(ask(port, **how).error)
    except (OSError, exchange.Refused, exchange.EndOfStream) as fault:
        return str(exchange.error_class(fault))


# What is written


def test_each_request_is_one_line_between_a_header_and_a_summary(serve: Callable[[Handler], Fake]) -> None:
    fake = serve(says(OK))
    url = f"http://127.0.0.1:{fake.port}/x?y=1"
    before = time.monotonic_ns()
    ran = run("--per-s", "100", "--count", "20", target=f"web={url}")
    assert ran.header["schema"] == "labs.client/1"
    assert before < ran.header["start_monotonic_ns"] < time.monotonic_ns()
    assert abs(ran.header["start_unix_ns"] / 1e9 - time.time()) < DEADLINE_S
    assert (ran.header["per_s"], ran.header["targets"]) == (100, {"web": url})
    assert all(list(line) == FIELDS for line in ran.requests)
    assert {(r["status"], r["instance"], r["host"], r["error"]) for r in ran.requests} == {(200, "i1", "h1", None)}
    assert (ran.summary["end"], ran.summary["sent"], ran.summary["ok"], ran.summary["failed"]) == (
        *(True, 20, 20, 0),
    )
    assert 0 <= ran.summary["late_p50_ms"] <= ran.summary["late_p99_ms"] <= ran.summary["late_max_ms"]
    assert fake.accepted == 20


def test_the_schedule_is_kept_whatever_becomes_of_the_requests(serve: Callable[[Handler], Fake]) -> None:
    fake = serve(says(OK, wait_s=0.8))
    ran = run("--per-s", "50", "--seconds", "0.4", "--timeout-ms", "3000", target=f"a=http://127.0.0.1:{fake.port}")
    by_number = sorted(ran.requests, key=lambda line: int(line["n"]))
    assert [line["planned_s"] for line in by_number] == [n / 50 for n in range(20)]
    assert all(line["planned_s"] <= line["sent_s"] < line["done_s"] for line in by_number)
    assert max(line["sent_s"] for line in by_number) < min(line["done_s"] for line in by_number)


def test_targets_share_the_schedule(serve: Callable[[Handler], Fake]) -> None:
    one, other = serve(says(OK)), serve(says(OK))
    more = ("--target", f"b=http://127.0.0.1:{other.port}/")
    ran = run("--per-s", "100", "--count", "5", *more, target=f"a=http://127.0.0.1:{one.port}/")
    assert sorted((r["n"], r["target"]) for r in ran.requests) == [(n, t) for n in range(5) for t in "ab"]
    assert (one.accepted, other.accepted, ran.summary["sent"]) == (5, 5, 10)


def test_targets_may_be_asked_in_turn(serve: Callable[[Handler], Fake]) -> None:
    one, other = serve(says(OK)), serve(says(OK))
    more = ("--target", f"b=http://127.0.0.1:{other.port}/", "--in-turn")
    ran = run("--per-s", "100", "--count", "5", *more, target=f"a=http://127.0.0.1:{one.port}/")
    assert sorted((r["n"], r["target"]) for r in ran.requests) == [(0, "a"), (1, "b"), (2, "a"), (3, "b"), (4, "a")]
    assert (one.accepted, other.accepted, ran.summary["sent"]) == (3, 2, 5)


@pytest.mark.parametrize("host", ["shop.test", "shop.test:80", ""])
def test_another_host_may_be_asked_for_than_the_one_that_is_connected_to(
    serve: Callable[[Handler], Fake], host: str
) -> None:
    seen: list[bytes] = []

    def handle(connection: socket.socket) -> None:
        seen.append(connection.recv(65536))
        connection.sendall(OK)

    fake = serve(handle)
    run("--count", "1", *(("--host", host) if host else ()), target=f"a=http://127.0.0.1:{fake.port}/x")
    (head,) = seen
    assert head.startswith(b"GET /x HTTP/1.1\r\n")
    assert f"Host: {host or f'127.0.0.1:{fake.port}'}\r\n".encode() in head


def test_the_application_itself_is_recognised() -> None:
    server = [sys.executable, "-S", "-B", str(WEB / "web.py")]
    with subprocess.Popen(server, env={"PORT": "0"}, stdout=subprocess.PIPE, text=True) as app:
        assert app.stdout is not None
        instance = app.stdout.readline().partition("instance=")[2].split()[0]
        port = app.stdout.readline().rpartition("=")[2].strip()
        for kind in ((), ("--keep-alive",), ("--dns",)):
            ran = run("--per-s", "100", "--count", "5", *kind, target=f"web=http://127.0.0.1:{port}/")
            assert {(r["instance"], r["host"]) for r in ran.requests} == {(instance, socket.gethostname())}
        app.terminate()


# What can go wrong


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (OK, None),
        (b"HTTP/1.1 503 Ill\r\nX-Instance: i1\r\nContent-Length: 0\r\n\r\n", "http"),
        (b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n", "http"),
        (b"HTTP/1.1 204 Nothing\r\nContent-Length: 0\r\n\r\n", None),
        (b"HTTP/1.1 100 Go on\r\n\r\n" + OK, None),
        (b"HTTP/1.0 200 OK\r\n\r\nuntil the end", None),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x\r\nabc\r\n0\r\nT: 1\r\n\r\n", None),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "protocol"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n", "protocol"),
        (b"HTTP/1.1 abc\r\n\r\n", "protocol"),
        (b"SSH-2.0-hello\r\n", "protocol"),
        (b"SSH-2.0-hello\r\n\r\n", "protocol"),
        (b"", "reset"),
    ],
)
def test_an_answer_is_told_from_what_is_none(
    serve: Callable[[Handler], Fake], answer: bytes, error: str | None
) -> None:
    fake = serve(says(answer))
    target = client.read_target(f"t=http://name.test:{fake.port}/", keep_alive=False)
    try:
        outcome = exchange.once(target, lambda *_: "127.0.0.1")(time.monotonic() + 2.0).error
    except (OSError, exchange.Refused, exchange.EndOfStream) as fault:
        outcome = exchange.error_class(fault)
    assert outcome == error


def test_an_error_answer_still_says_who_gave_it(serve: Callable[[Handler], Fake]) -> None:
    fake = serve(says(b"HTTP/1.1 503 Ill\r\nX-Instance: i9\r\nContent-Length: 0\r\n\r\n"))
    (line,) = run("--count", "1", target=f"a=http://127.0.0.1:{fake.port}/").requests
    assert (line["status"], line["instance"], line["host"], line["error"]) == (503, "i9", None, "http")


def _cut(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(OK[:-1])


def _reset(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _silent(connection: socket.socket) -> None:
    while connection.recv(65536):
        pass


def _drip(connection: socket.socket) -> None:
    for byte in OK:
        connection.sendall(bytes([byte]))
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("handler", "error"), [(_cut, "reset"), (_reset, "reset"), (_silent, "timeout"), (_drip, "timeout")]
)
def test_a_broken_or_late_answer_has_its_class(
    serve: Callable[[Handler], Fake], handler: Handler, error: str
) -> None:
    begun = time.monotonic()
    assert error_of(serve(handler).port, timeout_s=0.3) == error
    assert time.monotonic() - begun < 2.0


def test_a_closed_port_refuses_and_a_full_queue_times_out() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        assert error_of(port) == "refused"
        listener.listen(0)
        with socket.create_connection(("127.0.0.1", port)):
            assert error_of(port, timeout_s=0.1) == "timeout"


def test_an_address_without_a_way_to_it_is_unreachable() -> None:
    assert error_of(80, address="255.255.255.255") == "unreachable"
    assert exchange.error_class(OSError(errno.EHOSTUNREACH, "No route to host")) == "unreachable"


def test_an_unknown_name_is_a_class_of_its_own() -> None:
    ran = run("--count", "1", "--timeout-ms", "300", target="a=http://name..invalid/")
    assert [line["error"] for line in ran.requests] == ["resolve"]
    assert ran.summary["errors"] == {"resolve": 1}


# Kept connections


def _kept(fake: Fake) -> Callable[[float], Any]:
    target = client.read_target(f"t=http://name.test:{fake.port}/", keep_alive=True)
    send = exchange.Kept(target, lambda *_: "127.0.0.1")
    return lambda timeout_s: send.ask(time.monotonic() + timeout_s)


def test_a_kept_connection_serves_all_requests(serve: Callable[[Handler], Fake]) -> None:
    fake = serve(says(OK))
    ran = run("--per-s", "100", "--count", "10", "--keep-alive", target=f"a=http://127.0.0.1:{fake.port}/")
    assert (ran.summary["ok"], fake.accepted) == (10, 1)


def test_a_connection_that_is_to_close_is_made_anew(serve: Callable[[Handler], Fake]) -> None:
    fake = serve(says(OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")))
    ran = run("--per-s", "50", "--count", "4", "--keep-alive", target=f"a=http://127.0.0.1:{fake.port}/")
    assert (ran.summary["ok"], fake.accepted) == (4, 4)


def test_a_kept_connection_that_died_is_a_failed_request(serve: Callable[[Handler], Fake]) -> None:
    closed = threading.Semaphore(0)

    def one_answer(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(OK)
        connection.close()
        closed.release()

    send = _kept(serve(one_answer))
    assert send(2.0).error is None
    assert closed.acquire(timeout=DEADLINE_S)
    with pytest.raises((exchange.EndOfStream, ConnectionError)):
        send(2.0)
    answer = send(2.0)
    assert answer.status == 200
    assert closed.acquire(timeout=DEADLINE_S)
    with pytest.raises((exchange.EndOfStream, ConnectionError)):
        send(2.0)  # which also closes the last connection


def test_a_request_waits_for_its_turn_no_longer_than_its_time(serve: Callable[[Handler], Fake]) -> None:
    fake = serve(_silent)
    ran = run(
        *("--per-s", "50", "--count", "5", "--timeout-ms", "200", "--keep-alive"),
        target=f"a=http://127.0.0.1:{fake.port}/",
    )
    assert ran.summary["errors"] == {"timeout": 5}
    assert all(line["done_s"] - line["sent_s"] < 1.0 for line in ran.requests)


# Addresses


def test_only_the_first_address_is_tried_and_each_request_looks_anew(
    serve: Callable[[Handler], Fake], monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = serve(says(OK))
    answers = itertools.cycle([["127.0.0.2", "127.0.0.1"], ["127.0.0.1", "127.0.0.2"]])

    def look(*_: object) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in next(answers)]

    monkeypatch.setattr(names.socket, "getaddrinfo", look)
    target = client.read_target(f"t=http://name.test:{fake.port}/", keep_alive=False)
    send = exchange.once(target, names.by_system)
    for _ in range(2):
        with pytest.raises(ConnectionRefusedError):
            send(time.monotonic() + 2.0)
        assert send(time.monotonic() + 2.0).status == 200


def test_a_stuck_resolver_costs_no_more_than_the_requests_time(monkeypatch: pytest.MonkeyPatch) -> None:
    let_go = threading.Event()

    def look(*_: object) -> None:
        let_go.wait(DEADLINE_S)
        raise socket.gaierror

    monkeypatch.setattr(names.socket, "getaddrinfo", look)
    begun = time.monotonic()
    with pytest.raises(names.Unresolved):
        names.by_system("name.test", begun + 0.1)
    assert 0.09 < time.monotonic() - begun < 2.0
    stuck = [thread for thread in threading.enumerate() if thread.name.endswith("(look)")]
    let_go.set()
    for thread in stuck:
        thread.join(DEADLINE_S)


@pytest.mark.parametrize("way", ["by_system", "by_nameserver"])
@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_an_address_needs_no_lookup(way: str, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names.socket, "getaddrinfo", None)
    assert getattr(names, way)(address, 0.0) == address


def _record(name: bytes, kind: int, data: bytes) -> bytes:
    return name + struct.pack("!HHIH", kind, 1, 60, len(data)) + data


def _a(address: str) -> bytes:
    return _record(b"\xc0\x0c", 1, socket.inet_aton(address))


class NameServer:
    """Answers questions by name; what it is not told about, it does not answer."""

    def __init__(self, zone: dict[str, tuple[int, list[bytes]]], folder: Path) -> None:
        self.asked: list[str] = []
        self._zone = zone
        self._sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._sock.bind(("127.0.0.1", 0))
        self.port = self._sock.getsockname()[1]
        self.conf = folder / "resolv.conf"
        self.conf.write_text("nameserver 127.0.0.1\nsearch ns.svc cluster\noptions timeout:1 ndots:2\n")
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        with self._sock:
            while (packet := self._sock.recvfrom(4096))[0]:
                data, client_address = packet
                self.asked.append(_name(data))
                code, records = self._zone.get(self.asked[-1], (-1, []))
                if code < 0:
                    continue
                flags = struct.pack("!5H", 0x8180 | code, 1, len(records), 0, 0)
                # First an answer to some other question, which must be passed over.
                self._sock.sendto(b"\x00\x00" + flags + data[12:] + _a("10.9.9.9"), client_address)
                self._sock.sendto(data[:2] + flags + data[12:] + b"".join(records), client_address)

    def find(self, host: str, timeout_s: float = 2.0) -> str:
        return str(names.by_nameserver(host, time.monotonic() + timeout_s, self.conf, self.port))

    def end(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.sendto(b"", ("127.0.0.1", self.port))
        self._thread.join(DEADLINE_S)


def _name(packet: bytes) -> str:
    labels, at = [], 12
    while length := packet[at]:
        labels.append(packet[at + 1 : at + 1 + length].decode())
        at += 1 + length
    return ".".join(labels)


@pytest.fixture
def name_server(tmp_path: Path) -> Iterator[NameServer]:
    alias = _record(b"\xc0\x0c", 5, b"\x03www\xc0\x0c")
    server = NameServer(
        {
            "web.ns.svc": (0, [_a("10.0.0.2"), _a("10.0.0.1")]),
            "far.ns.svc": (3, []),
            "far.cluster": (0, [alias, _record(b"\x03www\xc0\x0c", 1, b"\x0a\x00\x00\x07")]),
            "empty.ns.svc": (0, []),
            "empty.cluster": (3, []),
            "empty": (3, []),
            "www.far.example": (0, [_a("10.0.0.9")]),
            "ill.ns.svc": (2, []),
            "short.ns.svc": (0, [b"\xc0\x0c\x00\x01"]),
        },
        tmp_path,
    )
    yield server
    server.end()


@pytest.mark.parametrize(
    ("host", "address", "asked"),
    [
        ("web", "10.0.0.2", ["web.ns.svc"]),
        ("far", "10.0.0.7", ["far.ns.svc", "far.cluster"]),
        ("www.far.example", "10.0.0.9", ["www.far.example"]),
        ("web.ns.svc.", "10.0.0.2", ["web.ns.svc"]),
    ],
)
def test_the_name_servers_first_address_is_taken_in_its_own_order(
    name_server: NameServer, host: str, address: str, asked: list[str]
) -> None:
    assert name_server.find(host) == address
    assert name_server.asked == asked


@pytest.mark.parametrize("host", ["empty", "ill", "short", "silent", "a..b", "é", "x" * 64])
def test_a_name_without_an_address_is_unresolved(name_server: NameServer, host: str) -> None:
    begun = time.monotonic()
    with pytest.raises(names.Unresolved):
        name_server.find(host, timeout_s=0.3)
    assert time.monotonic() - begun < 2.0


@pytest.mark.parametrize(
    ("text", "server", "search", "ndots"),
    [
        ("", "127.0.0.1", (), 1),
        ("nameserver 10.0.0.1\nnameserver 10.0.0.2\n", "10.0.0.1", (), 1),
        ("domain a\nsearch b c\nnameserver ::1\n", "::1", ("b", "c"), 1),
        ("# options ndots:9\noptions ndots:5 rotate\nsearch .\n", "127.0.0.1", (".",), 5),
    ],
)
def test_resolv_conf_is_read_as_its_manual_says(text: str, server: str, search: tuple[str, ...], ndots: int) -> None:
    assert names.read_resolver(text) == (server, search, ndots)


# Ending, clocks, bounds


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_sending_and_the_summary_is_written(
    serve: Callable[[Handler], Fake], number: signal.Signals
) -> None:
    fake = serve(says(OK, wait_s=0.1))
    command = [*CLIENT, "--target", f"a=http://127.0.0.1:{fake.port}/", "--per-s", "50", "--seconds", "60"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(4)]  # streamed: it is still running
        process.send_signal(number)
        lines += process.stdout.readlines()
        assert process.wait(DEADLINE_S) == 0
    summary = json.loads(lines[-1])
    assert summary["stopped"] == number.name
    assert summary["sent"] == summary["ok"] == len(lines) - 2 < 1000


def test_a_ping_is_answered_with_the_clock(serve: Callable[[Handler], Fake]) -> None:
    fake = serve(says(OK))
    options = [
        "--target",
        f"a=http://127.0.0.1:{fake.port}/",
        "--per-s",
        "1",
        "--seconds",
        "60",
        "--handshake",
    ]
    with subprocess.Popen(
        [*CLIENT, *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for _ in range(2):
            before = time.monotonic_ns()
            process.stdin.write("ping\n")
            answers = (json.loads(line) for line in process.stdout)
            pong = next(answer["pong"] for answer in answers if "pong" in answer)
            assert before < pong < time.monotonic_ns()
        process.terminate()
        assert json.loads(process.stdout.readlines()[-1])["end"] is True


def test_it_does_not_go_on_when_nobody_reads(serve: Callable[[Handler], Fake]) -> None:
    fake = serve(says(OK))
    command = [*CLIENT, "--target", f"a=http://127.0.0.1:{fake.port}/", "--per-s", "100", "--seconds", "60"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(DEADLINE_S) == 1


@pytest.mark.parametrize(
    ("options", "names_it"),
    [
        ((), "--target"),
        (("--target", "http://x/"), "NAME=http"),
        (("--target", "a=https://x/"), "NAME=http"),
        (("--target", "a=http://x:99999/"), "--target"),
        (("--target", "a=http://x/ y"), "--target"),
        (("--target", "a=http://x/", "--target", "a=http://y/"), "--target"),
        (("--target", "a=http://x/", "--per-s", "201"), "200"),
        (("--target", "a=http://x/", "--per-s", "nan"), "--per-s"),
        (("--target", "a=http://x/", "--seconds", "3601"), "3600"),
        (("--target", "a=http://x/", "--seconds", "0"), "--seconds"),
        (("--target", "a=http://x/", "--count", "0"), "--count"),
        (("--target", "a=http://x/", "--per-s", "1", "--count", "3601"), "3600"),
        (("--target", "a=http://x/", "--timeout-ms", "0"), "--timeout-ms"),
        (("--target", "a=http://x/", "--frequency", "3"), "--frequency"),
    ],
)
def test_what_is_out_of_bounds_is_refused_in_one_line(
    options: tuple[str, ...], names_it: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        client.read_plan(list(options))
    said = capfd.readouterr().err
    assert ended.value.code == 2
    assert (said.count("\n"), said.startswith("client: ")) == (1, True)
    assert names_it in said


@pytest.mark.parametrize(
    ("per_s", "seconds", "count", "requests"),
    [
        (50, 10, None, 500),
        (10, None, None, 100),
        (0.5, 3, None, 2),
        (10, None, 7, 7),
        (10, 1, 7, 7),
        (10, 1, 70, 10),
    ],
)
def test_seconds_and_count_bound_the_requests(
    per_s: float, seconds: float | None, count: int | None, requests: int
) -> None:
    assert client.count_requests(per_s, seconds, count) == requests
