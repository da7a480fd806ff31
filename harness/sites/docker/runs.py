"""What a trial types to an engine itself: `docker run` and its like, with the trial's own names for what it makes."""

from __future__ import annotations

import contextlib
import ipaddress
import re
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, pairwise
from pathlib import Path

from harness.sites.docker.asker import label_flags
from harness.sites.docker.compose import OWN_IMAGES

BLOCK = ipaddress.IPv4Network("198.18.0.0/15")
"""Set apart for benchmarks (RFC 2544): a network with a subnet that is typed gets a free one of that size in it."""

RUNS = ("run", "create")
SWITCHES = {
    "--detach", "--disable-content-trust", "--help", "--init", "--interactive", "--no-healthcheck",
    "--oom-kill-disable", "--privileged", "--publish-all", "--quiet", "--read-only", "--rm", "--sig-proxy", "--tty",
    "--use-api-socket",
}  # fmt: skip
"""Of the flags of `docker run` those that take no value."""

MAKERS_SWITCHES = {"--attachable", "--internal", "--ipv6", "--ingress", "--config-only"}
"""The same of `docker network create`."""

SHORT = re.compile("-[ditPq]+")
NETWORK = ("--network", "--net")
WITHIN = (*NETWORK, "--pid", "--ipc", "--uts", "--userns")
"""Flags that may say `container:NAME`."""

VOLUME = ("--volume", "-v")
MOUNTED = re.compile("((?:^|,)(?:source|src)=)([^,]+)")
NAMED = re.compile("^(name=|)([^,=]+)")
"""A network as the value of a flag: its name, or pairs of which the name is the first."""

TEXTS = ("--alias", "--format", "--filter", "--label", "--env", "-e", "--tag", "-t", "--signal")
"""Flags whose values are never names of what a trial made."""

LISTS = {("ps",), ("container", "ls"), ("container", "list"), ("network", "ls"), ("volume", "ls")}
HERE = "./scratch"


class Runs:
    """The names that one trial typed, and what each is in truth."""

    def __init__(self, prefix: str, labels: Mapping[str, str], network: str, scratch: Path) -> None:
        """`network` is where containers go of which nothing else is typed."""
        self._prefix, self._labels = prefix, label_flags(labels)
        self._network, self._scratch = network, scratch
        self._names: dict[str, str] = {}
        self._count = 0
        self._lock = threading.Lock()
        self.networks: list[str] = []
        """Its own, and others that it typed."""

    def know(self, name: str, real: str) -> None:
        """A container that is seen by this name may be typed so."""
        self._names.setdefault(name, real)

    def argv(self, words: Sequence[str]) -> list[str]:
        """For `docker` and these words, with what surrounds them."""
        at = 1 if words[:1] == ["container"] else 0
        if words[at : at + 1] and words[at] in RUNS:
            return [*words[: at + 1], *self._run(words[at + 1 :])]
        if list(words[:2]) in (["network", "create"], ["volume", "create"]):
            return [*words[:2], *self._labels, *self._create(words[0], words[2:])]
        if tuple(words[:1]) in LISTS or tuple(words[:2]) in LISTS:
            at = 1 if tuple(words[:1]) in LISTS else 2
            return [
                *words[:at],
                *(w for one in self._labels[1::2] for w in ("--filter", f"label={one}")),
                *words[at:],
            ]
        return self._named(words)

    def volumes(self, words: Sequence[str]) -> list[str]:
        """Of what is to be run, the volumes that have a name: made beforehand, they bear labels."""
        bound = [value.partition(":")[0] for flag, value in options(words) if flag in VOLUME and ":" in value]
        mounted = [m[2] for flag, value in options(words) if flag == "--mount" and (m := MOUNTED.search(value))]
        return [self.own(name) for name in (*bound, *mounted) if name and name[0] not in "./~"]

    def own(self, name: str) -> str:
        """What something of that name is called on the engine."""
        return self._names.setdefault(name, f"{self._prefix}-{name}")

    def _run(self, words: Sequence[str]) -> list[str]:
        typed = dict(options(words))
        given = list(self._labels)
        if "--name" not in typed:
            with self._lock:
                self._count += 1
                given += ["--name", self.own(f"web-{self._count}")]
        networks = [value for flag, value in options(words) if flag in NETWORK]
        if networks:
            self.networks += [self._network_of(n) for n in networks if not n.startswith("container:")]
            if len(networks) == 1 and networks[0] in self._names and "--name" in typed:
                given += ["--network-alias", typed["--name"]]  # as which it would be known there
        else:
            given += ["--network", self._network]
        at = image_at(words)
        if at < len(words) and words[at].startswith(OWN_IMAGES) and "--pull" not in typed:
            given += ["--pull", "never"]
        return [*given, *self._flags(words[:at]), *words[at:]]

    def _flags(self, words: Sequence[str]) -> list[str]:
        found, before = list[str](), ""
        for word in words:
            flag, spread, value = word.partition("=")
            if spread and flag.startswith("--"):
                found.append(f"{flag}={self._value(flag, value)}")
            else:
                found.append(self._value(before, word))
            before = word
        return found

    def _value(self, flag: str, value: str) -> str:
        if flag == "--name":
            return self.own(value)
        if flag in WITHIN and value.startswith("container:"):
            return f"container:{self._names.get(value[10:], value[10:])}"
        if flag in NETWORK:
            return self._network_of(value)
        if flag in VOLUME:
            name, colon, rest = value.partition(":")
            return f"{self._source(name)}{colon}{rest}" if colon else value
        if flag == "--mount":
            return MOUNTED.sub(lambda m: f"{m[1]}{self._source(m[2])}", value)
        return self._names.get(value, value) if flag == "--volumes-from" else value

    def _network_of(self, value: str) -> str:
        return NAMED.sub(lambda m: f"{m[1]}{self._names.get(m[2], m[2])}", value)

    def _source(self, name: str) -> str:
        if name == HERE:
            return str(self._scratch.resolve())
        return name if name[:1] in "./~" else self.own(name)

    def _create(self, kind: str, words: Sequence[str]) -> list[str]:
        at = name_at(words)
        if at is None:
            return list(words)
        if kind == "network":
            self.networks.append(self.own(words[at]))
        return [*words[:at], self.own(words[at]), *words[at + 1 :]]

    def _named(self, words: Sequence[str]) -> list[str]:
        """In `docker exec` no word counts but the container's name: what follows is for the program in it."""
        found, before, done = list[str](), "", False
        for n, word in enumerate(words):
            ours = n > 0 and not done and before not in TEXTS and word in self._names
            found.append(self._names[word] if ours else word)
            done, before = done or (ours and words[0] == "exec"), word
        return found


