"""The demo application's server, run as a process of its own and asked over 127.0.0.1."""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import queue
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Start = Callable[..., "App"]

WEB = Path(__file__).parents[3] / "images" / "web"
SERVER = [sys.executable, "-S", "-B", str(WEB / "web.py")]
DEADLINE_S = 10.0
# What Debian's python3-minimal lacks, of what such a program would like to import.
NOT_IN_MINIMAL = {"asyncio", "concurrent", "dataclasses", "http", "json", "queue", "secrets", "uuid"}


class Reply(NamedTuple):
    status: int
    headers: dict[str, str]
    json: dict[str, Any]


class App:
    """One running server, and all that it says."""

    def __init__(self, env: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            SERVER, env={"PORT": "0", **env}, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        self._said: queue.Queue[str] = queue.Queue()
        streams = (self.process.stdout, self.process.stderr)
        self._readers = [threading.Thread(target=self._read, args=(stream,)) for stream in streams]
        for reader in self._readers:
            reader.start()

    def _read(self, stream: Any) -> None:
        with stream:
            for line in stream:
                self._said.put(line.decode().rstrip("\n"))

    def said(self, text: str) -> str:
        """Wait for a line that holds the text."""
        until = time.monotonic() + DEADLINE_S
        while True:
            line = self._said.get(timeout=max(0.01, until - time.monotonic()))
            if text in line:
                return line

    def all_said(self) -> list[str]:
        return [self._said.get_nowait() for _ in range(self._said.qsize())]

    @property
    def port(self) -> int:
        if "_port" not in self.__dict__:
            self._port = int(self.said("web listening").rpartition("=")[2])
        return self._port

    def ask(self, path: str, method: str = "GET", body: bytes | None = None) -> Reply:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE_S)
        try:
            connection.request(method, path, body=body, headers={"Connection": "close"})
            answer = connection.getresponse()
            text = answer.read()
            headers = {name.lower(): value for name, value in answer.getheaders()}
            return Reply(answer.status, headers, json.loads(text) if text else {})
        finally:
            connection.close()

    def raw(self, sent: bytes) -> bytes:
        """All that comes back on one connection."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=DEADLINE_S) as sock:
            sock.sendall(sent)
            return b"".join(iter(lambda: sock.recv(65536), b""))

    def exit_code(self) -> int:
        return self.process.wait(DEADLINE_S)

    def cpu_ticks(self) -> int:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])

    def end(self) -> None:
        self.process.kill()
        self.process.wait(DEADLINE_S)
        for reader in self._readers:
            reader.join(DEADLINE_S)


@pytest.fixture
def start() -> Iterator[Start]:
    running: list[App] = []

    def new(**env: str) -> App:
        running.append(App(env))
        return running[-1]

    yield new
    for app in running:
        app.end()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """One server for all that leaves it as it was."""
    app = App({"DATA_DIR": str(tmp_path_factory.mktemp("data")), "VERSION": "7"})
    yield app
    app.end()


# By hand


def by_hand(*words: str) -> tuple[int, str]:
    """As `ask` is in the image, but for the folder that its modules are in."""
    ran = subprocess.run(
        [sys.executable, "-S", "-B", str(WEB / "ask.py"), *words], capture_output=True, text=True, check=False
    )
    return ran.returncode, ran.stdout + ran.stderr


def test_a_person_asks_with_method_path_and_address(shared: App) -> None:
    code, said = by_hand("GET", "/", f"127.0.0.1:{shared.port}")
    assert (code, said.split()[:2]) == (0, ["200", shared.ask("/").json["instance"]])


def test_a_person_is_told_where_nothing_answers_and_what_to_type(shared: App) -> None:
    code, said = by_hand("GET", "/nowhere", f"127.0.0.1:{shared.port}")
    assert (code, said.split()[0]) == (1, "404")
    assert by_hand("GET", "/", "127.0.0.1:1") == (1, "error refused\n")
    assert by_hand("GET")[0] == 2
    assert by_hand("GET", "/", "nonsense") == (2, "ask: nonsense is not HOST:PORT\n")


# Identity


def test_an_answer_says_who_gave_it(shared: App) -> None:
    reply = shared.ask("/")
    assert reply.status == 200
    assert set(reply.json) == {
        *("host", "instance", "pid", "version", "started", "uptime_s", "source", "requests"),
    }
    assert (reply.json["host"], reply.json["pid"]) == (socket.gethostname(), shared.process.pid)
    assert (reply.json["version"], reply.json["source"]) == ("7", "127.0.0.1")
    assert abs(time.time() - reply.json["started"] - reply.json["uptime_s"]) < 1.0
    assert reply.headers["x-instance"] == reply.json["instance"]
    assert reply.headers["x-host"] == reply.json["host"]


def test_each_start_is_a_new_instance(start: Start) -> None:
    one, other = start(), start()
    assert one.ask("/").json["instance"] != other.ask("/").json["instance"]
    assert one.ask("/").json["version"] == "1"


def test_requests_are_counted_without_the_probes(start: Start) -> None:
    app = start()
    for path in ("/", "/healthz", "/readyz"):
        app.ask(path)
    assert app.ask("/").json["requests"] == 2


def test_the_environment_is_shown_whatever_it_holds(start: Start) -> None:
    odd = 'a "b" \\ \t\n é 🐳'
    shown = start(ODD=odd, GREETING="hello").ask("/env").json
    assert (shown["ODD"], shown["GREETING"]) == (odd, "hello")


@pytest.mark.parametrize(
    "value", ["", 'q"\\\n\x00\x1f', "é🐳", 0, -1.5, True, False, None, [1, "a"], {"a": {"b": []}}]
)
def test_json_reads_back_as_it_was_written(value: object) -> None:
    sys.path.insert(0, str(WEB))
    try:
        wire = importlib.import_module("wire")
    finally:
        sys.path.remove(str(WEB))
    assert json.loads(wire.to_json(value)) == value


def test_ipv6_is_served_by_the_same_port(shared: App) -> None:
    try:
        sock = socket.create_connection(("::1", shared.port), timeout=DEADLINE_S)
    except OSError:
        pytest.skip("this host has no IPv6")
    with sock:
        sock.sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert b'"source": "::1"' in b"".join(iter(lambda: sock.recv(65536), b""))


@pytest.mark.parametrize(("module", "also"), [("web", {"re", "typing", "urllib", "hashlib"}), ("client", set())])
def test_it_needs_no_more_than_python3_minimal_and_the_server_starts_light(module: str, also: set[str]) -> None:
    code = f"import sys; sys.path.insert(0, {str(WEB)!r}); import {module}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-S", "-B", "-c", code], capture_output=True, text=True, check=True)
    assert not set(loaded.stdout.split()) & (NOT_IN_MINIMAL | also)


# Health and readiness


def test_an_unready_instance_answers_errors_until_it_is_ready(start: Start) -> None:
    app = start()
    assert app.ask("/unready").status == 200
    refused = app.ask("/")
    assert (refused.status, refused.json["pid"]) == (503, app.process.pid)
    assert [app.ask(path).status for path in ("/readyz", "/sleep?ms=0", "/healthz")] == [503, 503, 200]
    assert app.ask("/ready").status == 200
    assert [app.ask(path).status for path in ("/readyz", "/")] == [200, 200]


def test_the_ready_delay_listens_first_and_is_ready_later(start: Start) -> None:
    app = start(READY_DELAY_S="0.3")
    assert [app.ask(path).status for path in ("/readyz", "/", "/healthz")] == [503, 503, 200]
    while app.ask("/readyz").status != 200:
        assert app.ask("/healthz").json["uptime_s"] < DEADLINE_S
    assert app.ask("/").json["uptime_s"] >= 0.3


def test_the_start_delay_comes_before_listening(start: Start) -> None:
    app = start(START_DELAY_S="0.3")
    app.said("web start")
    assert not any("listening" in line for line in app.all_said())
    assert app.ask("/").json["uptime_s"] >= 0.3


# Crashes and hangs


@pytest.mark.parametrize(("path", "code"), [("/crash", 1), ("/crash?code=7", 7), ("/exit0", 0), ("/exit0?code=3", 3)])
def test_it_answers_and_then_exits_with_the_code(start: Start, path: str, code: int) -> None:
    app = start()
    reply = app.ask(path)
    assert (reply.status, reply.json["code"]) == (200, code)
    assert app.exit_code() == code
    app.said(f"web stop asked code={code}")


def test_a_client_that_does_not_close_hardly_delays_the_crash(start: Start) -> None:
    app = start()
    with socket.create_connection(("127.0.0.1", app.port), timeout=DEADLINE_S) as sock:
        sock.sendall(b"GET /crash HTTP/1.1\r\n\r\n")
        assert sock.recv(65536).startswith(b"HTTP/1.1 200 ")
        assert app.exit_code() == 1


def test_a_client_that_is_gone_at_once_still_causes_the_crash(start: Start) -> None:
    app = start()
    with socket.create_connection(("127.0.0.1", app.port), timeout=DEADLINE_S) as sock:
        sock.sendall(b"GET /crash HTTP/1.1\r\n\r\n")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # closing resets
    assert app.exit_code() == 1


def test_a_hung_instance_answers_nothing_accepts_nothing_and_costs_nothing(start: Start) -> None:
    """The queue of a listening socket holds one connection more than its backlog, here 5."""
    app = start()
    with socket.create_connection(("127.0.0.1", app.port), timeout=DEADLINE_S) as kept:
        kept.sendall(b"GET / HTTP/1.1\r\n\r\n")
        kept.recv(65536)
        assert app.ask("/hang").status == 200
        app.said("web hung")
        ticks = app.cpu_ticks()
        kept.sendall(b"GET /healthz HTTP/1.1\r\n\r\n")
        assert _queued(app.port) == 6
        kept.settimeout(0.01)
        with pytest.raises(TimeoutError):
            kept.recv(1)
    assert app.process.poll() is None
    assert app.cpu_ticks() - ticks <= 1


def _queued(port: int) -> int:
    """How many connections the kernel takes for a server that accepts none."""
    taken: list[socket.socket] = []
    try:
        while len(taken) < 20:
            taken.append(socket.create_connection(("127.0.0.1", port), timeout=0.3))
    except TimeoutError:
        pass
    finally:
        for sock in taken:
            sock.close()
    return len(taken)


def test_a_request_under_way_is_not_answered_by_a_hung_instance(start: Start) -> None:
    app = start()
    with socket.create_connection(("127.0.0.1", app.port), timeout=DEADLINE_S) as sock:
        sock.sendall(b"GET /sleep?ms=200 HTTP/1.1\r\n\r\n")
        while app.ask("/").json["requests"] < 2:
            pass
        app.ask("/hang")
        sock.settimeout(0.4)
        with pytest.raises(TimeoutError):
            sock.recv(1)


# Signals


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_at_once(start: Start, number: signal.Signals) -> None:
    app = start()
    app.ask("/")
    app.process.send_signal(number)
    assert app.exit_code() == 0
    app.said(f"web stop {number.name} code=0")


def test_a_signal_ends_it_while_it_is_hung_or_not_yet_listening(start: Start) -> None:
    hung, starting = start(), start(START_DELAY_S="60")
    hung.ask("/hang")
    hung.said("web hung")
    starting.said("web start")
    for app in (hung, starting):
        app.process.terminate()
        assert app.exit_code() == 0


def test_draining_fails_readiness_and_serves_on_for_a_while(start: Start) -> None:
    app = start(ON_TERM="drain:0.5")
    app.ask("/")
    app.process.terminate()
    app.said("web draining")
    begun = time.monotonic()
    assert app.ask("/readyz").status == 503
    assert app.ask("/").status == 200
    app.process.terminate()  # said twice, the time does not begin again
    assert app.exit_code() == 0
    assert 0.3 < time.monotonic() - begun < 5.0
    app.said("web stop drained code=0")


def test_draining_for_no_time_ends_at_once(start: Start) -> None:
    app = start(ON_TERM="drain:0")
    app.ask("/")
    app.process.terminate()
    assert app.exit_code() == 0


def test_a_deaf_instance_serves_on_until_it_is_killed(start: Start) -> None:
    app = start(ON_TERM="ignore")
    app.ask("/")
    app.process.terminate()
    app.said("web ignores SIGTERM")
    assert app.ask("/readyz").status == 200
    app.process.kill()
    assert app.exit_code() == -signal.SIGKILL


# Load


def _meanwhile(app: App, slow: str, quick: str) -> tuple[Reply, float, float]:
    """The slow request's reply, and when the quick one and it were answered."""
    done: list[tuple[Reply, float]] = []
    thread = threading.Thread(target=lambda: done.append((app.ask(slow), time.monotonic())))
    before = app.ask("/").json["requests"]
    thread.start()
    while app.ask("/").json["requests"] <= before + 1:
        before += 1
    assert app.ask(quick).status == 200
    quick_at = time.monotonic()
    thread.join(DEADLINE_S)
    return done[0][0], quick_at, done[0][1]


