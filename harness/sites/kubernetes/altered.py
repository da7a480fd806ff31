"""Whether what stands in a trial's namespace is what its files say: what somebody else added or changed is named."""

from __future__ import annotations

import copy
import json
import shlex
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from harness.lab import manifests
from harness.setup.cluster.kube import Kube, Refused
from harness.sites.kubernetes.compare import Difference, differences
from harness.sites.kubernetes.filled import Json
from harness.sites.labels import BESIDE_LABEL

MOST = 3
"""Differences that are told."""

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
REVISION = "deployment.kubernetes.io/revision"
HEAD = ("apiVersion", "kind", "status")
DECLARES = ("apply", "create", "replace")
SCALES = ("scale", "autoscale")
READS = (
    "get",
    "describe",
    "logs",
    "top",
    "exec",
    "wait",
    "explain",
    "events",
    "auth",
    "cp",
    "port-forward",
    "version",
)
CHANGES = (
    "delete", "patch", "edit", "set", "rollout", "label", "annotate", "expose", "run", "drain", "cordon", "uncordon",
    "taint", "debug",
)  # fmt: skip
VERBS = frozenset((*DECLARES, *SCALES, *READS, *CHANGES))
ASKS = ("status", "history")
"""What of `rollout` changes nothing."""

SHORT = {"deploy": "deployment", "sts": "statefulset", "ds": "daemonset", "svc": "service", "po": "pod",
         "cm": "configmap", "pvc": "persistentvolumeclaim", "hpa": "horizontalpodautoscaler", "rs": "replicaset",
         "ing": "ingress", "cj": "cronjob"}  # fmt: skip


Told = tuple[str, str]
"""An object, and what is wrong with it."""


class Source(NamedTuple):
    """An object as it was declared, and where."""

    document: Json
    where: str

    @property
    def key(self) -> tuple[str, str]:
        return str(self.document["kind"]), str(self.document["metadata"]["name"])


