"""One trial's part of a cluster: a namespace, and what is typed, asked and seen there."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from functools import cached_property
from itertools import product
from typing import Protocol

from harness.lab.arm import PORT, files_in
from harness.lab.open_site import ASK_S, Answer, Ask, No, Scope
from harness.model.clock import Deadline
from harness.model.entries import Copy
from harness.model.waiting import TooLate
from harness.setup.cluster import nodes
from harness.setup.cluster.kube import Refused
from harness.sites import typed
from harness.sites.client import Clients
from harness.sites.docker.copies import answered
from harness.sites.kubernetes import kubectl, logs
from harness.sites.kubernetes.altered import Applied
from harness.sites.kubernetes.asking import Askers
from harness.sites.kubernetes.connection import Connection
from harness.sites.kubernetes.copies import copy_of, refused
from harness.sites.kubernetes.health import Gaps
from harness.sites.kubernetes.sweep import drop
from harness.sites.labels import BESIDE_LABEL
from harness.sites.programs import Programs

TYPED_S = 120.0
"""For one command; `kubectl drain` or `rollout status` may well wait for a minute."""

SERVER_S = 1.0
"""What the API server may add to an answer that it passes on."""

REACH_S = 1
TAIL = 500
"""Lines of a log that are kept as evidence."""

LOGS_S = 6.0
"""For the logs of one trial's Pods: each that is asked of a node which is gone takes seconds to fail."""

SILENCE = {"refused": "connection refused", "timeout": "timeout", "reset": "reset by peer", "closed": "EOF"}
"""How the API server says in which way a Pod did not answer it."""


class Breaks(Protocol):
    """How a cluster may be broken."""

    gaps: Gaps

    def power(self, node: str, how: str) -> Answer: ...
    def take_away(self, part: str, node: str) -> Answer: ...


