"""From where a trial's clients ask: a Pod in its namespace or a node's own network, beyond the cluster, or here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.lab.arm import IMAGE, PORT
from harness.lab.open_site import Ask, No, Scope
from harness.model.clock import Deadline
from harness.model.errors import Problem
from harness.model.waiting import TooLate, until
from harness.setup import removal
from harness.setup.cluster import nodes
from harness.setup.cluster.kube import Refused
from harness.sites.client import HERE, PROGRAM, flags
from harness.sites.docker.asker import asker, client_labels
from harness.sites.kubernetes.connection import Connection
from harness.sites.kubernetes.forward import LOOPBACK, Forward
from harness.sites.kubernetes.sweep import FORCE, delete
from harness.sites.labels import BESIDE_LABEL

OUTSIDE, FORWARDED = "outside", "forwarded"
POD = "dk-labs-client"
POD_S = 30.0


class Askers:
    """Those of one trial."""

    def __init__(self, at: Connection, scope: Scope) -> None:
        self._at, self._scope = at, scope
        self._pods = f"/api/v1/namespaces/{scope.name}/pods"
        self._beyond = False
        self._forwards: list[Forward] = []

    def command(self, ask: Ask, number: int, env: Mapping[str, str]) -> tuple[list[str], Mapping[str, str]]:
        """What is run here to have it asked, and in which environment; No where it cannot be asked."""
        try:
            if ask.at == OUTSIDE:
                return self._outside(ask, number), self._at.engine.environment
            if ask.at == FORWARDED:
                return self._forwarded(ask, env), env
            pod = self._pod(ask.at)
        except (Refused, TooLate) as why:
            raise No(f"nobody can ask: {why}") from why
        return [str(self._at.kubectl), "exec", "--stdin", pod, "--", *PROGRAM, *flags(ask)], env

    def _outside(self, ask: Ask, number: int) -> list[str]:
        """In the network that the nodes are in: of the cluster it knows their addresses and nothing else."""
        node = nodes.of(self._at.engine, self._at.shape.name)[0]
        network = next(iter(node.container.attrs["NetworkSettings"]["Networks"]))
        places = [f"{node.name}:{ask.port or self._node_port(to)}" for to in ask.to]
        labels = client_labels(self._at.run, self._scope.trial)
        self._beyond = True
        return asker(f"{self._scope.name}-outside-{number}", network, labels, flags(ask, places))

    def _forwarded(self, ask: Ask, env: Mapping[str, str]) -> list[str]:
        """On this machine, at ports that kubectl forwards to the Services."""
        begun = [Forward(str(self._at.kubectl), to, ask.port or PORT, env) for to in ask.to]
        self._forwards += begun
        return [*HERE, *flags(ask, [f"{LOOPBACK}:{one.port()}" for one in begun])]

    def _node_port(self, service: str) -> int:
        spec = self._at.kube.get(f"/api/v1/namespaces/{self._scope.name}/services/{service}")["spec"]
        port = spec["ports"][0].get("nodePort")
        if not port:
            seen = f"its Service {service} has no nodePort"
            raise Problem(f"Asking {self._scope.arm.name} from outside", seen, "type: NodePort")
        return int(port)

    def _pod(self, node: str) -> str:
        """It waits to be told what to ask: what asks is started in it, and streams its lines."""
        name = f"{POD}-{node}" if node else POD
        try:
            self._at.kube.call("POST", self._pods, {}, client_pod(name, self._at.full(node) if node else ""))
        except Refused as refused:
            if refused.status != 409:  # it is there already, for another client
                raise
        until("the client's Pod", lambda: self._missing(name), Deadline.after(POD_S))
        return name

    def _missing(self, name: str) -> str:
        phase = str(self._at.kube.get(f"{self._pods}/{name}")["status"].get("phase", ""))
        return "" if phase == "Running" else f"that it runs; it is {phase or 'new'}"

    def quiet(self) -> None:
        """Those beyond the cluster end by themselves when nobody speaks to them any more, but not at once."""
        for forward in self._forwards:
            forward.end()
        self._forwards.clear()
        if self._beyond:
            labels = client_labels(self._at.run, self._scope.trial)
            ours: Any = {"label": [f"{name}={value}" for name, value in labels.items()]}
            containers = self._at.engine.client.containers
            removal.remove(containers.list(all=True, ignore_removed=True, filters=ours))
            self._beyond = False

    def remove(self) -> None:
        """Until they are gone: the next trial's would bear the same names."""

        def remaining() -> str:
            there = self._at.kube.get(self._pods, labelSelector=BESIDE_LABEL)["items"]
            names = [p["metadata"]["name"] for p in there if p["metadata"]["name"].startswith(POD)]
            for name in names:
                delete(self._at.kube, f"{self._pods}/{name}", FORCE)
            return ", ".join(names)

        until("the end of the clients", remaining, Deadline.after(POD_S), passing=(Refused,))


def client_pod(name: str, node: str) -> dict[str, Any]:
    """On a node that is named it is in the node's own network, whatever keeps others from that node."""
    there = {
        "nodeName": node, "hostNetwork": True, "dnsPolicy": "ClusterFirstWithHostNet",
        "tolerations": [{"operator": "Exists"}],
    }  # fmt: skip
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {BESIDE_LABEL: name}},
        "spec": {
            "terminationGracePeriodSeconds": 0,
            # A Service's environment variables would be read as the program's own settings.
            "enableServiceLinks": False,
            "containers": [{"name": "client", "image": IMAGE, "command": ["sleep", "infinity"]}],
            **(there if node else {}),
        },
    }
