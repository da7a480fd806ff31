"""A run's sign of life, on the engine where its things are: a small container that ends soon after the run does.

It reads beats from the run. When the run is killed its pipe is cut, and the container ends at once; when only the
beats stop, as of a machine that lost its power, it ends after SILENT_S. A cluster's nodes are containers of the same
engine, so this one sign serves both, and says which cluster the run uses.
"""

from __future__ import annotations

import contextlib
import getpass
import os
import platform
import select
import subprocess
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.lab.arm import IMAGE
from harness.model.clock import Deadline
from harness.model.errors import Problem
from harness.model.project import NAME
from harness.model.waiting import TooLate, until
from harness.setup import removal, tools
from harness.setup.cluster.nodes import KIND_CLUSTER, KIND_ROLE

if TYPE_CHECKING:
    from typing import Self

    from docker import DockerClient

    from harness.setup.engine import Engine

ALIVE = f"{NAME}.alive"
USES = f"{NAME}.uses"
DOES = f"{NAME}.does"
BY = f"{NAME}.by"

BEAT_S = 1.0
SILENT_S = 30
"""A machine that stalls for some seconds must not make its run look dead."""

START_S = 30.0
END_S = 5.0
ANSWER_S = 5

KEEPER = f"""
import os, select
print(flush=True)
while select.select([0], [], [], {SILENT_S})[0] and os.read(0, 64):
    pass
"""


@dataclass(frozen=True, slots=True)
class Living:
    """A run that is alive, as its sign on the engine tells."""

    run: str
    cluster: str
    """Which cluster it uses, besides those that it makes for itself."""

    does: str
    by: str

    def uses(self, cluster: str) -> bool:
        return bool(cluster) and cluster in (self.cluster, f"dkl-{self.run}")

    def __str__(self) -> str:
        return f"run {self.run} ({self.does}, {self.by})"


def living(engine: Engine) -> list[Living]:
    """The runs that are alive on this engine, whoever started them and from wherever."""
    listed = engine.client.api.containers(filters={"label": ALIVE})
    every = [one["Labels"] for one in listed]
    found = {of[ALIVE]: Living(of[ALIVE], of.get(USES, ""), of.get(DOES, ""), of.get(BY, "")) for of in every}
    return sorted(found.values(), key=lambda one: one.run)


def control_plane(client: DockerClient, cluster: str) -> str:
    """The id of the container that a cluster stands and falls with; empty where there is none."""
    filters: dict[str, Any] = {"label": [f"{KIND_CLUSTER}={cluster}", f"{KIND_ROLE}=control-plane"]}
    return ",".join(sorted(str(one["Id"]) for one in client.api.containers(all=True, filters=filters)))


class Standing:
    """Whether the cluster that was there is still there: another one of the same name is not."""

    def __init__(self, client: DockerClient, cluster: str) -> None:
        self._client, self._cluster = client, cluster
        self._was = control_plane(client, cluster) if cluster else ""

    def gone(self) -> bool:
        """For certain; of an engine that does not answer nothing is known."""
        from docker.errors import DockerException
        from requests import RequestException

        if not self._was:
            return False
        try:
            return control_plane(self._client, self._cluster) != self._was
        except (DockerException, RequestException, OSError):
            return False