@dataclass(slots=True)
class Applied:
    """What a trial applied, and what it changed afterwards by other commands: only the rest is held to its files."""

    kube: Kube
    namespace: str
    folder: Path
    """Of the lab's files."""

    files: list[str] = field(default_factory=list)
    touched: set[tuple[str, str]] = field(default_factory=set)
    """Kinds and names that stand in those commands; a name alone is that of a Pod."""

    doubtful: set[str] = field(default_factory=set)
    """Files of which not all was taken."""

    scaled: bool = False
    limited: bool = False
    """A LimitRange of the files gives Pods limits."""

    lent: bool = False
    """Somebody else applied it."""

    def typed(self, command: str, files: Sequence[str], *, worked: bool) -> None:
        words = shlex.split(command)
        verb = next((w for w in words if w in VERBS), "")
        self.scaled |= words[0] != "kubectl" or verb in SCALES
        if verb in DECLARES:
            self.doubtful |= set() if worked else {*files} - ({*self.files} - self.doubtful)
            self.files += files
        if verb in (*CHANGES, "create", "replace") and not {*ASKS} & {*words}:
            self.touched |= set(_named(words))
        if verb == "delete":
            self.touched |= {(kind.lower(), name) for kind, name in _declared(self.folder, files)}

    def removed(self, pod: str) -> None:
        self.touched.add(("pod", pod))

    def altered(self) -> str:
        """Empty where all is as declared; it costs one list of Pods, and one question for each object and owner."""
        alike: dict[str, list[str]] = {}
        for of, wrong in self._told():
            alike.setdefault(wrong, []).append(of)
        told = [f"{of[0]} {wrong}{_more(len(of) - 1, ' ({} alike)')}" for wrong, of in alike.items()]
        return "; ".join(told[:MOST]) + _more(len(told) - MOST, "; and {} more differences")

    def _told(self) -> Iterator[Told]:
        sources = _declared(self.folder, self.files)
        kinds = {kind for kind, _ in sources}
        self.scaled |= "HorizontalPodAutoscaler" in kinds
        self.limited |= "LimitRange" in kinds
        found = {key: self._get(source.document) for key, source in sources.items() if key[0] != "Pod" or self.lent}
        if self.lent:
            sources = {key: noted for key, there in found.items() if there and (noted := _noted(there))}
        sources |= self._refused(sources, found)
        for key, source in sources.items():
            if key[0] != "Pod" and not self._is_touched(*key):
                yield from self._object(source, found[key])
        inside = f"/api/v1/namespaces/{self.namespace}/pods"
        pods = self.kube.get(inside, labelSelector=f"!{BESIDE_LABEL}")["items"]
        owners: dict[str, Json | None] = {}
        for pod in pods:
            yield from self._pod(pod, sources, owners)
        for owner in filter(None, owners.values()):
            yield from _revised(owner, found)

    def _refused(
        self, sources: Mapping[tuple[str, str], Source], found: Mapping[tuple[str, str], Json | None]
    ) -> dict[tuple[str, str], Source]:
        """What stands as a file says that was taken before, as a later one was not."""
        taken = _declared(self.folder, [f for f in self.files if f not in self.doubtful])
        return {
            key: taken[key] for key, source in sources.items()
            if source.where in self.doubtful and key in taken and (there := found.get(key))
            and any(differences(key[0], _described(source.document), _described(there)))
        }  # fmt: skip

    def _get(self, document: Json) -> Json | None:
        """As it stands; None where it does not."""
        namespace = str(document["metadata"].get("namespace", self.namespace))
        try:
            there: Json = self.kube.get(self.kube.path_of(dict(document), namespace))
        except Refused as refused:
            if refused.status != 404:
                raise
            return None
        return there

    # -- objects

    def _object(self, source: Source, found: Json | None) -> Iterator[Told]:
        kind, name = source.key
        if found is None:
            if source.where not in self.doubtful:
                yield f"{kind} {name}", f"of {source.where} is gone"
            return
        for one in differences(kind, _described(source.document), _described(found)):
            if not (self.scaled and one.path == ("spec", "replicas")):
                yield f"{kind} {name}", one.told(source.where)

    def _is_touched(self, kind: str, name: str) -> bool:
        return (kind.lower(), name) in self.touched

    # -- Pods

    def _pod(
        self, pod: Json, sources: Mapping[tuple[str, str], Source], owners: dict[str, Json | None]
    ) -> Iterator[Told]:
        name = str(pod["metadata"]["name"])
        if self._is_touched("Pod", name):
            return
        of = next((o for o in pod["metadata"].get("ownerReferences", ()) if o.get("controller")), None)
        if of is None:
            yield from self._bare(pod, sources.get(("Pod", name)))
            return
        if of["uid"] not in owners:
            owners[of["uid"]] = self._get({**of, "metadata": {"name": of["name"]}})
        if (owner := owners[of["uid"]]) is None:
            return  # its end is on the way
        for one in self._of_pod(as_made(owner, pod), pod):
            yield f"Pod {name}", one.told(_source_of(owner, sources))

    def _bare(self, pod: Json, source: Source | None) -> Iterator[Told]:
        name = pod["metadata"]["name"]
        if source is None:
            if not self.lent:
                yield f"Pod {name}", "is in none of the files"
            return
        for one in self._of_pod(with_requests(_described(source.document)), pod):
            yield f"Pod {name}", one.told(source.where)

    def _of_pod(self, wanted: Json, pod: Json) -> Iterator[Difference]:
        found = differences("Pod", wanted, _described(pod))
        return (one for one in found if not (self.limited and "resources" in one.path))


def _more(number: int, text: str) -> str:
    return text.format(number) if number > 0 else ""


