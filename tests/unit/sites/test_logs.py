"""What containers write is read line by line, each once, and what was not read is told."""

from __future__ import annotations

import queue
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from harness.lab.arm import Arm
from harness.lab.open_site import No, Scope
from harness.lab.site import engine
from harness.model.clock import Deadline
from harness.model.waiting import until
from harness.sites.logs import AHEAD_S, Gone, Log, Logs, listening, whole

RUNS = Log("a1", "a1/1", "web-1", "web", runs=True)
ENDED, AGAIN = RUNS._replace(runs=False), RUNS._replace(incarnation="a1/2")
END = None


def stamped(text: str, ahead_s: float = 0.0) -> bytes:
    """As runtimes do it, to a nanosecond."""
    at = datetime.fromtimestamp(time.time() + ahead_s, UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S.%f}789Z {text}\n".encode()


class Runtime:
    """Keeps one log, and hands it on: all that there is, then what comes, until it ends or breaks off."""

    def __init__(self) -> None:
        self.kept, self.opened, self.gone = [], 0, False
        self._open: list[queue.Queue] = []

    def writes(self, text: str, ahead_s: float = 0.0) -> None:
        self.kept.append(stamped(text, ahead_s))
        for one in self._open:
            one.put(self.kept[-1])

    def ends(self, how: object = END) -> None:
        """With an exception it breaks off."""
        for one in self._open:
            one.put(how)
        self._open.clear()

    def opens(self, log: Log):
        self.opened += 1
        if self.gone:
            raise Gone(f"there is no {log.name}")
        mine: queue.Queue = queue.Queue()
        for line in self.kept:
            mine.put(line)
        if log.runs:
            self._open.append(mine)
        else:
            mine.put(END)
        return self._pieces(mine), lambda: mine.put(ConnectionError("it was cut"))

    @staticmethod
    def _pieces(mine: queue.Queue):
        while (one := mine.get()) is not END:
            if isinstance(one, Exception):
                raise one
            yield one[:7]  # pieces are no lines
            yield one[7:]


class Listener:
    def __init__(self, elsewhere: str = "") -> None:
        self.runtime, self.heard, self.woken = Runtime(), [], []
        here = Path()
        scope = Scope(
            "r", "t001", Arm("an arm", engine, "compose.yaml"), here, here, heard=self.heard.append,
            stirred=lambda: self.woken.append(1),
        )  # fmt: skip
        self.logs = Logs(scope, self.runtime.opens, elsewhere)

    def begins(self, *found: Log) -> Listener:
        self.said = self.logs.begin(lambda: self.logs.take(found))
        return self

    def waits(self, what: str, is_so) -> None:
        until(what, lambda: "" if is_so() else what, Deadline.after(10), pause_s=0.005)

    def lines(self, n: int) -> list[str]:
        self.waits(f"{n} lines", lambda: len(self.heard) >= n)
        return [one.line for one in self.heard]

    def finds(self, log: Log, opened: int) -> None:
        """Looks go on until it is read once more."""

        def again() -> bool:
            self.logs.take([log])
            return self.runtime.opened >= opened

        self.waits("another reader", again)


@pytest.fixture
def one():
    made = Listener()
    yield made
    made.runtime.ends()
    made.logs.end()


def test_it_hears_what_was_written_before_and_what_comes_each_with_its_moment(one):
    before_s = time.monotonic()
    one.runtime.writes("first")
    one.begins(RUNS)
    assert one.lines(1) == ["first"]
    one.runtime.writes("second  with spaces ")
    assert one.lines(2) == ["first", "second  with spaces "]
    first, second = one.heard
    assert before_s - 0.001 <= first.at_s <= second.at_s <= time.monotonic() + 0.001
    assert (first.name, first.container) == ("web-1", "web")
    assert len(one.woken) == 2
    assert one.said.said == "listens to 1 containers"


def test_nobody_listens_who_was_not_asked_to(one):
    one.logs.take([RUNS])
    assert one.runtime.opened == 0
    assert listening([one.logs]) == {}


def test_a_container_that_comes_later_is_heard_too(one):
    one.begins()
    one.runtime.writes("late")
    one.logs.take([RUNS])
    assert one.lines(1) == ["late"]


