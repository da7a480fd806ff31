"""Builds the node image from packages: Kubernetes from Go modules, the rest from Debian. Stages run side by side."""

from __future__ import annotations

import os
import shutil
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.model.project import COREDNS, ETCD, KUBERNETES, METRICS_SERVER, NAME, PAUSE
from harness.setup import commands, removal, tools
from harness.setup import paths as places
from harness.setup.cluster import nodes
from harness.setup.images import builds, rootfs
from harness.setup.images.stages import Stage, log_file, run_all

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.setup.engine import Engine
    from harness.setup.steps import Doing, Steps

BASE = ("python3", "iptables")
NODE = [
    "systemd",
    "systemd-sysv",
    "dbus",
    "mount",
    "util-linux",
    "procps",
    "kmod",
    "iproute2",
    "iptables",
    "ethtool",
    "conntrack",
    "e2fsprogs",
    "ca-certificates",
    "runc",
    "containernetworking-plugins",
]
NODE_NEWER = ("containerd",)
"""1.7 of Debian 13; Debian 12's own 1.6 is on the list of what the next kubelet no longer accepts."""

LDFLAGS = " ".join(
    ["-s", "-w"]
    + [
        f"-X {package}.{name}={value}"
        for package in ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
        for name, value in (
            ("gitVersion", f"v{KUBERNETES}"),
            ("gitMajor", KUBERNETES.split(".")[0]),
            ("gitMinor", KUBERNETES.split(".")[1]),
        )
    ],
)
"""Without these the programs call themselves v0.0.0, and kubeadm refuses them."""

KUBE_TAGS = tuple(
    f"registry.k8s.io/{name}:{version}"
    for name, version in (
        *((f"kube-{part}", f"v{KUBERNETES}") for part in ("apiserver", "controller-manager", "scheduler", "proxy")),
        ("etcd", ETCD),
    )
)
OTHER_TAGS = {
    "coredns": f"registry.k8s.io/coredns/coredns:{COREDNS}",
    "metrics-server": f"registry.k8s.io/metrics-server/metrics-server:{METRICS_SERVER}",
    "pause": f"registry.k8s.io/pause:{PAUSE}",
}


@dataclass(frozen=True, slots=True)
class Inputs:
    """Hashes of what each part is made of: nothing is made again while its hash stays."""

    programs: str
    storage: str
    base: str
    node_base: str
    node: str

    @staticmethod
    def here() -> Inputs:
        module = tools.NODE_MODULE
        modules = builds.digest(module / "go.mod", module / "go.sum")
        programs = builds.digest(modules, module / "cmd", module / "podnet", LDFLAGS)
        recipe = Path(rootfs.__file__)
        base = builds.digest(recipe, builds.SUITE, *BASE)
        node_base = builds.digest(recipe, builds.SUITE, *NODE, *NODE_NEWER)
        tags = (*KUBE_TAGS, *OTHER_TAGS.values())
        node = builds.digest(programs, modules, base, node_base, module / "rootfs", module / "Dockerfile", *tags)
        return Inputs(programs, builds.digest(modules), base, node_base, node)

    @property
    def base_tag(self) -> str:
        return f"{NAME}/base:{self.base}"

    @property
    def node_base_tag(self) -> str:
        return f"{NAME}/node-base:{self.node_base}"

    @property
    def tag(self) -> str:
        return f"{NAME}/node:{self.node}"

    @property
    def folder(self) -> Path:
        return places.cache() / "build"

    def program(self, name: str) -> Path:
        return self.folder / (self.storage if name == "local-path-provisioner" else self.programs) / name


def build(engine: Engine, steps: Steps, *, also: tuple[Stage, ...] = ()) -> str:
    """Make the node image unless it is there, and answer its tag. `also` is work that can go on beside it."""
    inputs = Inputs.here()
    log = log_file(f"node-image-{inputs.node}")
    stages = [*_stages(engine, inputs, log), *also]
    todo = [stage for stage in stages if not stage.there]
    if todo:
        builds.check_disk(engine)
        if any("Debian" in stage.name for stage in todo):
            builds.check_root()
        run_all(todo, steps, log)
    return inputs.tag


def _stages(engine: Engine, inputs: Inputs, log: Path) -> list[Stage]:
    """The Go build comes first: it takes longest, and nothing before it may keep it waiting."""
    have = {tag for image in engine.client.images.list(filters={"label": NAME}) for tag in image.tags}
    if inputs.tag in have:
        return []
    kube, storage = (
        "Kubernetes, etcd, CoreDNS and metrics-server from Go modules",
        "local-path-provisioner from Go modules",
    )
    base, node_base = "Debian base with Python", "Debian base of a node"

    def go(*names: str) -> Callable[[Doing], None]:
        return lambda doing: _build_go(inputs, names, doing, log)

    def root(tag: str, packages: tuple[str, ...], newer: tuple[str, ...] = ()) -> Callable[[Doing], None]:
        return lambda doing: builds.import_root(engine, tag, packages, newer, doing, log)

    return [
        Stage(
            kube,
            go("kube", "pause"),
            there=inputs.program("kube").exists() and inputs.program("pause").exists(),
        ),
        Stage(base, root(inputs.base_tag, BASE), there=inputs.base_tag in have),
        Stage(node_base, root(inputs.node_base_tag, tuple(NODE), NODE_NEWER), there=inputs.node_base_tag in have),
        Stage(
            storage,
            go("local-path-provisioner"),
            (kube,),
            there=inputs.program("local-path-provisioner").exists(),
        ),
        Stage(
            "node image",
            lambda doing: _assemble(engine, inputs, doing, log),
            (kube, base, node_base, storage),
        ),
    ]