def options(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The flags of a `docker run` before its image, with their values; a switch has none."""
    flags, at = words[: image_at(words)], 0
    while at < len(flags):
        flag, _, value = flags[at].partition("=")
        if alone(flags[at]):
            yield flag, value
        else:
            yield flag, flags[at + 1] if at + 1 < len(flags) else ""
        at += 1 if alone(flags[at]) else 2


def image_at(words: Sequence[str]) -> int:
    """Where in the words behind `docker run` the image stands."""
    at = 0
    while at < len(words) and words[at].startswith("-"):
        at += 1 if alone(words[at]) else 2
    return min(at, len(words))


def alone(flag: str) -> bool:
    """Whether its value, if it has any, is not the next word."""
    attached = flag[:2] != "--" and len(flag) > 2
    return "=" in flag or flag in SWITCHES or bool(SHORT.fullmatch(flag)) or attached


def name_at(words: Sequence[str]) -> int | None:
    """Where in the words behind `docker network create`, or `docker volume create`, the name stands."""
    for n, word in enumerate(words):
        before = words[n - 1] if n else ""
        if not word.startswith("-") and (not before.startswith("-") or "=" in before or before in MAKERS_SWITCHES):
            return n
    return None


def subnet_in(words: Sequence[str]) -> str:
    """The one that is typed for a network, where nothing else is that would have to fit into it."""
    if any(w.startswith(("--gateway", "--ip-range", "--aux-address", "--ipv6")) for w in words):
        return ""
    found = [value for flag, value in pairwise(words) if flag == "--subnet"]
    found += [w.partition("=")[2] for w in words if w.startswith("--subnet=")]
    with contextlib.suppress(ValueError):
        if len(found) == 1 and ipaddress.IPv4Network(found[0], strict=False).prefixlen >= BLOCK.prefixlen:
            return found[0]
    return ""


def free_subnets(typed: str, taken: Iterable[str]) -> Iterator[str]:
    """Those of the same size that overlap none of these: the one that is typed first, if it is one of them."""
    wanted = ipaddress.IPv4Network(typed, strict=False)
    others = [ipaddress.IPv4Network(one) for one in taken if ":" not in one]
    for subnet in chain([wanted], BLOCK.subnets(new_prefix=wanted.prefixlen)):
        if subnet.subnet_of(BLOCK) and not any(subnet.overlaps(other) for other in others):
            yield str(subnet)
