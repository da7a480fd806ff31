"""The demo application's proxy, run as a process of its own between real sockets on loopback."""

from __future__ import annotations

import hashlib
import importlib
import os
import queue
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest
from test_web_app import NOT_IN_MINIMAL
from test_web_client import DEADLINE_S, WEB, NameServer, _a, _record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Handler = Callable[[socket.socket], object]
    Serve = Callable[..., "Backend"]
    Start = Callable[..., "Proxy"]
    Zone = dict[str, tuple[int, list[bytes]]]

PYTHON = [sys.executable, "-S", "-B"]
PROXY = [*PYTHON, str(WEB / "web.py"), "proxy"]
ONE, TWO, THREE = "127.0.0.1", "127.0.0.2", "127.0.0.3"

sys.path.insert(0, str(WEB))
try:
    names, proxy = importlib.import_module("names"), importlib.import_module("proxy")
finally:
    sys.path.remove(str(WEB))


class Backend:
    """A server whose handler does what it likes with each connection."""

    def __init__(self, handler: Handler, address: str, port: int) -> None:
        self._handler = handler
        self._listener = socket.create_server((address, port))
        self.port: int = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        with self._listener:
            while True:
                try:
                    connection, _ = self._listener.accept()
                except OSError:
                    return  # it was shut down
                self._threads.append(threading.Thread(target=self._serve, args=(connection,)))
                self._threads[-1].start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            connection.settimeout(DEADLINE_S)
            try:
                self._handler(connection)
            except OSError:
                return  # the proxy went away, as it may

    def end(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(DEADLINE_S)


class Proxy:
    """One running proxy, which says nothing but what it should."""

    def __init__(self, command: list[str]) -> None:
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.said = self.process.stdout.readline().rstrip("\n")
        self.port = int(self.said.split()[3].removeprefix("port="))

    def connect(self) -> socket.socket:
        return socket.create_connection((ONE, self.port), timeout=DEADLINE_S)

    def ask(self, text: bytes = b"GET / HTTP/1.0\r\n\r\n") -> bytes:
        """All that comes back on one connection."""
        with self.connect() as sock:
            sock.sendall(text)
            return read_all(sock)

    def asked(self, times: int) -> str:
        return "".join(self.ask().decode() for _ in range(times))

    def end(self) -> None:
        self.process.kill()
        assert self.process.communicate(timeout=DEADLINE_S)[1] == ""


def read_all(sock: socket.socket) -> bytes:
    return b"".join(iter(lambda: sock.recv(65536), b""))


@pytest.fixture
def serve() -> Iterator[Serve]:
    running: list[Backend] = []

    def new(handler: Handler, address: str = ONE, port: int = 0) -> Backend:
        running.append(Backend(handler, address, port))
        return running[-1]

    yield new
    for backend in running:
        backend.end()


@pytest.fixture
def zone() -> Zone:
    """What the name server answers, from one moment to the next."""
    return {f"gone{domain}": (3, []) for domain in (".ns.svc", ".cluster", "")}


@pytest.fixture
def name_server(zone: Zone, tmp_path: Path) -> Iterator[NameServer]:
    server = NameServer(zone, tmp_path)
    yield server
    server.end()


@pytest.fixture
def start(serve: Serve, name_server: NameServer) -> Iterator[Start]:
    """A proxy that asks the test's own name server, with other bounds where they are given."""
    running: list[Proxy] = []

    def new(host: str, port: int, **bounds: float) -> Proxy:
        lines = [
            "import functools, pathlib, sys",
            f"sys.path.insert(0, {str(WEB)!r})",
            "import names, proxy",
            *(f"proxy.{name} = {value!r}" for name, value in bounds.items()),
            f"conf, port = pathlib.Path({str(name_server.conf)!r}), {name_server.port}",
            "find = functools.partial(names.all_by_nameserver, conf=conf, port=port)",
            "sys.exit(proxy.main(sys.argv[1:], find))",
        ]
        running.append(Proxy([*PYTHON, "-c", "\n".join(lines), "--to", f"{host}:{port}", "--listen", "0"]))
        return running[-1]

    yield new
    for one in running:
        one.end()


def says(text: bytes) -> Handler:
    def handle(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(text)

    return handle


def echo(connection: socket.socket) -> None:
    while block := connection.recv(65536):
        connection.sendall(block)


def three(serve: Serve) -> int:
    """Backends that say a, b and c, each on an address of its own; their one port.

    It is found on the first address, from which all connections here come: on the others it is free then.
    """
    port = serve(says(b"a"), ONE).port
    serve(says(b"b"), TWO, port)
    serve(says(b"c"), THREE, port)
    return port


def at(*addresses: str) -> tuple[int, list[bytes]]:
    return 0, [_a(address) for address in addresses]


# Turns


def test_the_addresses_take_turns_and_each_connection_asks_anew(
    serve: Serve, start: Start, zone: Zone, name_server: NameServer
) -> None:
    zone["web.ns.svc"] = at(THREE, ONE, TWO)
    assert start("web", three(serve)).asked(7) == "abcabca"
    assert name_server.asked == ["web.ns.svc"] * 7


def test_the_turns_go_on_when_the_addresses_change(serve: Serve, start: Start, zone: Zone) -> None:
    zone["web.ns.svc"] = at(ONE, TWO, THREE)
    running = start("web", three(serve))
    assert running.asked(1) == "a"
    zone["web.ns.svc"] = at(TWO, ONE)
    assert running.asked(2) == "ba"
    zone["web.ns.svc"] = at(THREE, TWO, ONE)
    assert running.asked(3) == "abc"


def test_an_address_that_refuses_is_skipped(serve: Serve, start: Start, zone: Zone) -> None:
    port = serve(says(b"a"), ONE).port
    serve(says(b"c"), THREE, port)
    zone["web.ns.svc"] = at(ONE, TWO, THREE)
    assert start("web", port).asked(6) == "accacc"


def test_an_address_that_does_not_answer_costs_a_second(serve: Serve, start: Start, zone: Zone) -> None:
    zone["web.ns.svc"] = at(ONE, TWO)
    with socket.socket() as full:
        full.bind((ONE, 0))
        full.listen(0)
        port = full.getsockname()[1]
        serve(says(b"b"), TWO, port)
        with socket.create_connection((ONE, port)):
            running = start("web", port)
            begun = time.monotonic()
            assert running.ask() == b"b"
            assert 0.9 < time.monotonic() - begun < 3.0


def test_an_address_needs_no_name_server(serve: Serve) -> None:
    backend = serve(says(b"a"))
    running = Proxy([*PROXY, "--listen", "0", "--to", f"{ONE}:{backend.port}"])
    try:
        assert running.said == f"web proxy listening port={running.port} to={ONE}:{backend.port}"
        assert running.asked(2) == "aa"
    finally:
        running.end()


@pytest.mark.parametrize(
    ("host", "addresses"), [("web", ["10.0.0.9", "10.0.0.1"]), ("10.0.0.3", ["10.0.0.3"]), ("www", ["10.0.0.7"])]
)
def test_all_addresses_come_in_the_name_servers_own_order(
    zone: Zone, name_server: NameServer, host: str, addresses: list[str]
) -> None:
    zone["web.ns.svc"] = at("10.0.0.9", "10.0.0.1")
    zone["www.ns.svc"] = (0, [_record(b"\xc0\x0c", 5, b"\x01x\xc0\x0c"), _a("10.0.0.7")])
    deadline = time.monotonic() + 2.0
    assert names.all_by_nameserver(host, deadline, name_server.conf, name_server.port) == addresses


# Nobody there


@pytest.mark.parametrize(
    ("host", "why"),
    [
        ("web", "web: no answer on port 1 from 127.0.0.1, 127.0.0.2"),
        ("gone", "gone: no such name"),
        ("ill", "refused, with code 2"),
        ("cut", "invalid length"),
        ("silent", "silent: timed out"),
        ("127.0.0.3", "127.0.0.3: no answer on port 1"),
    ],
)
def test_without_an_address_that_answers_the_client_gets_a_502(start: Start, zone: Zone, host: str, why: str) -> None:
    zone["web.ns.svc"] = at(ONE, TWO)
    zone["ill.ns.svc"] = (2, [])
    zone["cut.ns.svc"] = (0, [_record(b"\xc0\x0c", 1, b"\x0a\x00")])
    more_than_buffers_hold = bytes(1 << 24)
    answer = start(host, 1).ask(b"POST / HTTP/1.0\r\n\r\n" + more_than_buffers_hold)
    head, _, text = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 502 Bad Gateway\r\n")
    assert f"Content-Length: {len(text)}" in head.decode()
    assert (text.startswith(b"proxy: "), text.count(b"\n"), text[-1:]) == (True, 1, b"\n")
    assert why in text.decode()


def test_a_backend_that_comes_is_found_by_the_next_connection(serve: Serve, start: Start, zone: Zone) -> None:
    backend = serve(says(b"a"))
    running = start("gone", backend.port)
    assert b"502" in running.ask()
    zone["gone.ns.svc"] = at(ONE)
    assert running.ask() == b"a"


# Copying


def test_a_client_that_has_said_all_still_gets_its_answer(serve: Serve, start: Start) -> None:
    running = start(ONE, serve(lambda connection: connection.sendall(read_all(connection)[::-1])).port)
    with running.connect() as sock:
        sock.sendall(b"abc")
        sock.shutdown(socket.SHUT_WR)
        assert read_all(sock) == b"cba"


def test_a_backend_that_has_said_all_still_gets_the_rest(serve: Serve, start: Start) -> None:
    got: queue.Queue[bytes] = queue.Queue()

    def first_talk(connection: socket.socket) -> None:
        connection.sendall(b"bye")
        connection.shutdown(socket.SHUT_WR)
        got.put(read_all(connection))

    running = start(ONE, serve(first_talk).port)
    with running.connect() as sock:
        assert read_all(sock) == b"bye"
        sock.sendall(b"and this")
        sock.shutdown(socket.SHUT_WR)
        assert got.get(timeout=DEADLINE_S) == b"and this"


def test_much_goes_both_ways_at_once_and_arrives_as_it_was(serve: Serve, start: Start) -> None:
    """An echo that is read all the time, but stops reading while it can't write."""
    sent = os.urandom(1 << 24)
    with start(ONE, serve(echo).port).connect() as sock:

        def send() -> None:
            sock.sendall(sent)
            sock.shutdown(socket.SHUT_WR)

        sender = threading.Thread(target=send)
        sender.start()
        received = read_all(sock)
        sender.join(DEADLINE_S)
    assert hashlib.sha256(received).digest() == hashlib.sha256(sent).digest()


def test_a_backend_that_resets_ends_the_clients_connection(serve: Serve, start: Start) -> None:
    def reset(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    running = start(ONE, serve(reset).port)
    assert running.ask() == running.ask() == b""


def test_a_silent_connection_is_closed_on_both_sides(serve: Serve, start: Start) -> None:
    ended: queue.Queue[bytes] = queue.Queue()
    running = start(ONE, serve(lambda connection: ended.put(read_all(connection))).port, IDLE_S=0.2)
    with running.connect() as sock:
        sock.sendall(b"abc")
        assert ended.get(timeout=DEADLINE_S) == b"abc"
        assert read_all(sock) == b""


def test_a_connection_too_many_waits_for_its_turn(serve: Serve, start: Start) -> None:
    running = start(ONE, serve(echo).port, MOST_CONNECTIONS=2)
    with running.connect() as one, running.connect() as other, running.connect() as third:
        for sock in (one, other, third):
            sock.sendall(b"x")
        assert one.recv(1) == other.recv(1) == b"x"
        third.settimeout(0.1)
        with pytest.raises(TimeoutError):
            third.recv(1)
        one.close()
        third.settimeout(DEADLINE_S)
        assert third.recv(1) == b"x"


# The process


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_at_once_with_connections_open(serve: Serve, start: Start, number: signal.Signals) -> None:
    running = start(ONE, serve(echo).port)
    with running.connect() as sock:
        sock.sendall(b"x")
        assert sock.recv(1) == b"x"
        running.process.send_signal(number)
        said, _ = running.process.communicate(timeout=DEADLINE_S)
        assert read_all(sock) == b""
    assert (running.process.returncode, said) == (0, f"web stop {number.name} code=0\n")


def test_it_needs_no_more_than_python3_minimal() -> None:
    code = f"import sys; sys.path.insert(0, {str(WEB)!r}); import proxy; print(*sys.modules)"
    loaded = subprocess.run([*PYTHON, "-c", code], capture_output=True, text=True, check=True)
    assert not set(loaded.stdout.split()) & NOT_IN_MINIMAL


@pytest.mark.parametrize(
    ("options", "names_it"),
    [
        ((), "--to"),
        (("--to", "web"), "HOST:PORT"),
        (("--to", ":80"), "HOST:PORT"),
        (("--to", "http://web:80"), "HOST:PORT"),
        (("--to", "web:"), "--to web"),
        (("--to", "web:http"), "'http'"),
        (("--to", "web:0"), "1 to 65535"),
        (("--to", "web:65536"), "1 to 65535"),
        (("--to", "web:80", "--listen", "65536"), "--listen"),
        (("--to", "web:80", "--listen", "-1"), "--listen"),
        (("--to", "web:80", "--backends", "3"), "--backends"),
    ],
)
def test_what_it_does_not_take_is_refused_in_one_line(options: tuple[str, ...], names_it: str) -> None:
    done = subprocess.run([*PROXY, *options], capture_output=True, text=True, check=False, timeout=DEADLINE_S)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith("proxy: ")
    assert done.stderr.endswith("Try: proxy --help\n")
    assert names_it in done.stderr


@pytest.mark.parametrize(
    ("options", "plan"),
    [
        (("--to", "web:80"), ("web", 80, 8080)),
        (("--listen", "90", "--to", "10.0.0.1:80"), ("10.0.0.1", 80, 90)),
        (("--to", "[::1]:80"), ("::1", 80, 8080)),
    ],
)
def test_the_command_line_says_where_to(options: tuple[str, ...], plan: tuple[str, int, int]) -> None:
    assert proxy.read_plan(list(options)) == plan


def test_a_taken_port_is_told_in_one_line(serve: Serve) -> None:
    command = [*PROXY, "--to", "web:80", "--listen", str(serve(echo).port)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=DEADLINE_S)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "Address already in use" in done.stderr
