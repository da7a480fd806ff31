"""The connection to the helper: the agent's own program, spoken to without a container around it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from harness.lab.open_site import No
from harness.sites.docker.helper import CUT, Connection, Cut, Talk

WEB = Path(__file__).parents[4] / "images" / "web" / "web.py"
AGENT = [sys.executable, "-S", "-B", str(WEB), "agent"]
NOWHERE = "ask 127.0.0.1 1 GET / 500"


@pytest.fixture
def spoken():
    """A connection, and a list of why nobody can be spoken to any more, which the test may fill."""
    ended: list[str] = []
    connection = Connection(AGENT, os.environ, lambda: "".join(ended))
    yield connection, ended
    connection.close()


def cut(connection: Connection) -> None:
    process = connection._talk._process
    process.kill()
    process.wait()


def test_questions_are_answered_in_whatever_order_they_finish(spoken):
    connection, _ = spoken
    with ThreadPoolExecutor() as pool:
        said = list(pool.map(lambda _: connection.ask(NOWHERE, 5.0, again=True), range(20)))
    assert set(said) == {"error refused"}


def test_a_connection_that_was_cut_is_taken_up_again(spoken):
    connection, _ = spoken
    connection.ask(NOWHERE, 5.0, again=True)
    cut(connection)
    assert connection.ask(NOWHERE, 5.0, again=False) == "error refused"


def test_where_the_helper_ended_nothing_is_taken_up_and_it_is_told_why(spoken):
    connection, ended = spoken
    cut(connection)
    ended.append("the helper container ended with code 137")
    with pytest.raises(No, match="ended with code 137"):
        connection.ask(NOWHERE, 5.0, again=True)


class Breaks:
    """A connection that breaks off under so many questions."""

    def __init__(self, times: int) -> None:
        self.times, self.over = times, False

    def exchange(self, question: str, within_s: float) -> str:
        if self.times:
            self.times -= 1
            raise Cut
        return "ok"

    def close(self) -> None:
        pass


def broken(times: int) -> Connection:
    connection = Connection.__new__(Connection)
    connection._lock, connection._closed, connection._talk = threading.Lock(), False, Breaks(times)
    return connection


def test_what_does_no_harm_is_asked_again_where_the_connection_broke_off_under_it():
    assert broken(1).ask("find x", 1.0, again=True) == "ok"


@pytest.mark.parametrize(("times", "again"), [(1, False), (2, True)])
def test_a_question_that_may_have_arrived_is_not_asked_again_and_the_cut_is_told(times, again):
    with pytest.raises(No, match=CUT):
        broken(times).ask("kill 1 -", 1.0, again=again)


def test_who_waits_for_an_answer_hears_at_once_that_the_connection_is_gone():
    talk = Talk([sys.executable, "-c", "import sys; sys.stdin.readline()"], os.environ)
    with pytest.raises(Cut):
        talk.exchange("anything", 60.0)
    assert talk.over
    with pytest.raises(Cut):
        talk.exchange("anything", 60.0)
    talk.close()


def test_who_is_not_answered_in_time_is_told_so():
    talk = Talk(["sleep", "60"], os.environ)
    with pytest.raises(No, match="did not answer"):
        talk.exchange("anything", 0.1)
    talk.close()


def test_a_connection_that_was_given_up_is_not_taken_up_again(spoken):
    connection, _ = spoken
    connection.close()
    with pytest.raises(No, match="given up"):
        connection.ask(NOWHERE, 5.0, again=True)


@pytest.mark.parametrize("name", ["127.0.0.1", "::1"])
def test_the_agent_finds_an_address_as_itself(spoken, name):
    assert spoken[0].ask(f"find {name} 1000", 5.0, again=True) == f"ok {name}"


def test_the_agent_says_that_a_name_is_not_found(spoken):
    assert spoken[0].ask("find no..such 1000", 5.0, again=True).startswith("error no..such: ")


@pytest.mark.parametrize("question", ["find", "dance 1 2", "ask x", "kill x -"])
def test_the_agent_says_what_it_does_not_understand(spoken, question):
    assert spoken[0].ask(question, 5.0, again=True).startswith("error what is")


def test_the_agent_ends_a_process_of_that_number_and_no_other(spoken):
    with subprocess.Popen(["sleep", "60"]) as process:
        assert spoken[0].ask(f"kill {process.pid} 1", 5.0, again=False).startswith("error process")
        assert spoken[0].ask(f"kill {process.pid} -", 5.0, again=False).startswith("ok ")
        assert process.wait() == -9
