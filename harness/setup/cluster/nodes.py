"""The containers that play a cluster's nodes: finding them, starting them, asking something from inside them."""

from __future__ import annotations

import base64
import shlex
import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from harness.model.errors import Problem
from harness.model.project import NAME
from harness.setup import commands, tools

if TYPE_CHECKING:
    from docker.models.containers import Container

    from harness.setup.engine import Engine

KIND_CLUSTER = "io.x-k8s.kind.cluster"
KIND_ROLE = "io.x-k8s.kind.role"
ADMIN = "--kubeconfig=/etc/kubernetes/admin.conf"


@dataclass(frozen=True, slots=True)
class Node:
    name: str
    role: str
    state: str
    address: str
    started_at: str
    container: Container

    @property
    def running(self) -> bool:
        return self.state == "running"

    @property
    def runs_s(self) -> float:
        """For how long, by the host's clock, which is the engine's too; one that was set back says 0."""
        began = datetime.fromisoformat(f"{self.started_at[:19]}+00:00")
        return max(0.0, (datetime.now(UTC) - began).total_seconds())


def of(engine: Engine, cluster: str) -> list[Node]:
    """The nodes of our cluster of that name; a Problem if somebody else's bears it."""
    found = engine.client.containers.list(
        all=True, ignore_removed=True, filters={"label": f"{KIND_CLUSTER}={cluster}"}
    )
    if foreign := [c.name for c in found if NAME not in c.labels]:
        raise Problem(
            f"Looking for our cluster {cluster}",
            f"{', '.join(str(n) for n in foreign)} belong to a kind cluster of that name which we did not make",
            f"kind delete cluster --name {cluster}, if it is not needed",
        )
    return sorted((_node(c) for c in found), key=lambda n: (n.role != "control-plane", n.name))


def _node(container: Container) -> Node:
    attributes: dict[str, Any] = container.attrs
    networks = attributes["NetworkSettings"]["Networks"].values()
    address = next((str(n["IPAddress"]) for n in networks if n["IPAddress"]), "")
    state = attributes["State"]
    role = container.labels.get(KIND_ROLE, "")
    return Node(str(container.name), role, str(state["Status"]), address, str(state["StartedAt"]), container)


def revive(nodes: list[Node]) -> None:
    for node in nodes:
        if node.state == "paused":
            node.container.unpause()
        elif not node.running:
            node.container.start()


def memory_bytes(engine: Engine, nodes: list[Node]) -> int:
    """What the nodes use without the page cache that the kernel would give back."""
    total = 0
    for node in nodes:
        stats: Any = engine.client.api.stats(node.name, stream=False, one_shot=True)
        memory = stats.get("memory_stats", {})
        details = memory.get("stats", {})
        cache = details.get("total_inactive_file", details.get("inactive_file", 0))
        total += max(0, memory.get("usage", 0) - cache)
    return total


def kubectl(engine: Engine, node: Node, *arguments: str, text: str | None = None, within_s: float = 30) -> str:
    """The kubectl that the node carries: there in every image, and of the server's own version."""
    argv = [str(tools.docker_cli()), "exec", *(["-i"] if text is not None else []), node.name]
    return commands.run([*argv, "kubectl", ADMIN, *arguments], text=text, within_s=within_s, env=engine.environment)


def http_from(node: Node, address: str, path: str, *, port: int = 80) -> str:
    """The answer to a plain HTTP request sent from a node; empty when there is none within 2 s."""
    request = f"GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n".encode()
    return _exchange(node, address, port, request, "cat <&3").decode(errors="replace")


def silent_from(node: Node, addresses: list[str], port: int, path: str) -> list[str]:
    """Those addresses that do not answer a node's plain HTTP request with 200 within 1 s; all are asked at once."""
    ask = f"exec 3<>/dev/tcp/$0/{port} && printf 'GET {path} HTTP/1.0\\r\\n\\r\\n' >&3 && grep -q ' 200 ' <&3"
    one = f"timeout 1 bash -c {shlex.quote(ask)} $a 2>/dev/null || echo $a"
    each = f"for a in {' '.join(addresses)}; do {one} & done; wait"
    if not addresses:
        return []
    code, output = inside(node.container, ["bash", "-c", each])
    return addresses if code else [address for address in addresses if address in output.split()]


def dns_from(node: Node, server: str, name: str) -> list[str]:
    """The addresses that a DNS server gives a node for a name, asked over TCP; empty when there are none."""
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split("."))
    question = struct.pack(">HHHHHH", 1, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">HH", 1, 1)
    read = "n=$(head -c2 <&3 | od -An -tu2 --endian=big); head -c $n <&3"
    answer = _exchange(node, server, 53, struct.pack(">H", len(question)) + question, read)
    return addresses(answer, len(question))


def addresses(answer: bytes, question_end: int) -> list[str]:
    if len(answer) < question_end:
        return []
    found: list[str] = []
    count, at = struct.unpack(">H", answer[6:8])[0], question_end
    for _ in range(count):
        at = _after_name(answer, at)
        if len(answer) < at + 10:
            return found
        kind, _, _, size = struct.unpack(">HHIH", answer[at : at + 10])
        if kind == 1:
            found.append(".".join(str(byte) for byte in answer[at + 10 : at + 10 + size]))
        at += 10 + size
    return found


def _after_name(answer: bytes, at: int) -> int:
    """A name is labels up to an empty one, or two bytes that point back to an earlier name."""
    while at < len(answer) and answer[at] and answer[at] < 0xC0:
        at += 1 + answer[at]
    return at + (2 if at < len(answer) and answer[at] >= 0xC0 else 1)


def _exchange(node: Node, host: str, port: int, payload: bytes, read: str) -> bytes:
    """Bash alone does it, so that any node image will do: none of them is sure to have curl or dig."""
    text = base64.b64encode(payload).decode()
    script = f"exec 3<>/dev/tcp/{host}/{port} && echo {text} | base64 -d >&3 && {{ {read}; }} | base64 -w0"
    code, output = inside(node.container, ["sh", "-c", f"timeout 2 bash -c {shlex.quote(script)} 2>/dev/null"])
    try:
        return base64.b64decode(output) if code == 0 else b""
    except ValueError:
        return b""


def inside(container: Container, argv: list[str]) -> tuple[int, str]:
    """Run a program in a container to its end: exit code and what it printed."""
    answer: Any = container.exec_run(argv)
    return int(answer.exit_code), answer.output.decode(errors="replace")


READY_ONCE = "/kind/dk-labs-was-ready"
"""A file in the control plane: there once the cluster was ready, and to be seen when nothing in it answers."""


def mark_ready(node: Node) -> None:
    inside(node.container, ["touch", READY_ONCE])


def ready_once(node: Node) -> bool:
    from docker.errors import DockerException

    try:
        stream, _ = node.container.get_archive(READY_ONCE)
        for _part in stream:
            pass
    except DockerException:
        return False
    return True
