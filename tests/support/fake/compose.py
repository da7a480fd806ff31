"""Reads files of Compose, and of a Swarm's stacks, and the flags of `docker run`."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.lab.arm import IMAGE
from tests.support.fake.files import (
    Container,
    Mount,
    Probe,
    Unreadable,
    Update,
    Workload,
    documents,
    filled,
    known,
    pairs,
    seconds,
    strings,
)  # fmt: skip

TOP = frozenset(("services", "volumes", "networks", "version", "name", "configs", "secrets"))
SERVICE = frozenset((
    "image", "restart", "cpus", "scale", "ports", "volumes", "environment", "command", "entrypoint",
    "healthcheck", "labels", "deploy", "networks", "depends_on", "container_name", "expose",
    "stop_grace_period", "build", "pull_policy", "mem_limit", "hostname", "init", "user", "stop_signal",
    "env_file", "security_opt", "cap_drop", "read_only", "tmpfs", "network_mode", "working_dir", "profiles",
    "sysctls", "extra_hosts", "dns", "pid", "logging", "configs",
))  # fmt: skip


def services(files: Sequence[Path], environment: Mapping[str, str], *, swarm: bool = False) -> list[Workload]:
    """Of all files together: what a later one says of a service goes before."""
    merged: dict[str, dict[str, Any]] = {}
    configs: dict[str, Any] = {}
    for file in files:
        for document in documents(file):
            try:
                known(f"validating {file.name}", document, TOP)
                configs |= document.get("configs") or {}
                for name, service in (document.get("services") or {}).items():
                    known(f"validating {file.name}: services.{name}", service or {}, SERVICE)
                    merged.setdefault(name, {}).update(filled(service or {}, environment))
            except (TypeError, AttributeError) as error:
                raise Unreadable(f"validating {file.name}: {error}") from error
    if not merged:
        raise Unreadable("no service selected")
    for name, service in merged.items():
        service["configs"] = [_config(name, one, configs) for one in service.get("configs") or ()]
    return [_service(name, service, swarm=swarm) for name, service in merged.items()]


def _config(service: str, written: Any, configs: Mapping[str, Any]) -> str:
    """What is written in a configuration that a service is given."""
    source = written["source"] if isinstance(written, Mapping) else written
    if source not in configs:
        raise Unreadable(f'service "{service}" refers to undefined config {source}')
    return str(configs[source].get("content", ""))


def _service(name: str, s: Mapping[str, Any], *, swarm: bool) -> Workload:
    deploy = s.get("deploy") or {}
    policy, update = deploy.get("restart_policy") or {}, deploy.get("update_config") or {}
    wanted = [str(c) for c in (deploy.get("placement") or {}).get("constraints", ())]
    at = next((c.rpartition("==")[2].strip() for c in wanted if "node.hostname" in c), "")
    return Workload(
        "service", name, _container(s, str(policy.get("condition", "any")) if swarm else str(s.get("restart", "no"))),
        int(s.get("scale", deploy.get("replicas", 1))), node=at, restart_s=seconds(policy.get("delay"), 5.0),
        update=Update(
            int(update.get("parallelism", 1)), seconds(update.get("delay"), 0.0),
            str(update.get("failure_action", "pause")), seconds(update.get("monitor"), 5.0),
            update.get("order") == "start-first",
        ),
        aliases=_aliases(s.get("networks")), network=str(s.get("network_mode", "")),
        after=_after(s.get("depends_on")),
        virtual=deploy.get("endpoint_mode", "vip") == "vip",
    )  # fmt: skip


def _after(written: Any) -> tuple[str, ...]:
    """Of those on which it depends the ones that have to have ended well."""
    told = written if isinstance(written, Mapping) else {}
    return tuple(name for name, how in told.items() if how.get("condition") == "service_completed_successfully")


def _container(s: Mapping[str, Any], restart: str) -> Container:
    labels = dict(pairs(s.get("labels") or {}))
    behind = re.search(r"server-template \S+ \S+ (\S+):", "".join(s["configs"]))
    return Container(
        image=str(s.get("image", IMAGE)), env=pairs(s.get("environment")), entry=strings(s.get("entrypoint")),
        arguments=strings(s.get("command")), restart=restart, health=_health(s.get("healthcheck")),
        grace_s=seconds(s.get("stop_grace_period"), 10.0), mounts=tuple(_mount(v) for v in s.get("volumes", ())),
        published=tuple(_published(p) for p in s.get("ports", ())), beside=labels.get("dk-labs.beside", ""),
        passes_on=behind[1] if behind else "", cpus=_cpus(s),
    )  # fmt: skip


def _cpus(s: Mapping[str, Any]) -> float:
    limits = ((s.get("deploy") or {}).get("resources") or {}).get("limits") or {}
    return float(s.get("cpus", limits.get("cpus", 0)))


def _health(written: Mapping[str, Any] | None) -> Probe | None:
    if not written or written.get("disable") or written.get("test") in (["NONE"], "NONE"):
        return None
    found = re.search(r"(?:GET|POST) (/\S*)|localhost:\d+(/\S*)", " ".join(strings(written.get("test"))))
    path = (found[1] or found[2]) if found else "/readyz"
    return Probe(path, seconds(written.get("interval"), 30.0), seconds(written.get("timeout"), 30.0),
                 int(written.get("retries", 3)), seconds(written.get("start_period"), 0.0))  # fmt: skip


def _mount(written: Any) -> Mount:
    if isinstance(written, Mapping):
        return Mount(str(written.get("source", "")), str(written["target"]))
    source, _, target = str(written).removesuffix(":ro").removesuffix(":rw").rpartition(":")
    return Mount(source, target)


def _published(written: Any) -> int:
    if isinstance(written, Mapping):
        return int(written.get("published", 0))
    *host, _ = str(written).split(":")
    return int(host[-1]) if host and host[-1].isdigit() else 0


def _aliases(networks: Any) -> tuple[str, ...]:
    every = networks.values() if isinstance(networks, Mapping) else ()
    return tuple(a for n in every if n for a in n.get("aliases", ()))


@dataclass(frozen=True)
class Run:
    """What the flags of a `docker run` or `docker create` say."""

    container: Container
    name: str
    network: str
    aliases: tuple[str, ...]
    detached: bool
    removes: bool
    starts: bool
    within: str = ""
    """The container in whose network it is to be."""

    volumes_from: tuple[str, ...] = ()


FLAGS = frozenset((
    "--detach", "-d", "--rm", "--init", "--interactive", "-i", "--tty", "-t", "--privileged", "-it", "-dit", "-di",
    "--read-only", "--publish-all", "-P", "--no-healthcheck",
))  # fmt: skip


def run(command: str) -> Run:
    words = shlex.split(command)
    given: dict[str, list[str]] = {}
    at = 2
    while at < len(words) and words[at].startswith("-"):
        name, eq, value = words[at].partition("=")
        if name in FLAGS and not eq:
            value, at = "yes", at + 1
        elif eq:
            at += 1
        else:
            value, at = words[at + 1] if at + 1 < len(words) else "", at + 2
        given.setdefault(name, []).append(value)

    def of(*names: str) -> list[str]:
        return [v for n in names for v in given.get(n, ())]

    if at >= len(words):
        raise Unreadable(f"docker: 'docker {words[1]}' requires at least 1 argument")
    labels = dict(pairs(of("--label", "-l")))
    network = (of("--network", "--net") or [""])[-1]
    within = network.removeprefix("container:") if network.startswith("container:") else ""
    made = Container(
        image=words[at], env=pairs(of("--env", "-e")), entry=tuple(of("--entrypoint")),
        arguments=tuple(words[at + 1 :]),
        restart=(of("--restart") or ["no"])[-1], mounts=tuple(_mount(v) for v in of("--volume", "-v")),
        published=tuple(_published(p) for p in of("--publish", "-p")), beside=labels.get("dk-labs.beside", ""),
        health=_health({"test": of("--health-cmd")[-1], "interval": (of("--health-interval") or ["30s"])[-1]})
        if of("--health-cmd") else None, grace_s=10.0, pull=(of("--pull") or ["missing"])[-1],
        cpus=float((of("--cpus") or ["0"])[-1]),
    )  # fmt: skip
    return Run(
        made, (of("--name") or [""])[-1], "" if within else network,
        tuple(of("--network-alias", "--net-alias")), bool(of("--detach", "-d", "-di", "-dit")), bool(of("--rm")),
        words[1] == "run", within, tuple(of("--volumes-from")),
    )  # fmt: skip
