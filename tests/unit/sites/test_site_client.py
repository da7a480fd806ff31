"""A client as trials have it: the program itself, asking a copy of the application on this machine."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from harness.lab.open_site import Ask, No
from harness.model.clock import Deadline
from harness.model.entries import Asked, Asking, Request, label
from harness.model.waiting import until
from harness.sites.client import HERE, Clients, flags
from harness.sites.stream import PATIENCE_S, StreamState

WEB = Path(__file__).parents[3] / "images" / "web" / "web.py"
ASK = Ask(at="outside", timeout_s=9.0)


@pytest.fixture(scope="module")
def port():
    """Of a copy that serves."""
    server = [sys.executable, "-S", "-B", str(WEB)]
    with subprocess.Popen(server, env={"PORT": "0"}, stdout=subprocess.PIPE, text=True) as app:
        assert app.stdout is not None
        lines = [app.stdout.readline(), app.stdout.readline()]
        yield int(lines[1].rpartition("=")[2])
        app.terminate()


class Asker:
    def __init__(self, port: int) -> None:
        self.heard, self._port = [], port
        self.clients = Clients(self.heard.append)

    def begin(self, ask: Ask, *more: str, port: int = 0):
        places = [f"127.0.0.1:{port or self._port}"] * len(ask.to)
        return self.clients.begin(ask, [*HERE, *flags(ask, places), *more], os.environ)

    def of(self, kind: type) -> list:
        return [one for one in self.heard if type(one) is kind]

    def wait(self, requests: int) -> None:
        until("requests", lambda: "" if len(self.of(Request)) >= requests else "more", Deadline.after(10))


@pytest.fixture
def asker(port):
    one = Asker(port)
    yield one
    one.clients.end()


def test_each_request_is_heard_on_the_machines_own_clock(asker):
    before = time.monotonic()
    assert asker.begin(ASK).said == "asks web 50 times a second"
    asker.wait(10)
    asker.clients.end(ASK)
    requests = asker.of(Request)
    sent_s = sorted(r.at_s for r in requests)  # they come in the order in which they were settled
    assert before < sent_s[0] < sent_s[-1] < time.monotonic()
    assert {(r.client, r.to, r.error) for r in requests} == {(label(ASK), "web", "")}
    assert len({r.by for r in requests}) == 1
    assert all(0 < r.took_s < 1 for r in requests)


def test_it_says_first_how_closely_it_sees_and_last_how_much_it_sent(asker):
    asker.begin(ASK)
    asker.wait(5)
    said = asker.clients.end(ASK).said
    assert type(asker.heard[0]) is Asking
    assert type(asker.heard[-1]) is Asked
    begun, ended = asker.heard[0], asker.heard[-1]
    assert begun.per_s == 50
    assert 0.02 < begun.resolution_s < 0.1
    assert (ended.sent, ended.failed, ended.wrong) == (len(asker.of(Request)), 0, "")
    assert said == f"{ended.sent} requests, 0 failed"


def test_a_failure_has_its_class_and_an_answer_that_is_none_its_status(asker):
    refused, missing = Ask(at="outside", timeout_s=8.0), replace(ASK, path="/nothing")
    asker.begin(refused, port=1)
    asker.begin(missing)
    asker.wait(10)
    asker.clients.end()
    assert {(r.client, r.error, r.by != "") for r in asker.of(Request)} == {
        (label(refused), "refused", False),
        (label(missing), "404", True),
    }  # fmt: skip
    assert all(a.failed == a.sent for a in asker.of(Asked))


def test_several_are_asked_in_turn(asker):
    asker.begin(replace(ASK, to=("a", "b", "c")))
    asker.wait(30)
    asker.clients.end()
    requests = asker.of(Request)
    counts = [sum(r.to == name for r in requests) for name in "abc"]
    assert max(counts) - min(counts) <= 1
    assert asker.of(Asked)[0].sent == len(requests)


def test_requests_that_nobody_judges_are_counted_and_not_heard(asker):
    asker.begin(Ask(at="outside", judged=False, per_s=200))
    time.sleep(0.1)
    asker.clients.end()
    assert asker.of(Request) == []
    assert asker.of(Asked)[0].sent > 0


def test_a_client_that_breaks_off_says_so(asker):
    asker.begin(ASK)
    asker.clients._asking[ASK]._process.kill()
    assert asker.clients.end().said == "it broke off: code -9"
    assert asker.of(Asked)[0].wrong == "it broke off: code -9"


def test_a_client_that_cannot_begin_is_a_no_with_its_own_words(asker):
    with pytest.raises(No, match=r"the client ended: client: .*--nonsense"):
        asker.begin(ASK, "--nonsense")
    assert "--nonsense" in asker.of(Asked)[0].wrong
    asker.begin(ASK)


def test_nobody_asks_twice_at_a_time_and_who_does_not_ask_ends_at_once(asker):
    assert asker.clients.end(ASK).said == "nobody was asking"
    asker.begin(ASK)
    with pytest.raises(No, match="asking already"):
        asker.begin(ASK)
    assert asker.clients.begun == 1


def test_inside_it_is_asked_by_name_and_the_name_server_itself_is_asked():
    words = flags(Ask(to=("web", "198.18.0.3"), path="/x", host="shop.test", kept=True, timeout_s=5.0))
    assert words[:4] == ["--target", "web=http://web:8080/x", "--target", "198.18.0.3=http://198.18.0.3:8080/x"]
    assert words[words.index("--timeout-ms") + 1] == "5000"
    assert words[words.index("--host") + 1] == "shop.test"
    assert {"--dns", "--in-turn", "--keep-alive", "--handshake"} <= set(words)


def test_outside_the_systems_names_are_good_enough():
    words = flags(ASK, ["127.0.0.1:32768"])
    assert words[:2] == ["--target", "web=http://127.0.0.1:32768/"]
    assert not {"--dns", "--in-turn", "--keep-alive", "--host"} & set(words)


def test_a_stream_that_broke_off_has_time_to_come_back():
    now = [0.0]
    state = StreamState(there=True, now=lambda: now[0])
    state.end()  # so that nothing is paused for
    assert state.wrong == ""
    state = StreamState(there=False, now=lambda: now[0])
    now[0] = PATIENCE_S
    assert state.wrong == ""
    now[0] = PATIENCE_S + 2
    assert state.wrong == "lost for 12 s"
    state.came()
    assert state.wrong == ""
    state.broke()
    now[0] += PATIENCE_S + 5
    assert state.wrong == "lost for 15 s"