def test_burning_uses_the_cpu_time_and_lets_others_be_answered(start: Start) -> None:
    app = start()
    app.ask("/")
    ticks = app.cpu_ticks()
    reply, quick_at, slow_at = _meanwhile(app, "/burn?ms=300", "/healthz")
    assert (reply.status, reply.json["ms"]) == (200, 300)
    assert quick_at < slow_at
    assert app.cpu_ticks() - ticks >= 0.27 * os.sysconf("SC_CLK_TCK")


def test_sleeping_uses_no_cpu_time_and_lets_others_be_answered(start: Start) -> None:
    app = start()
    reply, quick_at, slow_at = _meanwhile(app, "/sleep?ms=300", "/healthz")
    assert (reply.status, reply.json["ms"]) == (200, 300)
    assert quick_at < slow_at


def test_each_ordinary_request_can_take_its_time(start: Start) -> None:
    app = start(REQUEST_S="0.2")
    begun = time.monotonic()
    app.ask("/healthz")
    app.ask("/")
    assert time.monotonic() - begun >= 0.2


@pytest.mark.parametrize("query", ["lines=3&text=tick", "lines=3&text=tick&stream=stderr"])
def test_it_writes_the_log_lines_that_it_is_asked_for(start: Start, query: str) -> None:
    app = start()
    assert app.ask(f"/log?{query}").json["lines"] == 3
    assert [app.said("tick") for _ in range(3)] == ["1 tick", "2 tick", "3 tick"]