def _described(document: Json) -> dict[str, Any]:
    """What of an object its files may say; a Secret's text as the API server keeps it."""
    told = {name: value for name, value in document.items() if name not in HEAD}
    meta = document.get("metadata", {})
    told["metadata"] = {name: meta[name] for name in ("labels", "annotations") if name in meta}
    if texts := told.pop("stringData", None):
        told["data"] = told.get("data", {}) | {n: b64encode(str(t).encode()).decode() for n, t in texts.items()}
    return told


def as_made(owner: Json, pod: Json) -> dict[str, Any]:
    """A Pod as its owner's template says, with what such an owner and the API server derive from that."""
    made = with_requests(_described(_template(owner)))
    spec, name = made["spec"], pod["metadata"]["name"]
    for claim in owner["spec"].get("volumeClaimTemplates", ()):
        volume = claim["metadata"]["name"]
        spec.setdefault("volumes", []).append(
            {"name": volume, "persistentVolumeClaim": {"claimName": f"{volume}-{name}"}}
        )
    if owner["kind"] == "DaemonSet":  # which binds each to its node in this way
        spec["affinity"] = pod["spec"].get("affinity")
    return made


def _template(owner: Json) -> Json:
    return owner["spec"].get("template", {"metadata": {}, "spec": {"containers": []}})  # type: ignore[no-any-return]


def with_requests(pod: Json) -> dict[str, Any]:
    """Who has a limit and no request gets the limit as request."""
    made: dict[str, Any] = copy.deepcopy(dict(pod))
    for containers in ("containers", "initContainers"):
        for one in made["spec"].get(containers, ()):
            resources = one.get("resources") or {}
            if limits := resources.get("limits"):
                resources["requests"] = limits | (resources.get("requests") or {})
    return made


def _source_of(owner: Json, sources: Mapping[tuple[str, str], Source]) -> str:
    """The file in which it is, or that of the Deployment to which it belongs."""
    above = owner["metadata"].get("ownerReferences", ())
    for key in ((owner["kind"], owner["metadata"]["name"]), *((o["kind"], o["name"]) for o in above)):
        if key in sources:
            return sources[key].where
    return f"the template of {owner['kind']} {owner['metadata']['name']}"


def _revised(owner: Json, found: Mapping[tuple[str, str], Json | None]) -> Iterator[Told]:
    """A ReplicaSet that is its Deployment's present one has the same template."""
    above = next(iter(owner["metadata"].get("ownerReferences", ())), None)
    deployment = found.get(("Deployment", above["name"])) if above and above["kind"] == "Deployment" else None
    if deployment is None or _revision(owner) != _revision(deployment):
        return
    wanted, there = _described(_template(deployment)), _described(_template(owner))
    for one in differences("Pod", wanted, there):
        whose = f"{deployment['kind']} {deployment['metadata']['name']}"
        yield f"{owner['kind']} {owner['metadata']['name']}", one.told(whose)


def _revision(of: Json) -> str:
    return str(of["metadata"].get("annotations", {}).get(REVISION, ""))


def _named(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each pair that may be a kind and a name: `deployment web`, `deployment/web`."""
    for word, after in zip(words, (*words[1:], ""), strict=True):
        kind, slash, name = word.partition("/")
        kind = kind.partition(".")[0].lower()
        kind = SHORT.get(kind, kind)
        for one in {kind, kind.removesuffix("s"), kind.removesuffix("es")}:
            yield one, name if slash else after


def _declared(folder: Path, names: Sequence[str]) -> dict[tuple[str, str], Source]:
    """Each object in these files, as the last of them has it."""
    read = (name for name in names if name.endswith((".yaml", ".yml")) and (folder / name).is_file())
    every = [Source(d, name) for name in read for d in manifests.documents(folder / name) if "kind" in d]
    return {source.key: source for source in every}


def _noted(there: Json) -> Source | None:
    """What kubectl itself noted that somebody applied."""
    noted = there["metadata"].get("annotations", {}).get(LAST_APPLIED)
    return Source(json.loads(noted), "what was applied") if noted else None