class Life:
    """The life of one run: `begin` before it makes anything, `end` when nothing of it is left."""

    def __init__(self, run: str, engine: Engine, *, cluster: str, does: str) -> None:
        self.run, self.cluster, self.does = run, cluster, does
        self._engine = engine
        self._over, self._gone = threading.Event(), threading.Event()
        self._beating = threading.Thread(target=self._beat, daemon=True, name="life")
        self._client = engine.endpoint.client(timeout_s=ANSWER_S)  # of its own: a beat must not wait for long
        try:
            self._standing = Standing(self._client, cluster)
            self._keeper = self._start()
        except BaseException:
            self._client.close()
            raise
        self._beating.start()

    @classmethod
    def begin(cls, run: str, engine: Engine, *, cluster: str = "", does: str = "labs run") -> Life:
        """Others see it when this returns. Where `cluster` is named, its end is noticed too."""
        return cls(run, engine, cluster=cluster, does=does)

    def check(self) -> None:
        """Raise when the cluster that the run uses is gone: there is nothing left to wait for."""
        if self._gone.is_set():
            seen = "its nodes were removed while the run used them, and all that the run had in it went with them"
            raise Problem(f"Going on with run {self.run} on cluster {self.cluster}", seen, self.does)

    def end(self) -> None:
        from docker.errors import DockerException
        from requests import RequestException

        self._over.set()
        self._beating.join()
        cut(self._keeper)
        try:
            ours: Any = {"label": f"{ALIVE}={self.run}"}
            removal.remove(self._client.containers.list(all=True, ignore_removed=True, filters=ours))
        except (DockerException, RequestException, Problem):
            pass  # an engine that does not answer; without beats it ends by itself
        finally:
            self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def _start(self) -> subprocess.Popen[bytes]:
        by = f"process {os.getpid()} of {_user()} on {platform.node()}"
        labels = {NAME: "keeper", ALIVE: self.run, USES: self.cluster, DOES: self.does, BY: by}
        argv = [str(tools.docker_cli()), "run", "--rm", "--interactive", "--pull", "never"]
        argv += ["--network", "none", "--log-driver", "none"]
        argv += [word for name, value in labels.items() for word in ("--label", f"{name}={value}")]
        argv += ["--entrypoint", "python3", IMAGE, "-S", "-E", "-c", KEEPER]
        keeper = attached(argv, self._engine.environment, self.run)
        try:
            # Its first line may be here some milliseconds before the engine lists it as running.
            until(f"the sign of run {self.run}", self._unseen, Deadline.after(START_S), pause_s=0.02)
        except TooLate as late:
            cut(keeper)
            raise Problem(f"Showing on the engine that run {self.run} is alive", str(late), "labs doctor") from late
        except BaseException:
            cut(keeper)
            raise
        return keeper

    def _unseen(self) -> str:
        return "" if self._client.api.containers(filters={"label": f"{ALIVE}={self.run}"}) else "its container"

    def _beat(self) -> None:
        while not self._over.wait(BEAT_S):
            if not beaten(self._keeper):
                self._again()
            if self._standing.gone():
                self._gone.set()

    def _again(self) -> None:
        """Its container ended, with the engine or by somebody's hand, and the run has not."""
        from docker.errors import DockerException

        cut(self._keeper)
        with contextlib.suppress(Problem, DockerException, OSError):  # at the next beat it is tried once more
            self._keeper = self._start()


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # of a container that was given a number only
        return f"user {os.getuid()}"


def attached(argv: list[str], environment: dict[str, str], run: str) -> subprocess.Popen[bytes]:
    """Start the keeper and wait for its first line: from then on others see that the run is alive."""
    keeper = subprocess.Popen(
        argv,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is for us to handle: the run lives until it has cleaned up
    )
    try:
        assert keeper.stdout is not None  # noqa: S101  (Popen was given pipes)
        assert keeper.stderr is not None  # noqa: S101
        readable, _, _ = select.select([keeper.stdout], [], [], START_S)
        if readable and keeper.stdout.readline():
            return keeper
        keeper.kill()
        last = keeper.stderr.read().decode(errors="replace").strip().splitlines()[:1]
        seen = (last or [f"no answer within {START_S:.0f} s"])[0]
        fix = "labs images" if "No such image" in seen else "labs doctor"
        raise Problem(f"Showing on the engine that run {run} is alive", seen, fix)
    except BaseException:
        cut(keeper)
        raise


def beaten(keeper: subprocess.Popen[bytes]) -> bool:
    """Give a sign; answers whether there is still somebody to take it."""
    if keeper.poll() is not None or keeper.stdin is None:
        return False
    try:
        keeper.stdin.write(b"\n")
        keeper.stdin.flush()
    except OSError:
        return False
    return True


def cut(keeper: subprocess.Popen[bytes]) -> None:
    """Cut its line: the container ends by itself, and its client with it."""
    if keeper.stdin is not None:
        with contextlib.suppress(OSError):
            keeper.stdin.close()
    try:
        keeper.wait(END_S)
    except subprocess.TimeoutExpired:
        keeper.kill()
        keeper.wait()
    for stream in (keeper.stdout, keeper.stderr):
        if stream is not None:
            stream.close()
