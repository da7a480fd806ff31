"""A container as a copy of the application, and what can be done to one from outside."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from harness.lab.open_site import No
from harness.model.entries import Copy
from harness.model.errors import Problem
from harness.sites.typed import telling

if TYPE_CHECKING:
    from docker.models.containers import Container

STOP_S = 5
"""The grace that a person who stops a container gives it; Docker's own default is 10."""

NEVER = "0001-"
"""How the moment of something that has not happened begins."""


def copy_of(inspected: Mapping[str, Any], prefix: str, *, where: str = "") -> Copy:
    """The container as it was inspected; its name without the trial's prefix."""
    state = inspected["State"]
    running = bool(state["Running"]) and not state["Restarting"]
    begun = not state["StartedAt"].startswith(NEVER)
    return Copy(
        name=str(inspected["Name"]).lstrip("/").removeprefix(prefix),
        thing=str(inspected["Id"]),
        # A restart keeps the container's id: its start tells one incarnation from the next. Before it there is none.
        id=f"{inspected['Id'][:12]}/{state['StartedAt']}" if begun else "",
        ready=running and not state["Paused"],
        state=str(state["Status"]),
        code=int(state["ExitCode"]) if begun and not running else -1,
        no="" if begun else first_line(str(state.get("Error", ""))),
        where=where,
        address=address_in(inspected),
        version=environment_of(inspected).get("VERSION", ""),
    )


def address_in(inspected: Mapping[str, Any]) -> str:
    networks = inspected["NetworkSettings"]["Networks"].values()
    return next((str(n["IPAddress"]) for n in networks if n["IPAddress"]), "")


def environment_of(inspected: Mapping[str, Any]) -> dict[str, str]:
    given = inspected["Config"].get("Env") or ()
    return {name: value for name, _, value in (str(one).partition("=") for one in given)}


def first_line(text: str) -> str:
    """Of what the engine, or the docker command, says against something."""
    return next(iter(telling(text)), "")


@contextmanager
def answered(name: str = "") -> Iterator[None]:
    """What the SDK raises as a No: the engine's reason, that there is no such thing, or that nobody answers."""
    from docker.errors import APIError, DockerException, NotFound
    from requests import RequestException
    from urllib3.exceptions import HTTPError

    try:
        yield
    except NotFound as missing:
        raise No(f"not there any more: {name}" if name else first_line(str(missing.explanation))) from missing
    except APIError as error:
        raise No(first_line(str(error.explanation or error))) from error
    except (DockerException, RequestException, HTTPError, OSError) as error:
        raise No(f"the engine does not answer: {type(error).__name__}") from error


@contextmanager
def bounded(tried: str) -> Iterator[None]:
    """The same as a Problem."""
    try:
        with answered():
            yield
    except No as no:
        raise Problem(tried, str(no), "docker info") from no


def act_upon(container: Container, how: str, kill: Callable[[int], str]) -> str:
    """Stop, kill, remove, pause, unpause or host-kill it; answers what was done.

    `kill` ends a process of the host's by number.
    """
    if how == "host-kill":
        pid = int(container.attrs["State"]["Pid"])
        return _killed(pid, kill(pid) if pid else "error it does not run")
    if how == "stop":
        container.stop(timeout=STOP_S)
    elif how == "kill":
        container.kill()
    elif how == "remove":
        container.remove(force=True)
    elif how == "pause":
        container.pause()
    elif how == "unpause":
        container.unpause()
    else:
        raise ValueError(how)
    return f"docker {'rm --force' if how == 'remove' else how} {container.name}"


def _killed(pid: int, said: str) -> str:
    if not said.startswith("ok"):
        raise No(f"process {pid}: {said.removeprefix('error ')}")
    return f"process {pid} of the host"
