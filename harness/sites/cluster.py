"""The shared kind cluster as a site: a namespace for each trial, manifests applied as they are."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from typing import TYPE_CHECKING, Any

from harness import manifests
from harness.model.arm import IMAGE, PORT, Files
from harness.model.clock import Deadline
from harness.model.errors import Problem
from harness.model.project import NAME
from harness.model.site import Replica
from harness.setup import life, removal, tools
from harness.setup import paths as places
from harness.setup.cluster import nodes, ready
from harness.setup.cluster import shared as clusters
from harness.setup.cluster.kube import ANSWER_S, Kube, Refused
from harness.setup.projects import EXERCISE
from harness.sites.client import PROGRAM, Client, flags
from harness.sites.place import (
    ASK_S,
    BESIDE_LABEL,
    FRONT,
    RUN_LABEL,
    TRIAL_LABEL,
    Answer,
    Gone,
    Scope,
    Unanswered,
    client_name,
)
from harness.sites.pod_events import PodEvents
from harness.waiting import TooLate, until

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from harness.model.arm import Arm
    from harness.setup.cluster.create import Shape
    from harness.setup.engine import Engine
    from harness.sites.client import Hear
    from harness.sites.place import Ask

CLIENT_S = 30.0
TAIL = 500
"""Lines of a log that are kept as evidence."""

LOGS_S = 6.0
"""For the logs of one trial's Pods: each that is asked of a node which is gone takes seconds to fail."""

SETTLE_S = 20.0
"""For what somebody has just applied by hand; a roll-out of three Pods takes some 5 s."""

OWNERS = ("deployments", "replicasets", "statefulsets", "daemonsets")
MANY_S = 10.0
"""For an object to be deleted, of a hundred: their nodes end them meanwhile, and leave the server little time."""

AT_ONCE = 8

FORCE = {"gracePeriodSeconds": 0, "propagationPolicy": "Background"}