def test_log_lines_are_bounded_and_cannot_be_forged(start: Start) -> None:
    app = start()
    assert app.ask("/log?lines=10001&text=one%0Atwo").json["lines"] == 10_000
    app.said("10000 one two")


def test_requests_are_logged_if_wanted(start: Start) -> None:
    loud, quiet = start(LOG_REQUESTS="1"), start()
    for app in (loud, quiet):
        app.ask("/nowhere?x=1")
        app.process.terminate()
        app.exit_code()
    assert loud.said("GET").startswith("web 127.0.0.1 GET /nowhere 404 ")
    quiet.said("web stop")


# Data


def test_data_is_written_and_read_back(shared: App) -> None:
    written = shared.ask("/data?name=a.txt", "POST", b"hello").json
    assert written["sha256"] == hashlib.sha256(b"hello").hexdigest()
    assert (written["bytes"], written["exists"]) == (5, True)
    assert shared.ask("/data?name=a.txt").json["sha256"] == written["sha256"]


def test_made_data_is_the_same_for_the_same_name(start: Start, tmp_path: Path) -> None:
    replies = []
    for folder in (tmp_path / "one", tmp_path / "other"):
        folder.mkdir()
        replies.append(start(DATA_DIR=str(folder)).ask("/data?name=x&bytes=600000", "POST").json)
        assert (folder / "x").stat().st_size == 600_000
        assert hashlib.sha256((folder / "x").read_bytes()).hexdigest() == replies[-1]["sha256"]
    assert replies[0]["sha256"] == replies[1]["sha256"]


