"""Reads manifests of Kubernetes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.lab.arm import IMAGE, PORT
from tests.support.fake.files import (
    Autoscaler,
    Container,
    Mount,
    Object,
    Other,
    Probe,
    Service,
    Unreadable,
    Workload,
    documents,
    known,
    pairs,
    strings,
)  # fmt: skip

OWNERS = ("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet")
POD = frozenset((
    "containers", "initContainers", "restartPolicy", "nodeName", "nodeSelector", "tolerations", "volumes",
    "terminationGracePeriodSeconds", "runtimeClassName", "affinity", "hostname", "hostNetwork",
    "serviceAccountName", "topologySpreadConstraints", "securityContext", "enableServiceLinks", "dnsPolicy",
    "automountServiceAccountToken", "subdomain", "shareProcessNamespace", "priorityClassName",
    "imagePullSecrets", "hostPID", "dnsConfig",
))  # fmt: skip
CONTAINER = frozenset((
    "name", "image", "imagePullPolicy", "command", "args", "env", "envFrom", "ports", "resources",
    "livenessProbe", "readinessProbe", "startupProbe", "lifecycle", "volumeMounts", "securityContext",
    "workingDir", "stdin", "tty", "terminationMessagePolicy", "restartPolicy",
))  # fmt: skip

AUTOSCALER = frozenset(("scaleTargetRef", "minReplicas", "maxReplicas", "metrics", "behavior"))


def objects(file: Path) -> list[Object]:
    try:
        return [_object(file.name, d) for d in documents(file)]
    except (TypeError, AttributeError, KeyError) as error:
        raise Unreadable(f"error validating {file.name}: {type(error).__name__}: {error}") from error


def _object(file: str, d: Mapping[str, Any]) -> Object:
    kind, name = str(d["kind"]), str(d["metadata"]["name"])
    where, spec = f"{file}, {kind} {name}", d.get("spec") or {}
    if kind == "Service":
        ports = spec.get("ports") or [{}]
        port = int(ports[0].get("port", PORT))
        headless = spec.get("clusterIP") == "None"
        return Service(name, pairs(spec.get("selector") or {}), port, spec.get("type") == "NodePort", headless)
    if kind == "Pod":
        return _workload(where, kind, name, d["metadata"], spec, {})
    if kind in OWNERS:
        template = spec["template"]
        return _workload(where, kind, name, template.get("metadata") or {}, template["spec"], spec)
    if kind == "HorizontalPodAutoscaler":
        return _autoscaler(where, name, spec)
    return Other(kind, name)


def _autoscaler(where: str, name: str, spec: Mapping[str, Any]) -> Autoscaler:
    known(f"{where}: spec", spec, AUTOSCALER)
    (metric,) = spec["metrics"]
    of, target = spec["scaleTargetRef"], metric["resource"]["target"]
    if metric["resource"]["name"] != "cpu" or target["type"] != "Utilization":
        raise NotImplementedError(f"{where}: an HPA in memory goes by the use of processors alone")
    down = (spec.get("behavior") or {}).get("scaleDown") or {}
    return Autoscaler(
        name, str(of["kind"]), str(of["name"]), int(spec.get("minReplicas", 1)), int(spec["maxReplicas"]),
        float(target["averageUtilization"]), float(down.get("stabilizationWindowSeconds", 300)),
    )  # fmt: skip


def _workload(
    where: str, kind: str, name: str, meta: Mapping[str, Any], pod: Mapping[str, Any], spec: Mapping[str, Any]
) -> Workload:
    known(f"{where}: spec", pod, POD)
    strategy = spec.get("strategy") or spec.get("updateStrategy") or {}
    rolling = strategy.get("rollingUpdate") or {}
    tolerated = [t["tolerationSeconds"] for t in pod.get("tolerations", ()) if "tolerationSeconds" in t]
    wanted, labels = pod.get("nodeSelector") or {}, pairs(meta.get("labels") or {})
    container = replace(_container(where, pod), beside=dict(labels).get("dk-labs.beside", ""))
    return Workload(
        kind, name, container, int(spec.get("replicas", 1)), labels,
        node=str(pod.get("nodeName") or wanted.get("kubernetes.io/hostname") or _affine(pod)),
        parallel=spec.get("podManagementPolicy") == "Parallel",
        surge=rolling.get("maxSurge", "25%"), unavailable=rolling.get("maxUnavailable", "25%"),
        recreate=strategy.get("type") == "Recreate", deadline_s=float(spec.get("progressDeadlineSeconds", 600)),
        history=int(spec.get("revisionHistoryLimit", 10)), toleration_s=float(min(tolerated, default=300)),
        runtime=str(pod.get("runtimeClassName", "")),
    )  # fmt: skip


def _container(where: str, pod: Mapping[str, Any], beside: int | None = None) -> Container:
    """The one that looks see, with those beside it: of some only the script is known, the others answer."""
    every = pod["containers"]
    at = next((n for n, c in enumerate(every) if c.get("name") == "web"), 0) if beside is None else beside
    first, rest = every[at], [(n, c) for n, c in enumerate(every) if n != at and beside is None]
    known(f"{where}: spec.containers[{at}]", first, CONTAINER)
    kept = {v["name"]: _source(v) for v in pod.get("volumes", ())}
    mounts = (Mount(kept.get(m["name"], m["name"]), m["mountPath"]) for m in first.get("volumeMounts", ()))
    hooks = {name: hook or {} for name, hook in (first.get("lifecycle") or {}).items()}
    pre_stop = hooks.get("preStop", {})
    return Container(
        image=str(first.get("image", IMAGE)),
        env=pairs({e["name"]: e.get("value", "") for e in first.get("env", ())}),
        entry=strings(first.get("command")), arguments=strings(first.get("args")),
        restart=str(pod.get("restartPolicy", "Always")), pull=str(first.get("imagePullPolicy", "IfNotPresent")),
        readiness=_probe(first.get("readinessProbe")), liveness=_probe(first.get("livenessProbe")),
        steps=tuple(map(_script, pod.get("initContainers", ()))),
        sides=tuple(_script(c) for _, c in rest if c.get("command")),
        post_start=_hook(hooks.get("postStart", {})), pre_stop=_hook(pre_stop),
        pre_stop_s=_slept(pre_stop), grace_s=float(pod.get("terminationGracePeriodSeconds", 30)),
        mounts=tuple(mounts), cpus=_cpu(first, "limits"), requested=_cpu(first, "requests") or _cpu(first, "limits"),
        beside="" if beside is None else str(first.get("name", "")),
        others=tuple(_container(where, pod, n) for n, c in rest if not c.get("command")),
    )  # fmt: skip


def _cpu(container: Mapping[str, Any], of: str) -> float:
    text = str(((container.get("resources") or {}).get(of) or {}).get("cpu", "0"))
    return float(text[:-1]) / 1000 if text.endswith("m") else float(text)


def _probe(written: Mapping[str, Any] | None) -> Probe | None:
    if not written:
        return None
    return Probe(
        str((written.get("httpGet") or {}).get("path", "/")), float(written.get("periodSeconds", 10)),
        float(written.get("timeoutSeconds", 1)), int(written.get("failureThreshold", 3)),
        float(written.get("initialDelaySeconds", 0)),
    )  # fmt: skip


def _slept(hook: Mapping[str, Any]) -> float:
    """`sleep: {seconds: 5}`, or a command that sleeps; a script tells by itself how long it takes."""
    if "sleep" in hook:
        return float(hook["sleep"]["seconds"])
    if _hook(hook):
        return 0.0
    words = " ".join(strings((hook.get("exec") or {}).get("command"))).split()
    return float(words[words.index("sleep") + 1]) if "sleep" in words else 0.0


def _hook(hook: Mapping[str, Any]) -> str:
    """Its text, where it is a script."""
    words = strings((hook.get("exec") or {}).get("command"))
    return words[2] if words[:2] == ("sh", "-c") else ""


def _script(container: Mapping[str, Any]) -> tuple[str, str]:
    words = strings(container.get("command"))
    return str(container["name"]), words[2] if words[:2] == ("sh", "-c") else ""


def _source(volume: Mapping[str, Any]) -> str:
    if "hostPath" in volume:
        return str(volume["hostPath"]["path"])
    if "persistentVolumeClaim" in volume:
        return str(volume["persistentVolumeClaim"]["claimName"])
    return f"in the Pod: {volume['name']}"


def _affine(pod: Mapping[str, Any]) -> str:
    """The node that a required affinity names, where it names one."""
    required = ((pod.get("affinity") or {}).get("nodeAffinity") or {}).get(
        "requiredDuringSchedulingIgnoredDuringExecution"
    ) or {}
    for term in required.get("nodeSelectorTerms", ()):
        for wanted in term.get("matchExpressions", ()):
            if wanted["key"] == "kubernetes.io/hostname" and wanted["operator"] == "In":
                return str(wanted["values"][0])
    return ""