class ClusterTrial:
    def __init__(self, at: Connection, scope: Scope, breaks: Breaks) -> None:
        self.arm, self._at, self._scope, self._breaks = scope.arm, at, scope, breaks
        self._inside = f"/api/v1/namespaces/{scope.name}"
        self._applied = Applied(at.kube, scope.name, scope.manifests, lent=bool(scope.at))
        if scope.at:
            self._applied.files += scope.arm.names
        self._askers, self._clients = Askers(at, scope), Clients(scope.heard)
        self._programs = Programs(scope.folder / scope.trial)
        self.logs = logs.of(at, scope)
        self._contexts = scope.folder / f"{scope.trial}-kubeconfig"
        self.stands = False
        """It was left, and could not be removed."""

    # -- what is seen

    def look(self) -> Sequence[Copy]:
        try:
            pods = self._at.kube.get(f"{self._inside}/pods", labelSelector=f"!{BESIDE_LABEL}")["items"]
        except Refused as why:
            raise No(f"the Pods could not be listed: {why}") from why
        self.logs.take(logs.logs_in(pods))
        copies = [copy_of(pod, self._at.shape.name) for pod in pods]
        return copies + refused(pods, self._at.events.refusals(self._scope.name))

    def altered(self) -> str:
        if self._breaks.gaps.deaf:
            return ""
        try:
            return self._applied.altered()
        except Refused as why:
            raise No(f"what stands could not be compared with what was applied: {why}") from why

    def evidence(self) -> dict[str, str]:
        kube, deadline = self._at.kube, Deadline.after(LOGS_S)
        found: dict[str, str] = {}
        try:
            for kind in ("pods", "events"):
                found[f"{kind}.json"] = json.dumps(kube.get(f"{self._inside}/{kind}"), indent=2)
        except Refused as why:
            return found | {"missing.txt": str(why)}
        pods = [p["metadata"]["name"] for p in json.loads(found["pods.json"])["items"]]
        for name, previous in product(pods, ("false", "true")):
            if not deadline.left():
                break
            try:
                text = kube.text(f"{self._inside}/pods/{name}/log", tailLines=str(TAIL), previous=previous)
            except Refused:
                continue  # it has not begun, or there is none before it
            found[f"{name}{'-before' if previous == 'true' else ''}.log"] = text
        return found

    # -- what is done

    def ask(self, copy: Copy, method: str, path: str, *, within_s: float = ASK_S) -> Answer:
        url = f"{self._inside}/pods/{copy.name}:{PORT}/proxy{path}"
        try:
            status, headers, said = self._at.kube.raw(method, url, within_s=within_s + SERVER_S)
        except Refused as why:
            raise No("timeout" if "no answer" in str(why) else str(why)) from why
        if "x-instance" not in headers:
            gone = f"not there any more: {copy.name}"
            raise No(gone if status == 404 else silence(said))
        return Answer(headers.get("x-data", ""), status, by=(headers["x-instance"],))

    def signal(self, copy: Copy, how: str) -> Answer:
        if how != "remove":
            raise ValueError(f"in a cluster a copy can be removed, and nothing is known of {how!r}")
        try:
            self._at.kube.delete(f"{self._inside}/pods/{copy.name}", {"preconditions": {"uid": copy.thing}})
        except Refused as why:
            gone = why.status in (404, 409)
            raise No(f"not there any more: {copy.name}" if gone else str(why)) from why
        self._applied.removed(copy.name)
        return Answer(f"kubectl delete pod {copy.name}")

    def types(self, command: str) -> Answer:
        words, files = shlex.split(command), files_in(command, self.arm.site)
        if words[0] == "sh":
            self._applied.typed(command, (), worked=True)
            return self._programs.start(command, words[1], env=self._environment, cwd=self._scope.manifests)
        answer = typed.run(
            command, words, env=self._environment, cwd=self._scope.manifests, within_s=TYPED_S,
            over=self._scope.over, files=files,
        )  # fmt: skip
        self._applied.typed(command, files, worked=answer.code == 0)
        return answer

    def power(self, node: str, how: str) -> Answer:
        return self._breaks.power(node, how)

    def take_away(self, part: str, node: str) -> Answer:
        return self._breaks.take_away(part, node)

    def reach(self, service: str, node: str) -> Answer:
        """Bash alone does it, so that any node image will do."""
        container = self._at.node(node or "control-plane").container
        try:
            spec = self._at.kube.get(f"{self._inside}/services/{service}")["spec"]
        except Refused as why:
            raise No(f"the address of Service {service} is not known: {why}") from why
        address, port = spec["clusterIP"], spec["ports"][0]["port"]
        ask = f"exec 3<>/dev/tcp/{address}/{port} && printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3 && cat <&3"
        with answered(node):
            code, said = nodes.inside(container, ["timeout", str(REACH_S), "bash", "-c", ask])
        first, *rest = said.strip().splitlines() or [""]
        own = [line.partition(":")[2].strip() for line in rest if line.lower().startswith("x-instance:")]
        if code == 124:
            raise No("timeout")
        if code != 0 or " 200 " not in first or not own:
            raise No(first[-80:] or f"exit code {code}")  # beyond the cluster somebody else may answer
        return Answer(first, 200, by=(own[0],))

    def begin(self, ask: Ask) -> Answer:
        argv, env = self._askers.command(ask, self._clients.begun, self._environment)
        return self._clients.begin(ask, argv, env)

    def end(self, ask: Ask | None = None) -> Answer:
        return self._clients.end(ask)

    def listen(self) -> Answer:
        return self.logs.begin(self.look)

    def leave(self) -> None:
        """What cannot be removed now, the site removes when it is mended or closed."""
        self.quiet()
        try:
            if self._scope.at:
                self._askers.remove()
            else:
                drop(self._at.kube, self._scope.name)
            self.stands = False
        except (Refused, TooLate):
            self.stands = True

    def quiet(self) -> None:
        """Nobody asks nor listens any more, and nothing of it runs here."""
        self._clients.end()
        self._askers.quiet()
        self._programs.stop()
        self.logs.end()
        self._at.events.forget(self._scope.name)
        self._contexts.unlink(missing_ok=True)

    @cached_property
    def _environment(self) -> dict[str, str]:
        kubectl.write_context(self._contexts, self._at.shape, self._scope.name)
        return kubectl.environment(self._at.kubectl, self._at.shape, self._contexts)


def silence(said: str) -> str:
    """Why a Pod did not answer, of what the API server says about it."""
    return next((short for short, words in SILENCE.items() if words in said), said or "no answer of its own")