def test_data_that_is_not_there_is_told_apart_from_a_missing_folder(shared: App, start: Start) -> None:
    reply = shared.ask("/data?name=none")
    assert (reply.status, reply.json["exists"]) == (200, False)
    for method in ("GET", "POST"):
        lost = start(DATA_DIR="/nonexistent").ask("/data?name=none", method)
        assert (lost.status, lost.json["errno"]) == (500, "ENOENT")


def test_a_full_disk_is_an_answer(start: Start) -> None:
    reply = start(DATA_DIR="/dev").ask("/data?name=full&bytes=10", "POST")
    assert (reply.status, reply.json["errno"]) == (500, "ENOSPC")


@pytest.mark.parametrize("name", ["", "..", ".hidden", "../x", "a/b", "%2e%2e%2fx", "a%00b", "%C3%A9"])
def test_a_name_that_is_no_plain_file_name_is_refused(shared: App, name: str) -> None:
    for method in ("GET", "POST"):
        assert shared.ask(f"/data?name={name}", method).status == 400


# Bad input


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/nowhere", "GET", 404),
        ("/burn", "GET", 400),
        ("/burn?ms=abc", "GET", 400),
        ("/sleep?ms=-1", "GET", 400),
        ("/sleep?ms=1.5", "GET", 400),
        ("/sleep?ms=" + "9" * 5000, "GET", 400),
        ("/crash?code=x", "GET", 400),
        ("/log?stream=nowhere", "GET", 400),
        ("/log?" + "&".join("abcdefghijklmnopqrstuvwxyz"), "GET", 400),
        ("/data?name=x&bytes=-1", "POST", 400),
        ("/", "DELETE", 405),
    ],
)
def test_bad_parameters_get_one_clear_line(shared: App, path: str, method: str, status: int) -> None:
    reply = shared.ask(path, method)
    assert reply.status == status
    assert set(reply.json) == {"error"}
    assert "\n" not in reply.json["error"]
    assert len(reply.json["error"]) < 200
    assert reply.headers["x-instance"]


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"\x16\x03\x01\x02\x00\xff\r\n\r\n", b"400"),
        (b"GET /\r\n\r\n", b"400"),
        (b"GET / HTTP/2\r\n\r\n", b"400"),
        (b"GET http://x/ HTTP/1.1\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"400"),
        (b"POST /data?name=x HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", b"413"),
        (b"POST /data?name=x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", b"411"),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 40_000, b"431"),
    ],
)
def test_garbage_is_refused_and_does_no_harm(shared: App, sent: bytes, status: bytes) -> None:
    answered = shared.raw(sent)
    assert answered.startswith(b"HTTP/1.1 " + status + b" ")
    assert b"Connection: close" in answered
    assert shared.ask("/").status == 200