class ClusterPlace:
    """A cluster, with the run's namespaces in it."""

    def __init__(self, engine: Engine, run: str, shape: Shape = clusters.SHARED) -> None:
        self.name = "cluster"
        self.engine, self.run, self.shape = engine, run, shape
        self._scopes: dict[str, Scope] = {}
        self._kube: Kube | None = None
        self._events: PodEvents | None = None
        self._standing: life.Standing | None = None
        self.down: set[str] = set()
        """Nodes that a trial broke on purpose."""

        self.away: set[str] = set()
        """Parts that it took away."""

    @property
    def kube(self) -> Kube:
        if self._kube is None:
            raise Problem("Using the cluster", "it was never opened", "report this")
        return self._kube

    def open(self, deadline: Deadline) -> None:
        del deadline
        self._standing = life.Standing(self.engine.client, self.shape.name)
        self._kube = Kube(self.shape.kubeconfig)
        self._events = PodEvents(self._kube, (f"dkl-{self.run}-", EXERCISE), self._hear)
        self._events.start()

    def health(self) -> str:
        """Whether all that acts on Pods is at work: nodes with kubelets and proxies, controllers, the scheduler."""
        if self._kube is None:
            return "the cluster was never opened"
        asked = self._kube.within(ready.ANSWER_S)
        try:
            every, size = nodes.of(self.engine, self.shape.name), self.shape.size() - len(self.down)
            there = [n for n in every if n.name not in self.down]
            # The API server calls a node Ready for 50 s after it is gone, and places Pods on it.
            if len(there) < size:
                return f"only {len(there)} of {size} nodes are there"
            return (
                ready.nodes_missing(asked, size, but=frozenset(self.down))
                or ready.kubelets_missing(asked, there)
                or ready.leaders_missing(asked, but=frozenset(self.away))
                or ("" if "kube-proxy" in self.away else ready.proxies_missing(asked, there))
                or ready.pods_missing(asked, there)
            )
        except (Refused, Problem, KeyError, ValueError, OSError) as error:
            return str(error) or type(error).__name__
        except Exception as error:  # the engine's SDK lets requests' own through
            return f"{type(error).__name__}: {error}"

    def streams(self) -> dict[str, str]:
        return {"pod-events": self._events.state if self._events else "lost"}

    def attach(self, scope: Scope) -> tuple[str, ...]:
        self._scopes[scope.name] = scope
        until(f"what was applied to {scope.at}", lambda: unsettled(self.kube, scope.at), Deadline.after(SETTLE_S))
        pods = self.kube.get(f"/api/v1/namespaces/{scope.at}/pods")["items"]
        staying = [pod for pod in pods if not pod["metadata"].get("deletionTimestamp")]
        return tuple(sorted({str(c["image"]) for pod in staying for c in pod["spec"]["containers"]}))

    def apply(self, scope: Scope) -> Sequence[str]:
        self._scopes[scope.name] = scope
        labels = {NAME: "trial", RUN_LABEL: self.run, TRIAL_LABEL: scope.trial}
        self.kube.call(
            "POST",
            "/api/v1/namespaces",
            {},
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": scope.name, "labels": labels}},
        )
        if not isinstance(scope.arm.recipe, Files):
            raise Problem(f"Applying {scope.arm.name}", "a cluster takes files", "a recipe such as 'deployment.yaml'")
        return [self.change(scope, scope.arm.recipe.names)]

    def add(self, scope: Scope, names: Sequence[str]) -> str:
        recipe = scope.arm.recipe
        return self.change(scope, names or (recipe.names if isinstance(recipe, Files) else ()))

    def change(self, scope: Scope, names: Sequence[str]) -> str:
        for name in names:
            self._apply_file(scope.manifests / name, scope.name)
        return f"kubectl apply {' '.join(f'--filename {name}' for name in names)}"

    def evidence(self, scope: Scope) -> dict[str, str]:
        inside = f"/api/v1/namespaces/{scope.name}"
        pods = self.kube.get(f"{inside}/pods")["items"]
        found = {
            f"{kind}.json": json.dumps(self.kube.get(f"{inside}/{kind}"), indent=2) for kind in ("pods", "events")
        }
        deadline = Deadline.after(LOGS_S)
        for name, previous in product((p["metadata"]["name"] for p in pods), ("false", "true")):
            if not deadline.left():
                break
            try:
                text = self.kube.text(f"{inside}/pods/{name}/log", tailLines=str(TAIL), previous=previous)
            except Refused:
                continue  # it has not begun, or there is none before it
            found[f"{name}{'-before' if previous == 'true' else ''}.log"] = text
        return found

    def check(self, arm: Arm, folder: Path) -> None:
        for name in arm.recipe.names if isinstance(arm.recipe, Files) else ():
            self._apply_file(folder / name, "default", only_try=True)

    def _apply_file(self, file: Path, namespace: str, *, only_try: bool = False) -> None:
        for document in manifests.documents(file):
            try:
                self.kube.apply(self.kube.path_of(document, namespace), document, only_try=only_try)
            except Refused as refused:
                place = f"{places.shown(file)}, {document['kind']} {document['metadata']['name']}"
                raise Problem(f"Applying {place}", str(refused), "kubectl explain, or mend that file") from refused

    def look(self, scope: Scope) -> tuple[Replica, ...]:
        listed = self.kube.get(f"/api/v1/namespaces/{scope.name}/pods", labelSelector=f"!{BESIDE_LABEL}")
        return tuple(replica(pod) for pod in listed["items"])

    def ask(self, scope: Scope, replica: Replica, method: str, path: str, *, within_s: float = ASK_S) -> Answer:
        url = f"/api/v1/namespaces/{scope.name}/pods/{replica.name}:{PORT}/proxy{path}"
        try:
            status, headers = self.kube.raw(method, url, within_s=max(within_s, ANSWER_S))
        except Refused as refused:
            raise Unanswered(str(refused)) from refused
        if "x-instance" not in headers:
            raise Unanswered(f"HTTP {status}, of the API server's own")
        return Answer(status, headers["x-instance"], headers.get("x-data", ""))

    def signal(self, scope: Scope, replica: Replica, how: str) -> str:
        if how != "remove":
            raise ValueError(f"a cluster knows no {how}")
        path = f"/api/v1/namespaces/{scope.name}/pods/{replica.name}"
        try:
            self.kube.delete(path, {"preconditions": {"uid": replica.thing}})
        except Refused as refused:
            raise Gone(f"{replica.name}: {refused}") from refused
        return f"kubectl delete pod {replica.name}"

    def client(self, scope: Scope, ask: Ask, hear: Hear) -> Client:
        if ask.outside:
            return self._from_outside(scope, ask, hear)
        path, name = f"/api/v1/namespaces/{scope.name}/pods", client_name(ask)
        self.kube.call("POST", path, {}, _client_pod(name))
        until("the client's Pod", lambda: self._client_missing(f"{path}/{name}"), Deadline.after(CLIENT_S))
        kubectl = tools.kubectl(f"{self.shape.name}-control-plane", endpoint_env=self.engine.environment)
        argv = [str(kubectl), "--kubeconfig", str(self.shape.kubeconfig), "--namespace", scope.name]
        argv += ["exec", "--stdin", name, "--", *PROGRAM, "client"]
        return Client([*argv, *flags(FRONT, PORT, ask)], os.environ, hear)

    def _from_outside(self, scope: Scope, ask: Ask, hear: Hear) -> Client:
        """In the network that the nodes are in: of the cluster it knows their addresses and nothing else."""
        spec = self.kube.get(f"/api/v1/namespaces/{scope.name}/services/{FRONT}")["spec"]
        port = spec["ports"][0].get("nodePort")
        if not port:
            raise Problem(f"Asking {scope.arm.name} from outside", "its Service has no nodePort", "type: NodePort")
        node = nodes.of(self.engine, self.shape.name)[0]
        network = next(iter(node.container.attrs["NetworkSettings"]["Networks"]))
        labels = {NAME: "client", RUN_LABEL: self.run, BESIDE_LABEL: scope.trial}
        argv = [str(tools.docker_cli()), "run", "--rm", "--interactive", "--init", "--log-driver", "none"]
        argv += ["--name", f"{scope.name}-outside", "--network", network, "--pull", "never"]
        argv += [word for name, value in labels.items() for word in ("--label", f"{name}={value}")]
        asked = flags(node.name, int(port), ask)
        return Client([*argv, IMAGE, "client", *asked], self.engine.environment, hear)

    def _client_missing(self, path: str) -> str:
        phase = str(self.kube.get(path)["status"].get("phase", ""))
        return "" if phase == "Running" else f"that it runs, it is {phase or 'new'}"

    def scale(self, scope: Scope, copies: int) -> str:
        path = f"/apis/apps/v1/namespaces/{scope.name}/deployments/web/scale"
        self.kube.call("PATCH", path, {}, {"spec": {"replicas": copies}}, kind="application/merge-patch+json")
        return f"kubectl scale deployment web --replicas={copies}"

    def leave(self, scope: Scope) -> None:
        self._scopes.pop(scope.name, None)
        if scope.at:
            self._end_clients_in(scope.at)
        else:
            drop(self.kube, scope.name)

    def close(self, deadline: Deadline) -> Sequence[str]:
        if self._kube is None:
            return []
        try:
            self._end_clients()
            return sweep(self._kube, self.run, deadline, gone=self._gone)
        finally:
            if self._events:
                self._events.stop()

    def _gone(self) -> bool:
        """What was in a cluster that is gone went with it."""
        return self._standing is not None and self._standing.gone()

    def _end_clients_in(self, namespace: str) -> None:
        """Until they are gone: the next trial's would bear the same name."""
        inside = f"/api/v1/namespaces/{namespace}/pods"

        def remaining() -> str:
            clients = [p["metadata"]["name"] for p in self.kube.get(inside, labelSelector=BESIDE_LABEL)["items"]]
            for name in clients:
                _delete(self.kube, f"{inside}/{name}", FORCE)
            return ", ".join(clients)

        until("the end of the clients", remaining, Deadline.after(CLIENT_S))

    def _end_clients(self) -> None:
        """Those that ask from outside end by themselves when nobody speaks to them any more, but not at once."""
        ours: Any = {"label": [f"{RUN_LABEL}={self.run}", f"{NAME}=client"]}
        removal.remove(self.engine.client.containers.list(all=True, ignore_removed=True, filters=ours))

    def _hear(self, namespace: str, who: str, what: str, facts: dict[str, str]) -> None:
        if (scope := self._scopes.get(namespace)) is not None:
            scope.heard(who, what, facts)
            scope.stirred.set()


