"""One helper container for a run: in the applications' network, with the host's processes in view."""

from __future__ import annotations

import contextlib
import itertools
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooSlow
from typing import TYPE_CHECKING

from harness.lab.arm import IMAGE
from harness.lab.open_site import Answer, No
from harness.model.errors import Problem
from harness.model.project import NAME
from harness.setup import removal, tools
from harness.sites.docker.copies import answered
from harness.sites.labels import RUN_LABEL

if TYPE_CHECKING:
    from docker.models.containers import Container
    from docker.models.networks import Network

    from harness.setup.engine import Engine

LATE_S = 2.0
NAMES_S = 1.0
NAMED = 2
"""So often a name server may lose a question before it counts as silent."""

ITSELF = "127.0.0.1"
UNKNOWN = "error what is"
"""How an agent begins its answer that does not know what it is asked."""

CUT = "the connection to the helper container was cut"


class Cut(Exception):
    """The process that was spoken to has ended."""


class Talk:
    """A process that answers line by line, with any number of questions under way."""

    def __init__(self, argv: Sequence[str], env: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            list(argv),
            env=dict(env),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,  # Ctrl-C is for us to handle: the clean-up still asks it
        )
        self._numbers = itertools.count(1)
        self._open: dict[str, Future[str]] = {}
        self._lock = threading.Lock()
        threading.Thread(target=self._read, daemon=True, name="helper").start()

    @property
    def over(self) -> bool:
        return self._process.poll() is not None

    def exchange(self, question: str, within_s: float) -> str:
        number, answer = str(next(self._numbers)), Future[str]()
        with self._lock:
            if self.over or self._process.stdin is None:
                raise Cut
            self._open[number] = answer
            try:
                self._process.stdin.write(f"{number} {question}\n")
                self._process.stdin.flush()
            except (OSError, ValueError) as error:
                self._open.pop(number)
                raise Cut from error
        try:
            return answer.result(timeout=within_s)
        except TooSlow:
            raise No("the helper container did not answer") from None
        finally:
            self._open.pop(number, None)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):  # a question that did not reach it is written once more
                    stream.close()

    def _read(self) -> None:
        for line in self._process.stdout or ():
            number, _, said = line.strip().partition(" ")
            if (answer := self._open.get(number)) is not None and not answer.done():
                answer.set_result(said)
        self._process.wait()
        with self._lock:
            for answer in self._open.values():
                if not answer.done():
                    answer.set_exception(Cut())


class Connection:
    """Questions to the agent in the helper. What was cut is taken up again as long as the helper itself is there."""

    def __init__(self, argv: Sequence[str], env: Mapping[str, str], ended: Callable[[], str]) -> None:
        """`ended` says why nobody can be spoken to any more; it is empty while somebody can."""
        self._argv, self._env, self._ended = list(argv), dict(env), ended
        self._lock = threading.Lock()
        self._talk = Talk(self._argv, self._env)
        self._closed = False

    def ask(self, question: str, within_s: float, *, again: bool) -> str:
        """`again`: it does no harm to ask twice, where nobody knows whether the question arrived."""
        try:
            return self._there().exchange(question, within_s)
        except Cut:
            if not again:
                raise No(CUT) from None
        try:
            return self._there().exchange(question, within_s)
        except Cut:
            raise No(CUT) from None

    def close(self) -> None:
        with self._lock:
            self._closed = True
            self._talk.close()

    def _there(self) -> Talk:
        with self._lock:
            if self._closed:
                raise No("the helper container was given up")
            if self._talk.over:
                if why := self._ended():
                    raise No(why)
                self._talk.close()
                self._talk = Talk(self._argv, self._env)
            return self._talk


class Helper:
    """Asks copies, ends processes of the host's, and tells whether names are found."""

    def __init__(self, engine: Engine, run: str, network: str) -> None:
        self.name = f"dkl-{run}-helper"
        self.container: Container = engine.client.containers.run(
            IMAGE,
            entrypoint=["sleep", "infinity"],
            name=self.name,
            detach=True,
            init=True,
            privileged=True,
            pid_mode="host",
            network=network,
            labels={NAME: "helper", RUN_LABEL: run},
        )
        argv = ["exec", "-i", str(self.container.id), "python3", "-S", "-B", "/app/web.py", "agent"]
        self._connection = Connection([str(tools.docker_cli()), *argv], engine.environment, self.ended)

    def ask(self, address: str, port: int, method: str, path: str, within_s: float) -> Answer:
        question = f"ask {address} {port} {method} {path} {within_s * 1000:.0f}"
        status, *said = self._connection.ask(question, within_s + LATE_S, again=method == "GET").split()
        if not status.isdigit():
            raise No(" ".join(said) or status)
        instance, data = said
        return Answer("" if data == "-" else data, int(status), () if instance == "-" else (instance,))

    def kill(self, pid: int) -> str:
        """End a process of the host's, from outside of its container; answers the agent's word for it."""
        return self._connection.ask(f"kill {pid} -", LATE_S, again=False)

    def wrong(self, name: str = ITSELF) -> str:
        """Why it can't be asked, or the network's name server does not answer it; empty while all is well."""
        said = ""
        for _ in range(NAMED):
            try:
                said = self._connection.ask(f"find {name} {NAMES_S * 1000:.0f}", NAMES_S + LATE_S, again=True)
            except No as no:
                return str(no)
            if said.startswith("ok"):
                return ""
            if said.startswith(UNKNOWN):
                return f"{IMAGE} is of another version than this program; type `labs images`"
        return f"names are not found in the copies' network: {said.removeprefix('error ')}"

    def ended(self) -> str:
        """Why the container cannot be spoken to any more, as the engine sees it; empty while it runs."""
        try:
            with answered("the helper container"):
                self.container.reload()
        except No as no:
            return str(no)
        state = self.container.attrs["State"]
        if state["Status"] == "running":
            return ""
        now = f"ended with code {state['ExitCode']}" if state["Status"] == "exited" else f"is {state['Status']}"
        return f"the helper container {now}"

    def join(self, network: Network) -> None:
        """Reach what is in there; it takes an address of the network."""
        with answered(f"network {network.name}"):
            network.connect(self.container)

    def part(self, network: Network) -> None:
        with contextlib.suppress(No), answered():  # it was never connected, or is gone
            network.disconnect(self.container, force=True)

    def close(self) -> None:
        self._connection.close()

    def remove(self) -> None:
        self.close()
        try:
            with answered("the helper container"):
                removal.remove([self.container])
        except Problem as problem:
            raise No(str(problem)) from problem
