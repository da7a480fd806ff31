"""How a part of a cluster is taken away, and how it comes back: each kind of part in its own way."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from harness.model.clock import Deadline
from harness.model.errors import Problem
from harness.model.parts import DAEMONS, DEPLOYED, KNOWN, KUBELET, STATIC, anywhere_but, by_hand, static
from harness.model.waiting import until
from harness.setup.cluster.kube import Kube, Refused
from harness.sites.docker.machines import sh
from harness.sites.kubernetes.copies import copy_of

if TYPE_CHECKING:
    from docker.models.containers import Container

SYSTEM = "namespaces/kube-system"
MERGE = "application/merge-patch+json"


class Part(Protocol):
    name: str

    def leave(self, deadline: Deadline) -> str:
        """Take it away, and wait until it is; answers what was done, as a person would have typed it."""
        ...

    def back(self, deadline: Deadline) -> None: ...


def part(name: str, node: str, container: Container, kube: Kube) -> Part:
    """Of this node, where it is one of each node's; else the cluster's."""
    if name in STATIC:
        return Static(name, container)
    if name == KUBELET:
        return Kubelet(name, container)
    if name in DAEMONS:
        return Daemon(name, node, kube)
    if name in DEPLOYED:
        return Deployed(name, kube)
    raise Problem(f"Taking {name} away", "it is no part that can be", f"one of: {', '.join(KNOWN)}")


def running(node: Container, name: str) -> list[str]:
    """The running containers of that name on a node: as containerd tells, since crictl is not in every node image."""
    named = sh(
        node, f"ctr --namespace k8s.io containers list --quiet 'labels.\"io.kubernetes.container.name\"=={name}'"
    )
    run = [line.split() for line in sh(node, "ctr --namespace k8s.io tasks list").splitlines()]
    return [line[0] for line in run if line[0] in named.split() and line[2] == "RUNNING"]


@dataclass(slots=True)
class Static:
    """What the kubelet of the control plane starts from a file."""

    name: str
    container: Container

    def leave(self, deadline: Deadline) -> str:
        move = static(self.name)
        sh(self.container, f"test ! -e /etc/kubernetes/manifests/{self.name}.yaml || {move}")
        until(f"the end of {self.name}", self._running, deadline, pause_s=0.3)
        return by_hand(self.name, str(self.container.name))

    def _running(self) -> str:
        found = running(self.container, self.name)
        for one in found:  # the kubelet gives it 30 s to end
            sh(self.container, f"ctr --namespace k8s.io tasks kill --signal SIGKILL {one} || true")
        return f"that {self.name} ends" if found else ""

    def back(self, deadline: Deadline) -> None:
        del deadline
        file = f"/etc/kubernetes/{self.name}.yaml"
        sh(self.container, f"test ! -e {file} || mv {file} /etc/kubernetes/manifests/")


@dataclass(slots=True)
class Kubelet:
    """Without it nothing is started on its node any more; what runs there goes on."""

    name: str
    container: Container

    def leave(self, deadline: Deadline) -> str:
        del deadline
        sh(self.container, "systemctl stop kubelet")
        return by_hand(self.name, str(self.container.name))

    def back(self, deadline: Deadline) -> None:
        del deadline
        sh(self.container, "systemctl start kubelet")


@dataclass(slots=True)
class Daemon:
    """What a DaemonSet has on every node: it leaves one of them."""

    name: str
    node: str
    kube: Kube
    _before: Any = None

    @property
    def _path(self) -> str:
        return f"/apis/apps/v1/{SYSTEM}/daemonsets/{self.name}"

    def leave(self, deadline: Deadline) -> str:
        spec = self.kube.get(self._path)["spec"]
        affinity = spec["template"]["spec"].get("affinity")
        self._before = {"updateStrategy": spec["updateStrategy"], "template": {"spec": {"affinity": affinity}}}
        self._place(anywhere_but(self.node), deadline, there=False)
        return by_hand(self.name, self.node)

    def back(self, deadline: Deadline) -> None:
        self._place(self._before, deadline, there=True)

    def _place(self, spec: Any, deadline: Deadline, *, there: bool) -> None:
        self.kube.call("PATCH", self._path, {}, {"spec": spec}, kind=MERGE)

        def missing() -> str:
            query = {"labelSelector": f"k8s-app={self.name}", "fieldSelector": f"spec.nodeName={self.node}"}
            pods = self.kube.get(f"/api/v1/{SYSTEM}/pods", **query)["items"]
            if there:
                return "" if any(copy_of(p, "").ready for p in pods) else f"{self.name} on {self.node}"
            return f"that {self.name} leaves {self.node}" if pods else ""

        until(f"{self.name} of {self.node}", missing, deadline, passing=(Refused,), pause_s=0.2)


@dataclass(slots=True)
class Deployed:
    """What a Deployment of the system's has somewhere, with the API that it may serve."""

    name: str
    kube: Kube
    _copies: int = 1
    _served: dict[str, Any] = field(default_factory=dict)

    @property
    def _path(self) -> str:
        return f"/apis/apps/v1/{SYSTEM}/deployments/{self.name}"

    @property
    def _api(self) -> str:
        return f"/apis/apiregistration.k8s.io/v1/apiservices/{DEPLOYED[self.name]}"

    def leave(self, deadline: Deadline) -> str:
        self._copies = int(self.kube.get(self._path)["spec"]["replicas"])
        if DEPLOYED[self.name]:
            found = self.kube.get(self._api)
            meta = {"name": found["metadata"]["name"]}
            self._served = {"apiVersion": found["apiVersion"], "kind": found["kind"], "metadata": meta}
            self._served["spec"] = found["spec"]
            self.kube.delete(self._api)
        self._scale(0, deadline)
        return by_hand(self.name, "")

    def back(self, deadline: Deadline) -> None:
        self._scale(self._copies, deadline)
        if self._served:
            self.kube.apply(self._api, self._served)

    def _scale(self, copies: int, deadline: Deadline) -> None:
        self.kube.call("PATCH", f"{self._path}/scale", {}, {"spec": {"replicas": copies}}, kind=MERGE)

        wanted = self.kube.get(self._path)["spec"]["selector"]["matchLabels"]
        selector = ",".join(f"{key}={value}" for key, value in wanted.items())

        def missing() -> str:
            """A Deployment's own count leaves out those that are still ending, and serving."""
            pods = self.kube.get(f"/api/v1/{SYSTEM}/pods", labelSelector=selector)["items"]
            ready = sum(copy_of(p, "").ready for p in pods)
            return "" if len(pods) == ready == copies else f"{copies} copies, {ready} of {len(pods)} are ready"

        until(f"{self.name}", missing, deadline, passing=(Refused,), pause_s=0.3)