def test_slow_and_vanishing_clients_do_no_harm(shared: App) -> None:
    address = ("127.0.0.1", shared.port)
    with socket.create_connection(address) as slow, socket.create_connection(address) as cut:
        slow.sendall(b"GET / HT")
        cut.sendall(b"POST /data?name=x HTTP/1.1\r\nContent-Length: 100\r\n\r\nabc")
        cut.shutdown(socket.SHUT_WR)
        cut.settimeout(DEADLINE_S)
        assert cut.recv(100) == b""
        assert shared.ask("/").status == 200
    assert shared.ask("/").status == 200


# HTTP


def test_a_connection_serves_several_requests_until_it_is_to_close(shared: App) -> None:
    answered = shared.raw(b"GET / HTTP/1.1\r\n\r\n" * 2 + b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n")
    assert answered.count(b"HTTP/1.1 200 OK") == 3
    assert answered.count(b"Connection: keep-alive") == 2


def test_http_1_0_closes_unless_asked_not_to(shared: App) -> None:
    assert shared.raw(b"GET / HTTP/1.0\r\n\r\n").count(b"Connection: close") == 1
    kept = b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
    assert shared.raw(kept + b"GET / HTTP/1.0\r\n\r\n").count(b"HTTP/1.1 200 OK") == 2


def test_head_has_the_headers_and_no_body(shared: App) -> None:
    head, _, body = shared.raw(b"HEAD / HTTP/1.1\r\nConnection: close\r\n\r\n").partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK")
    assert b"Content-Length: 0" not in head
    assert body == b""


def test_a_client_that_waits_for_the_go_ahead_gets_it(shared: App) -> None:
    head = b"POST /data?name=w HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
    with socket.create_connection(("127.0.0.1", shared.port), timeout=DEADLINE_S) as sock:
        sock.sendall(head)
        assert sock.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        sock.sendall(b"ok")
        assert sock.recv(100).startswith(b"HTTP/1.1 200 OK")


# Settings


@pytest.mark.parametrize(
    "env",
    [
        {"PORT": "http"},
        {"PORT": "70000"},
        {"ON_TERM": "maybe"},
        {"ON_TERM": "drain"},
        {"ON_TERM": "drain:long"},
        {"ON_TERM": "exit:3"},
        {"START_DELAY_S": "-1"},
        {"READY_DELAY_S": "nan"},
        {"REQUEST_S": "1h"},
    ],
)
def test_a_bad_setting_stops_the_start_with_one_line(start: Start, env: dict[str, str]) -> None:
    app = start(**env)
    assert app.exit_code() == 2
    app.end()
    (line,) = app.all_said()
    assert line.startswith("web: ")
    assert next(iter(env)) in line


def test_a_taken_port_and_an_unknown_word_are_told_in_one_line(start: Start, shared: App) -> None:
    app = start(PORT=str(shared.port))
    assert app.exit_code() == 1
    assert "Address already in use" in app.said("web: listening on port")
    wrong = subprocess.run([*SERVER, "nonsense"], capture_output=True, text=True, check=False)
    assert (wrong.returncode, wrong.stderr.count("\n")) == (2, 1)