def _build_go(inputs: Inputs, names: tuple[str, ...], doing: Doing, log: Path) -> None:
    packages = {
        "kube": "./cmd/kube",
        "pause": "./cmd/pause",
        "local-path-provisioner": "github.com/rancher/local-path-provisioner",
    }
    doing.tell("finding Go")
    tools.go(log=log)
    for name in names:
        doing.tell(f"compiling {name}")
        if not inputs.program(name).exists():
            tools.build_go(packages[name], inputs.program(name), flags=LDFLAGS, log=log)


def _assemble(engine: Engine, inputs: Inputs, doing: Doing, log: Path) -> None:
    inner = {
        target: f"{NAME}/{target}:{inputs.node}"
        for target in ("kube", "coredns", "metrics-server", "storage", "pause")
    }
    args = {
        "BASE": inputs.base_tag,
        "NODE_BASE": inputs.node_base_tag,
        "KUBERNETES": KUBERNETES,
        "PAUSE": PAUSE,
        "KUBE_IMAGE": f"docker.io/{inner['kube']}",
        "STORAGE_IMAGE": f"docker.io/{inner['storage']}",
    }
    half = f"{NAME}/half:{inputs.node}"
    for left in inputs.folder.glob(f"{NAME}-*"):  # of a build that was killed: we hold the lock, nobody is at work
        shutil.rmtree(left)
    builds.forget_broken_off(engine, _filler(inputs))
    with tempfile.TemporaryDirectory(prefix=f"{NAME}-", dir=inputs.folder) as name:
        folder = Path(name)
        shutil.copytree(tools.NODE_MODULE / "rootfs", folder / "rootfs", symlinks=True)
        shutil.copy(tools.NODE_MODULE / "Dockerfile", folder)
        for program in ("kube", "pause", "local-path-provisioner"):
            os.link(inputs.program(program), folder / program)
        try:
            for target, tag in (*inner.items(), ("node", half)):
                commands.go_on()
                doing.tell(f"building {target}")
                builds.build_image(engine, folder, target=target, tag=tag, args=args, log=log)
            doing.tell("putting the images into the node")
            _fill(engine, half, inner, inputs, folder / "images.tar", log)
        finally:
            for tag in (*inner.values(), half):
                builds.forget(engine, tag)


def _fill(engine: Engine, half: str, inner: dict[str, str], inputs: Inputs, tar: Path, log: Path) -> None:
    """Import the images into the node's own store, not unpacked, and commit the whole under its final tag."""
    # All in one archive: they share their layers. The SDK can ask for one image at a time only.
    save = [str(tools.docker_cli()), "save", "-o", str(tar), *inner.values()]
    commands.run(save, within_s=300, log=log, env=engine.environment)
    container = engine.client.containers.create(
        half, ["containerd"], name=_filler(inputs), privileged=True, entrypoint=[], labels={NAME: "build"}
    )
    try:
        container.start()
        with tempfile.TemporaryFile() as wrapped:
            with tarfile.open(fileobj=wrapped, mode="w") as outer:
                outer.add(tar, arcname="images.tar")
            wrapped.seek(0)
            container.put_archive("/", wrapped)
        retag = [f"{ours} {theirs}" for ours, theirs in _tags(inner)]
        script = "\n".join(
            [
                "set -e",
                "for i in $(seq 100); do ctr version >/dev/null 2>&1 && break; sleep 0.1; done",
                "ctr -n k8s.io images import --no-unpack --digests=false /images.tar",
                *(f"ctr -n k8s.io images tag {pair}" for pair in retag),
                "rm /images.tar",
            ],
        )
        code, output = nodes.inside(container, ["sh", "-c", script])
        with log.open("a") as out:
            out.write(output)
        if code != 0:
            raise commands.CommandFailed(("ctr", "images", "import"), f"ended with code {code}", output[-2000:], log)
        commands.go_on()
        container.stop(timeout=20)
        commands.go_on()
        name, _, version = inputs.tag.partition(":")
        changes = [
            'ENTRYPOINT ["/usr/local/bin/entrypoint", "/sbin/init"]',
            "CMD []",
            "STOPSIGNAL SIGRTMIN+3",  # systemd's own; SIGTERM only makes it start anew
            "ENV container=docker",
            f"LABEL {NAME}=node-image {NAME}.origin=built",
        ]
        container.commit(repository=name, tag=version, changes=changes)
    finally:
        removal.remove([container])


def _filler(inputs: Inputs) -> str:
    return f"{NAME}-build-node-{inputs.node}"


def _tags(inner: dict[str, str]) -> list[tuple[str, str]]:
    pairs = [(f"docker.io/{inner['kube']}", tag) for tag in KUBE_TAGS]
    return pairs + [(f"docker.io/{inner[name]}", tag) for name, tag in OTHER_TAGS.items()]
