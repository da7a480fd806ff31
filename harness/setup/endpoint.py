"""Which Docker engine is meant: flag > DOCKER_HOST > DOCKER_CONTEXT or the current context > default socket.

The Docker SDK looks at DOCKER_HOST alone; people who use contexts would get another engine than `docker` does.
"""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.model.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from docker import DockerClient
    from docker.tls import TLSConfig

DEFAULT_SOCKET = "unix:///var/run/docker.sock"


@dataclass(frozen=True, slots=True)
class Endpoint:
    url: str
    source: str
    tls: TLSConfig | None = None
    context: str = ""

    @property
    def local(self) -> bool:
        """Whether the engine's host is (most likely) this one, so that its kernel and files are ours to look at."""
        return self.url.startswith("unix://")

    def environment(self, base: Mapping[str, str]) -> dict[str, str]:
        """The environment in which `docker`, and with it kind, talks to this engine and no other."""
        env = {k: v for k, v in base.items() if k not in ("DOCKER_HOST", "DOCKER_CONTEXT")}
        return env | ({"DOCKER_CONTEXT": self.context} if self.context else {"DOCKER_HOST": self.url})

    def client(self, *, timeout_s: int) -> DockerClient:
        """Connect; the first call of the SDK is where an engine that does not answer shows."""
        import docker

        _close_what_fails()
        return docker.DockerClient(
            base_url=self.url,
            tls=self.tls if self.tls is not None else False,
            timeout=timeout_s,
            version="auto",
            use_ssh_client=self.url.startswith("ssh://"),
        )


@cache
def _close_what_fails() -> None:
    """The SDK drops a socket unclosed where nobody takes the connection, and Python warns of it at any later time."""
    from docker.transport import unixconn

    sdk: Any = unixconn

    def connect(connection: Any) -> None:
        taken = socket.socket(socket.AF_UNIX)
        taken.settimeout(connection.timeout)
        try:
            taken.connect(connection.unix_socket)
        except BaseException:
            taken.close()
            raise
        connection.sock = taken

    sdk.UnixHTTPConnection.connect = connect


def resolve(flag: str = "") -> Endpoint:
    if flag:
        return Endpoint(flag, "--docker-host")
    if host := os.environ.get("DOCKER_HOST"):
        return Endpoint(host, "DOCKER_HOST", _tls_from_environment())
    name, source = _context_name()
    if name and name != "default":
        return _from_context(name, source)
    return Endpoint(DEFAULT_SOCKET, "default socket")


def _context_name() -> tuple[str, str]:
    if name := os.environ.get("DOCKER_CONTEXT"):
        return name, f"DOCKER_CONTEXT={name}"
    from docker.context.config import get_current_context_name

    name = get_current_context_name() or ""
    return name, f"current context {name}"


def _from_context(name: str, source: str) -> Endpoint:
    from docker.context import Context

    try:
        context = Context.load_context(name)
    except Exception as error:  # the SDK raises bare Exception for a file it cannot read
        raise Problem(f"Reading Docker context {name}", str(error), "docker context ls") from error
    if context is None or not context.Host:
        raise Problem(f"Looking up Docker {source}", "there is no such context", "docker context ls")
    return Endpoint(str(context.Host), source, context.TLSConfig, context=name)


def _tls_from_environment() -> TLSConfig | None:
    if not os.environ.get("DOCKER_TLS_VERIFY"):
        return None
    from docker.tls import TLSConfig

    folder = os.environ.get("DOCKER_CERT_PATH") or str(Path.home() / ".docker")
    pair = (f"{folder}/cert.pem", f"{folder}/key.pem")
    return TLSConfig(client_cert=pair, ca_cert=f"{folder}/ca.pem", verify=True)
