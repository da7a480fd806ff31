"""Open sites of each kind, one in memory and one real, for the suite that says what a trial may rely on there."""

from __future__ import annotations

import gc
import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from harness.lab.arm import Arm
from harness.lab.open_site import Ask, No, OpenSite, Scope, TrialSite
from harness.model.clock import Clock, Deadline, RealClock
from harness.model.entries import Asked, Asking, Copy, Entry, Request
from harness.model.waiting import until
from tests.contract import real
from tests.contract.kinds import KINDS, Kind
from tests.support import fake

HERE = Path(__file__).parent
LONGEST_S = 60.0


def marks(kind: Kind, where: str) -> list[pytest.MarkDecorator]:
    """Docker's SDK drops a socket unclosed where nobody takes the connection, as at a host that was broken."""
    if where == "fake":
        return []
    unclosed = "ignore:unclosed <socket.socket .*family=1,:ResourceWarning"
    return [pytest.mark.filterwarnings(unclosed), *([pytest.mark.slow] if kind.slow else [])]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each kind that a test is about, in memory and real."""
    if "opened" not in metafunc.fixturenames:
        return
    wanted = metafunc.function.__dict__.get("only", lambda _kind: True)
    params = [
        pytest.param((kind, where), id=f"{where} {kind.name}", marks=marks(kind, where))
        for kind in KINDS
        for where in ("fake", "real")
        if wanted(kind)
    ]
    metafunc.parametrize("opened", params, indirect=True, scope="module")


@dataclass(eq=False)
class Opened:
    """An open site, and the trials on it that are numbered."""

    kind: Kind
    place: OpenSite
    clock: Clock
    run: str
    real: bool
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def scope(self, folder: Path, heard: Callable[[Entry], None] = lambda _: None, at: str = "") -> Scope:
        return Scope(self.run, f"t{next(self.numbers):03d}", self.kind.arm, HERE, folder, heard=heard, at=at)

    def deadline(self, seconds: float = LONGEST_S) -> Deadline:
        return Deadline.after(seconds, self.clock)


@dataclass(eq=False)
class Site:
    """One trial's part of it, with three copies that serve."""

    opened: Opened
    here: TrialSite
    scope: Scope
    heard: list[Entry]

    @property
    def kind(self) -> Kind:
        return self.opened.kind

    def running(self) -> list[Copy]:
        return [c for c in self.here.look() if c.ready]

    def wait(self, what: str, look: Callable[[], str], within_s: float = LONGEST_S) -> None:
        until(what, look, self.opened.deadline(within_s), passing=(No,))

    def wait_for(self, n: int) -> list[Copy]:
        self.wait(f"{n} copies", lambda: "" if sum(map(self.answers, self.running())) == n else f"{n} that answer")
        return self.running()

    def answers(self, copy: Copy) -> bool:
        try:
            return self.here.ask(copy, "GET", "/").code == 200
        except No:
            return False

    def instance(self, copy: Copy) -> str:
        (instance,) = self.here.ask(copy, "GET", "/").by
        return instance

    def gone(self, victim: Copy) -> None:
        self.wait("its end", lambda: victim.name if victim.thing in {c.thing for c in self.here.look()} else "")

    def asked(self, ask: Ask, until_: Callable[[Sequence[Request]], str]) -> list[Request]:
        """What a client has asked by the time that this is enough; it has ended then."""
        self.here.begin(ask)
        self.wait("enough requests", lambda: until_(self.of(Request)))
        self.here.end(ask)
        (begun,), (ended,) = self.of(Asking), self.of(Asked)
        requests = self.of(Request)
        assert begun.client == ended.client
        assert {r.client for r in requests} <= {begun.client}
        assert not ended.wrong
        assert ended.sent == len(requests)
        assert ended.failed == sum(r.error != "" for r in requests)
        assert 1 / ask.per_s <= begun.resolution_s < 1 / ask.per_s + 0.1
        return requests

    def of_requests(self) -> list[Request]:
        return self.of(Request)

    def of(self, kind: type) -> list:
        return [e for e in self.heard if type(e) is kind]


@pytest.fixture(scope="module")
def opened(request: pytest.FixtureRequest) -> Iterator[Opened]:
    """An open site, which has to be as if it had never been afterwards."""
    kind, where = request.param
    run = f"c{time.time_ns() % 16**6:06x}"
    if where == "fake":
        clock: Clock = fake.VirtualClock()
        place: OpenSite = fake.site(kind.arm.site, clock, lag_s=0.5)
        yield from _used(Opened(kind, place, clock, run, real=False))
        return
    with real.opened(kind.arm.site, run) as place:
        yield from _used(Opened(kind, place, RealClock(), run, real=True))


def _used(opened: Opened) -> Iterator[Opened]:
    try:
        opened.place.open(opened.deadline(600))
        yield opened
    finally:
        left = list(opened.place.close(opened.deadline()))
        gc.collect()  # here, where what an SDK drops unclosed is no error
        assert left == []


@pytest.fixture
def site(opened: Opened, tmp_path: Path) -> Iterator[Site]:
    """Three copies that serve, in a trial of their own."""
    with brought_up(opened, opened.kind.arm, HERE, tmp_path) as found:
        yield found


@contextmanager
def brought_up(opened: Opened, arm: Arm, manifests: Path, folder: Path, copies: int = 3) -> Iterator[Site]:
    """So many copies of another arm that serve."""
    heard: list[Entry] = []
    scope = replace(opened.scope(folder, heard.append), arm=arm, manifests=manifests)
    here = opened.place.trial(scope)
    found = Site(opened, here, scope, heard)
    try:
        for command in arm.commands():
            assert (answer := here.types(command)).code == 0, answer.said
        found.wait_for(copies)
        yield found
    finally:
        here.leave()
