"""The one client of the API server: which kubeconfigs it reads, and what it makes of an answer."""

from __future__ import annotations

import base64
import contextlib
import json
import queue
import ssl
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import yaml

from harness.model.errors import Problem
from harness.setup.cluster.kube import LONGEST, Kube, Refused

NOT_FOUND = {"kind": "Status", "status": "Failure", "message": 'pods "web" not found', "reason": "NotFound"}


CA = next(iter(ssl.create_default_context().get_ca_certs(binary_form=True)), b"")
CA = ssl.DER_cert_to_PEM_cert(CA) if CA else ""


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.headers.append(dict(self.headers))
        status, kind, body = self.server.answer
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


class Growing(BaseHTTPRequestHandler):
    """A text in chunks, each when the test says so; None ends it, and an empty one breaks it off."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while piece := self.server.pieces.get():
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        if piece is None:
            self.wfile.write(b"0\r\n\r\n")
        self.close_connection = True

    def log_message(self, *arguments):
        pass


@pytest.fixture
def growing(tmp_path):
    """A server of such a text, and who follows it."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Growing) as served:
        served.daemon_threads, served.pieces = True, queue.Queue()
        threading.Thread(target=served.serve_forever, daemon=True).start()
        yield served.pieces, Kube(config(tmp_path, f"http://127.0.0.1:{served.server_port}"))
        served.pieces.put(None)
        served.shutdown()


@pytest.fixture
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as served:
        served.daemon_threads, served.headers = True, []
        threading.Thread(target=served.serve_forever, daemon=True).start()
        yield served
        served.shutdown()


def config(tmp_path, url, *, user=None, contexts=("ours",), current="ours", ca=""):
    file = tmp_path / "kubeconfig"
    given = {"certificate-authority-data": base64.b64encode(ca.encode()).decode()} if ca else {}
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": {"server": url} | given}],
        "users": [{"name": "u", "user": user or {}}],
        "contexts": [{"name": name, "context": {"cluster": "c", "user": "u"}} for name in contexts],
        "current-context": current,
    }
    file.write_text(yaml.safe_dump(document))
    return file


@pytest.fixture
def ask(server, tmp_path):
    """What the client makes of one answer."""
    kube = Kube(config(tmp_path, f"http://127.0.0.1:{server.server_port}"))

    def get(status, body, kind="application/json"):
        server.answer = (status, kind, body if isinstance(body, bytes) else json.dumps(body).encode())
        return kube.get("/api/v1/pods/web")

    return get


def test_an_answer_is_the_document(ask):
    assert ask(200, {"items": [1]}) == {"items": [1]}


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (404, NOT_FOUND, 'HTTP 404: pods "web" not found'),
        (403, {"kind": "Status", "reason": "Forbidden"}, "HTTP 403: Forbidden"),
        (503, {"lastUpdated": "2026-01-01", "nodeEligible": False}, "HTTP 503: Service Unavailable"),
        (500, ["a list"], "HTTP 500: Internal Server Error"),
        (502, b"error trying to\n  reach service", "HTTP 502: error trying to reach service"),
        (502, b"", "HTTP 502: Bad Gateway"),
        (599, b"", "HTTP 599: no reason given"),
    ],
)
def test_a_refusal_is_told_in_the_servers_words(ask, status, body, told):
    with pytest.raises(Refused) as caught:
        ask(status, body)
    assert (str(caught.value), caught.value.status) == (told, status)


def test_a_long_refusal_is_shortened_between_words_and_says_so(ask):
    with pytest.raises(Refused) as caught:
        ask(422, NOT_FOUND | {"message": "spec.replicas " * 200})
    told = str(caught.value)
    assert len(told) < LONGEST + 20
    assert told.endswith("spec.replicas …")


def test_a_long_status_is_never_cut_in_the_midst_of_its_json(ask):
    with pytest.raises(Refused) as caught:
        ask(409, {"kind": "Status", "details": {"causes": ["x" * 40] * 50}, "message": "it was changed meanwhile"})
    assert str(caught.value) == "HTTP 409: it was changed meanwhile"


def test_an_answer_that_is_no_json_is_told_as_text(ask):
    with pytest.raises(Refused, match="is no JSON: login page"):
        ask(200, b"login page", "text/html")


def test_nobody_at_the_address_is_told_in_words(tmp_path):
    with pytest.raises(Refused) as caught:
        Kube(config(tmp_path, "http://127.0.0.1:1")).get("/version")
    assert (str(caught.value), caught.value.status) == ("GET /version: nobody takes the connection", 0)


def test_a_server_that_hangs_is_told_with_how_long_it_was_waited_for(tmp_path):
    import socket

    with socket.create_server(("127.0.0.1", 0)) as mute:
        kube = Kube(config(tmp_path, f"http://127.0.0.1:{mute.getsockname()[1]}"))
        with pytest.raises(Refused, match=r"GET /version: no answer in 0\.2 s"):
            kube.within(0.2).get("/version")