def test_one_that_breaks_off_is_taken_up_again_and_no_line_comes_twice(one):
    one.runtime.writes("first")
    one.begins(RUNS).lines(1)
    one.runtime.ends(No("the engine does not answer"))
    one.waits("the break", one.logs.wrong)
    assert listening([one.logs]) == {"logs": "web-1/web: the engine does not answer"}
    one.runtime.writes("second")
    one.finds(RUNS, opened=2)
    one.runtime.writes("third")
    assert one.lines(3) == ["first", "second", "third"]
    one.runtime.ends()
    one.waits("its end", lambda: not one.logs.wrong())
    assert listening([one.logs]) == {"logs": ""}


def test_one_that_ended_is_read_once_more_to_its_end_and_then_no_more(one):
    one.runtime.writes("first")
    one.begins(RUNS).lines(1)
    one.runtime.ends()
    one.runtime.writes("last")
    one.finds(ENDED, opened=2)
    assert one.lines(2) == ["first", "last"]
    one.waits("its end", lambda: not one.logs._followed["a1"]._thread.is_alive())
    one.logs.take([ENDED])
    assert one.runtime.opened == 2


@pytest.mark.parametrize("before", [RUNS, ENDED])
def test_whoever_is_started_again_goes_on_with_the_same_log(one, before):
    """Whether or not a look had shown in between that it had ended."""
    one.runtime.writes("first")
    one.begins(RUNS).lines(1)
    one.runtime.ends()
    if before is ENDED:
        one.finds(ENDED, opened=2)
    one.runtime.writes("again")
    one.finds(AGAIN, opened=one.runtime.opened + 1)
    assert one.lines(2) == ["first", "again"]
    one.runtime.writes("more")
    assert one.lines(3) == ["first", "again", "more"]
    one.runtime.ends(No("reset"))
    one.finds(AGAIN, opened=one.runtime.opened + 1)
    one.runtime.writes("still")
    assert one.lines(4)[3:] == ["still"]


def test_what_went_before_its_log_was_read_to_the_end_is_told(one):
    one.runtime.writes("first")
    one.begins(RUNS).lines(1)
    one.runtime.ends(No("reset"))
    one.runtime.gone = True
    one.finds(ENDED, opened=2)
    one.waits("that it is gone", lambda: one.logs.wrong() == "web-1/web: there is no web-1")


def test_what_went_after_its_log_had_come_to_its_end_is_no_trouble(one):
    one.begins(RUNS)
    one.runtime.writes("last")
    one.lines(1)
    one.runtime.ends()
    one.runtime.gone = True
    one.finds(ENDED, opened=2)
    one.waits("its end", lambda: not one.logs._followed["a1"]._thread.is_alive())
    assert one.logs.wrong() == ""


def test_at_the_end_whoever_still_reads_is_cut_off(one):
    one.begins(RUNS)
    thread = one.logs._followed["a1"]._thread
    one.waits("a reader", lambda: one.runtime._open)
    one.logs.end()
    assert not thread.is_alive()
    assert listening([one.logs]) == {}


def test_a_clock_that_is_ahead_is_told(one):
    one.runtime.writes("soon", ahead_s=AHEAD_S + 3)
    one.begins(RUNS).lines(1)
    assert one.logs.wrong().endswith(" s ahead of this machine's clock")


def test_a_word_of_the_runtimes_own_is_no_line(one):
    one.runtime.kept.append(b"unable to retrieve container logs for containerd://a1\n")
    one.runtime.writes("first")
    assert one.begins(RUNS).lines(1) == ["first"]


def test_the_clock_of_another_machine_is_not_ours():
    with pytest.raises(No, match=r"tcp://far:2375 is another machine"):
        Listener("tcp://far:2375").begins(RUNS)


@pytest.mark.parametrize(
    ("pieces", "lines"),
    [
        ([], []),
        ([b"one\ntwo\n"], ["one", "two"]),
        ([b"on", b"e\nt", b"wo"], ["one", "two"]),
        ([b"one\r\n\n"], ["one", ""]),
        ([b"\xff\n"], ["\N{REPLACEMENT CHARACTER}"]),
    ],
)
def test_pieces_become_lines(pieces, lines):
    assert list(whole(pieces)) == lines
