"""One helper container for a run: in the applications' network, with the host's processes in view."""

from __future__ import annotations

import contextlib
import itertools
import subprocess
import threading
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooSlow
from typing import TYPE_CHECKING

from harness.model.arm import IMAGE
from harness.model.project import NAME
from harness.setup import tools
from harness.sites.place import RUN_LABEL, Answer, Unanswered

if TYPE_CHECKING:
    from docker.models.containers import Container

    from harness.setup.engine import Engine

LATE_S = 2.0


class Helper:
    """Talks to the agent inside over one `docker exec`, with any number of questions under way."""

    def __init__(self, engine: Engine, run: str, network: str) -> None:
        self.container: Container = engine.client.containers.run(
            IMAGE,
            entrypoint=["sleep", "infinity"],
            name=f"dkl-{run}-helper",
            detach=True,
            init=True,
            privileged=True,
            pid_mode="host",
            network=network,
            labels={NAME: "helper", RUN_LABEL: run},
        )
        argv = ["exec", "-i", str(self.container.id), "python3", "-S", "-B", "/app/web.py", "agent"]
        self._agent = subprocess.Popen(
            [str(tools.docker_cli()), *argv],
            env=engine.environment,
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

    def ask(self, address: str, port: int, method: str, path: str, within_s: float) -> Answer:
        question = f"ask {address} {port} {method} {path} {within_s * 1000:.0f}"
        status, *said = self._exchange(question, within_s + LATE_S).split()
        if not status.isdigit():
            raise Unanswered(" ".join(said) or status)
        instance, data = said
        return Answer(int(status), instance, "" if data == "-" else data)

    def kill(self, pid: int) -> str:
        """End a process of the host's, from outside of its container; answers the agent's word for it."""
        return self._exchange(f"kill {pid} -", LATE_S)

    @property
    def trouble(self) -> str:
        """Why it cannot be asked any more; empty while it can."""
        return "" if self._agent.poll() is None else "the helper container ended"

    def close(self) -> None:
        self._agent.kill()
        self._agent.wait()
        for stream in (self._agent.stdin, self._agent.stdout):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):  # a question that did not reach it is written once more
                    stream.close()

    def _exchange(self, question: str, within_s: float) -> str:
        number, answer = str(next(self._numbers)), Future[str]()
        with self._lock:
            self._open[number] = answer
            stdin = self._agent.stdin
            try:
                if stdin is None or self.trouble:
                    raise Unanswered(self.trouble)
                stdin.write(f"{number} {question}\n")
                stdin.flush()
            except OSError as error:
                raise Unanswered(f"the helper container: {error}") from error
        try:
            return answer.result(timeout=within_s)
        except TooSlow:
            raise Unanswered("the helper container did not answer") from None
        finally:
            self._open.pop(number, None)

    def _read(self) -> None:
        stdout = self._agent.stdout
        if stdout is None:
            return
        for line in stdout:
            number, _, said = line.strip().partition(" ")
            if (answer := self._open.get(number)) is not None and not answer.done():
                answer.set_result(said)