def test_a_token_goes_with_each_question(server, tmp_path):
    server.answer = (200, "application/json", b"{}")
    Kube(config(tmp_path, f"http://127.0.0.1:{server.server_port}", user={"token": "secret"})).get("/version")
    assert server.headers[-1]["authorization"] == "Bearer secret"


def test_an_exec_plugin_is_asked_for_the_token(server, tmp_path):
    plugin = tmp_path / "plugin"
    credential = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "kind": "ExecCredential",
        "status": {"token": "from-plugin"},
    }
    plugin.write_text(f"#!/bin/sh\necho '{json.dumps(credential)}'\n")
    plugin.chmod(0o755)
    how = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": str(plugin),
        "args": [],
        "interactiveMode": "Never",
    }
    server.answer = (200, "application/json", b"{}")
    Kube(config(tmp_path, f"http://127.0.0.1:{server.server_port}", user={"exec": how})).get("/version")
    assert server.headers[-1]["authorization"] == "Bearer from-plugin"


def test_a_proxy_is_not_asked_for_what_is_on_loopback(server, tmp_path, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    server.answer = (200, "application/json", b"{}")
    assert Kube(config(tmp_path, f"http://127.0.0.1:{server.server_port}")).get("/version") == {}


@pytest.mark.parametrize("text", ["", "[]", "{", "apiVersion: v1\nkind: Config\n"])
def test_a_file_that_is_no_kubeconfig_is_a_problem_that_names_it(tmp_path, text):
    file = tmp_path / "kubeconfig"
    file.write_text(text)
    with pytest.raises(Problem, match=r"Reading the kubeconfig .*kubeconfig: "):
        Kube(file)


def test_a_file_that_is_not_there_and_a_context_that_is_not_are_problems(tmp_path):
    with pytest.raises(Problem, match="Reading the kubeconfig"):
        Kube(tmp_path / "none")
    with pytest.raises(Problem, match="elsewhere"):
        Kube(config(tmp_path, "http://127.0.0.1:1", current="elsewhere"))


def test_no_certificate_stays_in_a_file_and_the_next_one_is_read_all_the_same(tmp_path, monkeypatch):
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    file = config(tmp_path, "https://127.0.0.1:1", ca=CA)
    for _ in range(2):
        with pytest.raises(Refused, match="nobody takes the connection"):
            Kube(file).get("/version")
    assert list(temporary.iterdir()) == []


def test_a_certificate_that_is_none_is_a_problem(tmp_path):
    with pytest.raises(Problem, match="Reading the kubeconfig"):
        Kube(config(tmp_path, "https://127.0.0.1:1", ca="no certificate"))


def test_a_kubeconfig_is_left_as_it_is(tmp_path):
    file = config(tmp_path, "http://127.0.0.1:1", user={"token": "secret"})
    before = file.read_text()
    Kube(file)
    assert file.read_text() == before


def test_a_text_that_grows_comes_in_pieces_until_the_server_ends_it(growing):
    pieces, kube = growing
    pieces.put(b"one\n")
    found, _ = kube.follow("/log", follow="true")
    assert next(found) == b"one\n"
    pieces.put(b"two\n")
    assert next(found) == b"two\n"
    pieces.put(None)
    assert list(found) == []


def test_one_that_breaks_off_is_told_as_such(growing):
    pieces, kube = growing
    pieces.put(b"one\n")
    found, _ = kube.follow("/log")
    next(found)
    pieces.put(b"")
    with pytest.raises(Refused, match="following /log: it broke off"):
        next(found)


def test_whoever_waits_for_more_of_it_can_be_cut_off_from_another_thread(growing):
    pieces, kube = growing
    pieces.put(b"one\n")
    found, cut = kube.follow("/log")
    ended = threading.Event()

    def reads():
        with contextlib.suppress(Refused):
            list(found)
        ended.set()

    threading.Thread(target=reads, daemon=True).start()
    assert not ended.wait(0.1)
    cut()
    assert ended.wait(10)


def test_a_text_that_is_not_there_is_refused_with_its_status(server, tmp_path):
    server.answer = (404, "application/json", json.dumps(NOT_FOUND).encode())
    with pytest.raises(Refused) as caught:
        Kube(config(tmp_path, f"http://127.0.0.1:{server.server_port}")).follow("/log")
    assert (str(caught.value), caught.value.status) == ('HTTP 404: pods "web" not found', 404)


LEAN = """
import sys
from pathlib import Path
from harness.setup.cluster.kube import Kube
Kube(Path(sys.argv[1]))
print(sum(name.startswith("kubernetes") for name in sys.modules))
from kubernetes import client, config
print(client.CoreV1Api.__name__, client.Configuration.__name__, config.load_kube_config.__name__)
"""


def test_little_of_the_package_is_loaded_and_all_of_it_can_be_afterwards(tmp_path):
    argv = [sys.executable, "-c", LEAN, str(config(tmp_path, "http://127.0.0.1:1"))]
    told = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=60).stdout.splitlines()
    assert int(told[0]) < 20
    assert told[1] == "CoreV1Api Configuration load_kube_config"