def _client_pod(name: str) -> dict[str, Any]:
    """It waits to be told what to ask: what asks is started in it, and streams its lines."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {BESIDE_LABEL: name}},
        "spec": {
            "terminationGracePeriodSeconds": 0,
            # A service's environment variables would be read as its own settings.
            "enableServiceLinks": False,
            "containers": [{"name": name, "image": IMAGE, "command": ["sleep", "infinity"]}],
        },
    }


def unsettled(kube: Kube, namespace: str) -> str:
    """What of a namespace is not yet as it was asked for last; Pods that are still ending serve nobody any more."""
    apps = f"/apis/apps/v1/namespaces/{namespace}"
    for owner in ("deployments", "statefulsets"):
        for one in kube.get(f"{apps}/{owner}")["items"]:
            name, status, wanted = one["metadata"]["name"], one.get("status", {}), int(one["spec"].get("replicas", 1))
            if int(status.get("observedGeneration", 0)) < int(one["metadata"]["generation"]):
                return f"that anybody took note of {name}"
            there, new = int(status.get("replicas", 0)), int(status.get("updatedReplicas", 0))
            if (there, new) != (wanted, wanted):
                return f"{wanted} Pods of {name} as it is now; {there} are there, {new} of them as it is now"
    return ""


def lend(kube: Kube, namespace: str) -> None:
    """A namespace for somebody to use by hand; one that is there already is left as it is."""
    labels = {NAME: "exercise"}
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace, "labels": labels}}
    try:
        kube.call("POST", "/api/v1/namespaces", {}, body)
    except Refused as refused:
        if refused.status != 409:
            raise


def take_back(kube: Kube, namespace: str, deadline: Deadline) -> None:
    """Remove such a namespace with all that is in it, and wait until it is gone; any other is not ours to remove."""

    def remaining() -> str:
        there = kube.get("/api/v1/namespaces", labelSelector=f"{NAME}=exercise")["items"]
        found = next((n for n in there if n["metadata"]["name"] == namespace), None)
        if found is not None and not found["metadata"].get("deletionTimestamp"):
            drop(kube, namespace)
        return namespace if found is not None else ""

    until(f"the removal of {namespace}", remaining, deadline, passing=(Refused,), pause_s=0.3)


def is_lent(kube: Kube, namespace: str) -> bool:
    there = kube.get("/api/v1/namespaces", labelSelector=f"{NAME}=exercise")["items"]
    return any(n["metadata"]["name"] == namespace and not n["metadata"].get("deletionTimestamp") for n in there)


def drop(kube: Kube, namespace: str) -> None:
    """Its Pods go first and at once: a namespace that has to wait for them takes four times as long.

    Before them, whoever would make others in their place.
    """
    apps, core = f"/apis/apps/v1/namespaces/{namespace}", f"/api/v1/namespaces/{namespace}"
    for owner in OWNERS:
        _delete(kube, f"{apps}/{owner}", FORCE)
    # One by one and many at a time: for a hundred Pods the server itself, asked to delete all, takes twice as long.
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        pods = [p["metadata"]["name"] for p in kube.get(f"{core}/pods")["items"]]
        list(pool.map(lambda name: _delete(kube, f"{core}/pods/{name}", FORCE), pods))
    _delete(kube, core)


def _delete(kube: Kube, path: str, how: Any = None) -> None:
    try:
        kube.delete(path, how, within_s=MANY_S)
    except Refused as refused:
        if refused.status not in (404, 409):  # it is gone, or going
            raise


def sweep(kube: Kube, run: str, deadline: Deadline, *, gone: Callable[[], bool] = lambda: False) -> list[str]:
    """Remove every namespace of a run and wait until they are gone, or the cluster; answers those that are not."""
    left: list[str] = []

    def remaining() -> str:
        try:
            return of_the_run()
        except Refused:
            if not gone():
                raise
            left.clear()
            return ""

    def of_the_run() -> str:
        items = kube.get("/api/v1/namespaces", labelSelector=f"{RUN_LABEL}={run}")["items"]
        left[:] = [f"namespace {n['metadata']['name']}" for n in items]
        for item in items:
            if not item["metadata"].get("deletionTimestamp"):
                drop(kube, item["metadata"]["name"])
        return ", ".join(left)

    try:
        until("removal of the run's namespaces", remaining, deadline, passing=(Refused,), pause_s=0.3)
    except TooLate as late:
        return left or [str(late)]
    return []


def runs(kube: Kube) -> set[str]:
    items = kube.get("/api/v1/namespaces", labelSelector=RUN_LABEL)["items"]
    return {n["metadata"]["labels"][RUN_LABEL] for n in items}


def replica(pod: dict[str, Any]) -> Replica:
    meta, status = pod["metadata"], pod.get("status", {})
    container: dict[str, Any] = next(iter(status.get("containerStatuses", ())), {})
    state = container.get("state", {})
    what = next(iter(state), "")
    running = what == "running" and not meta.get("deletionTimestamp")
    ended = state.get("terminated") or {}
    return Replica(
        name=meta["name"],
        id=f"{container.get('containerID', '').rpartition('/')[2][:12]}",
        thing=meta["uid"],
        state="terminating" if meta.get("deletionTimestamp") else what or str(status.get("phase", "")).lower(),
        ready=running and bool(container.get("ready")),
        code=int(ended["exitCode"]) if "exitCode" in ended else None,
        restarts=int(container.get("restartCount", 0)),
        where=str(pod["spec"].get("nodeName", "")),
    )
